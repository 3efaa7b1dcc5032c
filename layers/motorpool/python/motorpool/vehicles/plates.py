"""License plates: their format, and how they are compared."""

from typing import Annotated

from pydantic import StringConstraints

LicensePlate = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=16, pattern=r"^[ .\-]*[A-Za-z0-9][A-Za-z0-9 .\-]*$"
    ),
]

_IGNORED = str.maketrans("", "", " .-")


def compared(plate: str) -> str:
    """The plate normalized for comparison: upper case, without spaces, dots and dashes."""
    return plate.translate(_IGNORED).upper()
