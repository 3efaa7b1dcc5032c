"""New VINs: those of real cars with other serial numbers and the right check digits."""

import itertools
import secrets
from typing import Any

from motorpool.vehicles.vin import CHARACTER_VALUES, POSITION_WEIGHTS

BRONCO = "1FMCU14T?JU"
CIVIC = "2HGFE4F8?SH"

# The first serial number is random, because the table may hold the vehicles of an earlier run.
_serials = itertools.count(100_000 + secrets.randbelow(800_000))


def bronco(**claims: Any) -> dict[str, Any]:
    """The part of a request that is about the car: a 1988 Bronco II with a VIN not used before."""
    return {"vin": new_vin(), "make": "Ford", "model": "Bronco II", "year": 1988} | claims


def civic() -> dict[str, Any]:
    """The same of a 2025 Civic."""
    return {"vin": new_vin(CIVIC), "make": "Honda", "model": "Civic", "year": 2025}


def new_vin(start: str = BRONCO) -> str:
    """A VIN that was not used before. `start`: its first 11 characters, `?` for the check digit."""
    vin = f"{start}{next(_serials)}"
    total = sum(
        CHARACTER_VALUES.get(character, 0) * weight
        for character, weight in zip(vin, POSITION_WEIGHTS, strict=True)
    )
    return vin.replace("?", "0123456789X"[total % 11])
