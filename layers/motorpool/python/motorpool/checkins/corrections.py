"""The correction of a vehicle's mileage."""

from dataclasses import dataclass, replace

from motorpool.checkins.readings import Readings
from motorpool.clock import now_ms
from motorpool.history.model import Event
from motorpool.vehicles.model import Vehicle


@dataclass(frozen=True, slots=True)
class Correction:
    """A mileage that counts from now on, instead of those of the check-ins until now, and why."""

    vehicle: Vehicle
    readings: Readings
    mileage: int
    reason: str

    @property
    def corrected(self) -> Vehicle:
        """The vehicle after it."""
        after = self.readings.corrected(self.mileage).in_vehicle(self.vehicle)
        return replace(after, updated=now_ms())

    def event_of(self, corrected: Vehicle) -> Event:
        """What happened to the vehicle. The reason may name somebody."""
        event = corrected.event("vehicle.mileage_corrected")
        return replace(
            event,
            thing={**event.thing, "mileage": self.mileage},
            personal={**event.personal, "reason": self.reason},
        )
