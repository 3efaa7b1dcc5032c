"""The chain of custody: the owners of a vehicle, since when, and by which transfer."""

from dataclasses import dataclass
from typing import Self

from motorpool.vehicles.model import Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """An owner of a vehicle, since when (ms), and by which transfer (None: the first owner)."""

    vehicle_id: str
    number: int
    owner_id: str
    since: int
    transfer_id: str | None

    @classmethod
    def begun(cls, vehicle: Vehicle, *, since: int, transfer_id: str | None = None) -> Self:
        """The custody of the vehicle's current owner."""
        return cls(
            vehicle_id=vehicle.id,
            number=vehicle.custody_number,
            owner_id=vehicle.owner_id,
            since=since,
            transfer_id=transfer_id,
        )
