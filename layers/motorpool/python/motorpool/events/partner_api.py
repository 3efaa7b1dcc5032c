"""The partner API's answers about what happened to a vehicle."""

from typing import Self

from pydantic import Field

from motorpool.access.callers import ActorKind, Caller
from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import PartnerModel
from motorpool.checkins.model import CheckIn
from motorpool.checkins.partner_api import MileageCheckInAnswer
from motorpool.clock import iso
from motorpool.history.model import Entry, EventType
from motorpool.transfers.model import Transfer
from motorpool.transfers.partner_api import PartnerTransfer
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.partner_api import VehicleAnswer

# The names of the vehicle's attributes that the API calls otherwise.
NAMES = {
    "plate": "license",
    "ownerId": "organizationId",
    "highestMileage": "mileage",
    "customerPhone": "customerPhoneNumber",
}


class ActorAnswer(PartnerModel):
    """Who did something."""

    kind: ActorKind = Field(
        description="`client`: a client of the partner; `operator`: an operator of Motorpool; "
        "`worker`: Motorpool itself, such as the completion of a transfer.",
        examples=["client"],
    )
    id: str = Field(
        description="Id of the client, name of the operator, or id of the transfer or photo that "
        "the worker handled.",
        examples=["cli_019aa8f0c1d2e3f405162738495a6b7c"],
    )


class HistoryEntry(PartnerModel):
    """An entry of a vehicle's history.

    An entry about an organization that the client does not see (a former owner, or the one that
    made the check-in) has only `n`, `type`, `timestamp`, `mileage`, `before` and `hash`.
    """

    n: int = Field(description="Number of the entry: 1, 2, 3 and so on.", examples=[2])
    type: EventType = Field(description="What happened.", examples=["vehicle.updated"])
    timestamp: str = Field(
        description="When it happened (ISO 8601, UTC).", examples=["2026-11-21T09:30:00.000Z"]
    )
    mileage: int | None = Field(
        description="Odometer reading of the check-in; null in other entries.", examples=[None]
    )
    by: ActorAnswer | None = Field(description="Who did it.")
    request_id: str | None = Field(
        description="`x-request-id` of the request that did it; null when no request did.",
        examples=["6f0c1d9e-5a4b-4c3d-8e2f-1a0b9c8d7e6f"],
    )
    changed: list[str] | None = Field(
        description="Names of the vehicle's fields that it changed.", examples=[["license"]]
    )
    vehicle: VehicleAnswer | None = Field(
        description="The vehicle after it; null unless `type` begins with `vehicle.`."
    )
    check_in: MileageCheckInAnswer | None = Field(
        description="The check-in after it; null unless `type` begins with `checkin.`."
    )
    transfer: PartnerTransfer | None = Field(
        description="The transfer after it; null unless `type` begins with `transfer.`."
    )
    before: str | None = Field(
        description="`hash` of the entry before; null in the first one.",
        examples=["qsvK27YZ7OlAo3EIuHpytHGfv8T3ztK3br-HBJa1epY"],
    )
    hash: str = Field(
        description="SHA-256 of the entry's canonical form, which includes `before`: base64url "
        "without padding.",
        examples=["RSSIaJsBapevsAfqsJXDiXJNIVyza19JS8tXpyAWt1A"],
    )

    @classmethod
    def of(cls, entry: Entry, caller: Caller, here: PublicUrl) -> Self:
        """The entry as that caller sees it."""
        whole = any(map(caller.sees, entry.owner_paths))
        about = entry.type.partition(".")[0] if whole else ""
        return cls(
            n=entry.n,
            type=entry.type,
            timestamp=iso(entry.at),
            mileage=entry.thing.get("mileage"),
            by=ActorAnswer(kind=entry.by, id=entry.by_id) if whole else None,
            request_id=entry.request_id if whole else None,
            changed=[NAMES.get(name, name) for name in entry.changed or ()] if whole else None,
            vehicle=VehicleAnswer.of(Vehicle.as_in(entry)) if about == "vehicle" else None,
            check_in=(
                MileageCheckInAnswer.of(CheckIn.as_in(entry), here) if about == "checkin" else None
            ),
            transfer=PartnerTransfer.of(Transfer.as_in(entry)) if about == "transfer" else None,
            before=entry.before,
            hash=entry.hash,
        )


class HistoryAnswer(PartnerModel):
    """A page of a vehicle's history, newest first."""

    history: list[HistoryEntry] = Field(description="The entries of the page.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(
        cls, entries: list[Entry], caller: Caller, here: PublicUrl, next_cursor: str | None
    ) -> Self:
        """The page as that caller sees it."""
        shown = [HistoryEntry.of(entry, caller, here) for entry in entries]
        return cls(history=shown, next_cursor=next_cursor)
