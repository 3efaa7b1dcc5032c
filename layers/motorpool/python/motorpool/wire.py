"""What goes over the wire: the base models of both APIs, and the kinds of text their fields hold.

JSON is taken at its word (strict): a number in quotes is a string. Unknown fields are ignored.
A function imports more models than it needs, so `Endpoint` builds those that it does.
"""

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema

# C0 and C1 control characters: no name, plate or note needs one, and NUL breaks what reads logs.
# U+FFFD stands where something on the way met bytes that are no UTF-8.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\ufffd]*$"

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=PRINTABLE),
]


# An id as a caller writes it. What has not an id's form is looked for in vain, which is no error.
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]


# Marks a field of an answer that lets whoever reads it in (a secret, a signed form). Idempotency
# records are stored without it; a repeated request gets a new one.
NOT_KEPT = "not kept"


class PartnerModel(BaseModel):
    """JSON of the partner API: camelCase names."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        defer_build=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class SupplierModel(BaseModel):
    """JSON of the supplier API: snake_case names."""

    model_config = ConfigDict(strict=True, frozen=True, defer_build=True)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class _EmptyIsNone:
    """Turns blank text to None before it is looked at, and says so in the schema."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_empty_is_none, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        described = handler(schema)
        alternatives = described.pop("anyOf", None) or [dict(described)]
        return {"anyOf": [*alternatives, {"type": "string", "pattern": r"^\s*$"}]}


Upper = BeforeValidator(_upper)
EmptyIsNone = _EmptyIsNone()
