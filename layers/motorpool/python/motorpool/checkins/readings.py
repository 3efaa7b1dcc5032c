"""What a vehicle's mileage starts from, while check-ins of it are open.

`highestMileage` and `lastCheckInAt` of a vehicle count check-ins that are still open. Declining one
takes it out again, so what remains must be known. Usually that is what the open check-in found when
it was made (`mileageBefore`, `checkInBefore`). It no longer is once there are several open
check-ins (a vehicle that was transferred leaves an open one with its former owner), or once the
mileage was corrected meanwhile. From then on, until none is open, the vehicle keeps it itself, in
`openReadings`. So no decision reads more than the check-in and its vehicle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from motorpool.vehicles.model import OpenReading, OpenReadings, Vehicle

if TYPE_CHECKING:
    from motorpool.checkins.model import CheckIn


@dataclass(frozen=True, slots=True)
class Reading:
    """An open check-in: who made it, its mileage, and when it was made (ms).

    `mileage` is None after a correction: what was read before that does not count.
    """

    owner_id: str
    mileage: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Readings:
    """The open check-ins of a vehicle by id, and what remains when all of them are declined.

    `mileage`: the highest of the last correction and of the confirmed check-ins after it; `at`:
    when the last check-in that was confirmed was made (ms). `kept`: whether the vehicle keeps them.
    """

    mileage: int | None
    at: int | None
    open: Mapping[str, Reading]
    kept: bool

    @classmethod
    def of(cls, vehicle: Vehicle, open_check_in: "CheckIn | None" = None) -> Self:
        """Those of a vehicle. `open_check_in`: the one that `vehicle.open_check_in_id` names.

        It may be left out if the vehicle keeps its readings or has no open check-in; any other
        check-in is taken as none. Raises LookupError when it is missing.
        """
        if vehicle.open_readings:
            return cls._kept(vehicle.open_readings)
        if vehicle.open_check_in_id is None:
            return cls(vehicle.highest_mileage, vehicle.last_check_in_at, {}, kept=False)
        if open_check_in is None or open_check_in.id != vehicle.open_check_in_id:
            raise LookupError(vehicle.open_check_in_id)
        found = open_check_in
        reading = Reading(vehicle.owner_id, found.mileage, found.checked_in_at)
        return cls(found.mileage_before, found.check_in_before, {found.id: reading}, kept=False)

    @classmethod
    def _kept(cls, stored: OpenReadings) -> Self:
        open = {
            id: Reading(each["ownerId"], each.get("mileage"), each["at"])
            for id, each in stored["open"].items()
        }
        return cls(stored.get("mileage"), stored.get("at"), open, kept=True)

    def highest(self, *, without: str | None = None) -> int | None:
        """The highest mileage that counts; `without`: an open check-in to leave out."""
        others = (each.mileage for id, each in self.open.items() if id != without)
        return max((m for m in (self.mileage, *others) if m is not None), default=None)

    def last(self) -> int | None:
        """When the last check-in was made that is not declined (ms)."""
        times = (each.at for each in self.open.values())
        return max((at for at in (self.at, *times) if at is not None), default=None)

    def opened(self, check_in: "CheckIn", owner_id: str) -> Self:
        """With a new check-in of that organization."""
        reading = Reading(owner_id, check_in.mileage, check_in.checked_in_at)
        return replace(self, open={**self.open, check_in.id: reading})

    def amended(self, check_in_id: str, mileage: int) -> Self:
        """With another mileage of an open check-in; it was read now, so it counts."""
        amended = replace(self.open[check_in_id], mileage=mileage)
        return replace(self, open={**self.open, check_in_id: amended})

    def confirmed(self, check_in_id: str) -> Self:
        """With that check-in confirmed."""
        alone = replace(self, open={check_in_id: self.open[check_in_id]})
        rest = self.declined(check_in_id)
        return replace(rest, mileage=alone.highest(), at=alone.last())

    def declined(self, check_in_id: str) -> Self:
        """Without that check-in."""
        rest = {id: each for id, each in self.open.items() if id != check_in_id}
        return replace(self, open=rest)

    def corrected(self, mileage: int) -> Self:
        """With that mileage instead of all that were read until now."""
        open = {id: replace(each, mileage=None) for id, each in self.open.items()}
        return replace(self, mileage=mileage, open=open, kept=True)

    def handed_over(self) -> Self:
        """After a transfer: from now on the vehicle keeps them."""
        return replace(self, kept=True)

    def in_vehicle(self, vehicle: Vehicle) -> Vehicle:
        """The vehicle with them: its mileage, date, and the open check-in of its present owner."""
        mine = (id for id, each in self.open.items() if each.owner_id == vehicle.owner_id)
        return replace(
            vehicle,
            highest_mileage=self.highest(),
            last_check_in_at=self.last(),
            open_check_in_id=next(mine, None),
            open_readings=self._stored() if self.kept and self.open else None,
        )

    def _stored(self) -> OpenReadings:
        open: dict[str, OpenReading] = {}
        for id, each in self.open.items():
            open[id] = {"ownerId": each.owner_id, "at": each.at}
            if each.mileage is not None:
                open[id]["mileage"] = each.mileage
        stored: OpenReadings = {"open": open}
        if self.mileage is not None:
            stored["mileage"] = self.mileage
        if self.at is not None:
            stored["at"] = self.at
        return stored
