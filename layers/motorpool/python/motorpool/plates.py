"""License plates and the states that issue them."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from motorpool.wire import Upper

StateCode = Annotated[
    Literal[
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID",
        "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT",
        "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC",
        "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY",
    ],
    Upper,
]  # fmt: skip

LicensePlate = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=16, pattern=r"^[ .\-]*[A-Za-z0-9][A-Za-z0-9 .\-]*$"
    ),
]

_IGNORED = str.maketrans("", "", " .-")


def compared(plate: str) -> str:
    """The plate as plates are compared: upper-case without spaces, dots and dashes."""
    return plate.translate(_IGNORED).upper()
