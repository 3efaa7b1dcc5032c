"""The chain of custody: the owners of a vehicle, since when, and by which transfer."""

from dataclasses import dataclass
from typing import Self

from motorpool.history.model import Entry, EventType

BEGINS_CUSTODY: tuple[EventType, ...] = ("vehicle.registered", "transfer.completed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """An owner of a vehicle, since when (ms), and by which transfer (None: the first owner)."""

    owner_id: str
    since: int
    transfer_id: str | None

    @classmethod
    def begun(cls, entry: Entry) -> Self:
        """The custody that an entry of the vehicle's history began."""
        return cls(
            owner_id=entry.owner_paths[-1].rpartition("/")[2],
            since=entry.at,
            transfer_id=entry.thing["id"] if entry.type == "transfer.completed" else None,
        )
