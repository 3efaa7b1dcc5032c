"""What goes over the wire: the base models of both APIs, and the kinds of text their fields hold.

JSON is taken at its word (strict): a number in quotes is a string. Unknown fields are ignored.
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

# C0 and C1 control characters: no name, plate or note needs one, and NUL breaks what reads logs.
# U+FFFD stands where something on the way met bytes that are no UTF-8.
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\ufffd]*$"

ShortText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=PRINTABLE),
]


class PartnerModel(BaseModel):
    """JSON of the partner API: camelCase names."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
    )


class SupplierModel(BaseModel):
    """JSON of the supplier API: snake_case names."""

    model_config = ConfigDict(strict=True, frozen=True)


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Upper = BeforeValidator(_upper)
EmptyIsNone = BeforeValidator(_empty_is_none)
