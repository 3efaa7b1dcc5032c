"""The base models of both APIs, and the types of their text fields.

Types are strict: a number in quotes is a string. Unknown fields are ignored. Models are built late,
by `Endpoint`, because a function imports more models than it needs.
"""

from string import ascii_lowercase, ascii_uppercase
from typing import Annotated, Any, Literal

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

from motorpool.names import LONGEST, PRINTABLE

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST, pattern=PRINTABLE),
]


# An id in a request. Malformed ids are accepted and answer 404.
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]


# Marks a field of an answer that grants access (a secret, a signed form). Idempotency records are
# stored without it; a repeated request gets a new value.
NOT_STORED = "not stored"


class PartnerModel(BaseModel):
    """A JSON object of the partner API: camelCase names."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        defer_build=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class SupplierModel(BaseModel):
    """A JSON object of the supplier API: snake_case names."""

    model_config = ConfigDict(strict=True, frozen=True, defer_build=True)


# Not str.upper, which turns some other letters into ASCII ones: dotless i into I, long s into S.
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)


def _upper(value: object) -> object:
    return value.translate(_UPPER) if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


class _EmptyIsNone:
    """Turns blank text into None before validation, and documents that in the schema."""

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

# US states and the District of Columbia, by their postal codes.
StateCode = Annotated[
    Literal[
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID",
        "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT",
        "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC",
        "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
    ],
    Upper,
]  # fmt: skip
