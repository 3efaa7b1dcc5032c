"""VINs without end: real cars with other serial numbers, whose check digits are right."""

import itertools
import secrets
from typing import Any

from motorpool.vehicles.vin import CHARACTER_VALUES, POSITION_WEIGHTS

_BRONCO = "1FMCU14T?JU"
# Anywhere, because the stack may remember an earlier run.
_serials = itertools.count(100_000 + secrets.randbelow(800_000))


def bronco(**claims: Any) -> dict[str, Any]:
    """The part of a request that is about the car: a 1988 Bronco II with a VIN not used before."""
    return {"vin": new_vin(), "make": "Ford", "model": "Bronco II", "year": 1988} | claims


def new_vin() -> str:
    """The VIN of a 1988 Bronco II, another one at each call."""
    vin = f"{_BRONCO}{next(_serials)}"
    total = sum(
        CHARACTER_VALUES.get(character, 0) * weight
        for character, weight in zip(vin, POSITION_WEIGHTS, strict=True)
    )
    return vin.replace("?", "0123456789X"[total % 11])
