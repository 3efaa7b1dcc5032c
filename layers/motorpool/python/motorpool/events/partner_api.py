"""The partner API's answers about what happened."""

from typing import Any, Self

from pydantic import Field, model_validator

from motorpool.access.callers import ActorKind, Caller
from motorpool.api.pages import Token, without
from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import Id, PartnerModel
from motorpool.checkins.model import CheckIn
from motorpool.checkins.partner_api import MileageCheckInAnswer
from motorpool.clock import iso
from motorpool.events.feed import Found
from motorpool.history.model import Entry, EventType, OfAVehicle
from motorpool.photos.model import Photo, handle
from motorpool.photos.partner_api import PhotoStatusAnswer
from motorpool.tenants.partner_api import UserAnswer
from motorpool.tenants.users import User
from motorpool.transfers.model import Transfer
from motorpool.transfers.partner_api import PartnerTransfer
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.partner_api import VehicleAnswer

EVENT_ID = "evt_Vd0mJ4xq0b8a5Wm2qH1yZrS7cT3kU9fLxEoNgPiQyBvAsDwR"
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
    type: OfAVehicle = Field(description="What happened.", examples=["vehicle.updated"])
    timestamp: str = Field(
        description="When it happened (ISO 8601, UTC).", examples=["2026-11-21T09:30:00.000Z"]
    )
    mileage: int | None = Field(
        description="Odometer reading of the check-in, or as it was corrected; null in other "
        "entries.",
        examples=[None],
    )
    reason: str | None = Field(
        description="Why the mileage was corrected; null in other entries.", examples=[None]
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
        happened: Any = entry.type
        return cls(
            n=entry.n,
            type=happened,
            timestamp=iso(entry.at),
            mileage=entry.thing.get("mileage"),
            reason=(entry.personal or {}).get("reason") if whole else None,
            by=ActorAnswer(kind=entry.by, id=entry.by_id) if whole else None,
            request_id=entry.request_id if whole else None,
            changed=[NAMES.get(name, name) for name in entry.changed or ()] if whole else None,
            vehicle=vehicle_in(entry) if whole else None,
            check_in=check_in_in(entry, here) if whole else None,
            transfer=transfer_in(entry) if whole else None,
            before=entry.before,
            hash=entry.hash,
        )


def vehicle_in(entry: Entry) -> VehicleAnswer | None:
    """The vehicle after an event of it; None after any other."""
    return VehicleAnswer.of(Vehicle.as_in(entry)) if entry.type.startswith("vehicle.") else None


def check_in_in(entry: Entry, here: PublicUrl) -> MileageCheckInAnswer | None:
    """The check-in after an event of it; None after any other."""
    if not entry.type.startswith("checkin."):
        return None
    return MileageCheckInAnswer.of(CheckIn.as_in(entry), here)


def transfer_in(entry: Entry) -> PartnerTransfer | None:
    """The transfer after an event of it; None after any other."""
    return PartnerTransfer.of(Transfer.as_in(entry)) if entry.type.startswith("transfer.") else None


def photo_in(entry: Entry, here: PublicUrl) -> PhotoStatusAnswer | None:
    """The photo after an event of it; None after any other."""
    if not entry.type.startswith("photo."):
        return None
    return PhotoStatusAnswer.of(Photo.as_in(entry), handle(entry.subject_id, here))


def user_in(entry: Entry) -> UserAnswer | None:
    """The user after an event of it; None after any other."""
    return UserAnswer.of(User.as_in(entry)) if entry.type.startswith("user.") else None


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


class EventsQuery(PartnerModel):
    """Which events to get."""

    after: Token | None = Field(
        None,
        description="The `after` of the answer before, or the `id` of an event; without it, from "
        "the oldest event that is kept.",
    )
    type: list[EventType] = Field(
        default=[], description="Only events of this type. May be given several times."
    )
    vehicle_id: Id | None = Field(None, description="Only events of this vehicle.")
    limit: int = Field(25, ge=1, le=100, description="The most events to get.")

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_paging(cls, given: Any) -> Any:
        return without(given, cursor="after", page_size="limit", page_token="after")  # noqa: S106


class EventData(PartnerModel):
    """What an event is about, as it was after it. Exactly one of the last five is not null."""

    vehicle_id: str | None = Field(
        description="Id of the vehicle; null for events of photos and users.",
        examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"],
    )
    n: int | None = Field(
        description="Number of the entry in the vehicle's history; null for events of photos and "
        "users.",
        examples=[2],
    )
    mileage: int | None = Field(
        description="Odometer reading of the check-in or correction; null in other events.",
        examples=[None],
    )
    reason: str | None = Field(
        description="Why the mileage was corrected; null in other events.", examples=[None]
    )
    vehicle: VehicleAnswer | None = Field(
        description="The vehicle; null unless `type` begins with `vehicle.`."
    )
    check_in: MileageCheckInAnswer | None = Field(
        description="The check-in; null unless `type` begins with `checkin.`."
    )
    transfer: PartnerTransfer | None = Field(
        description="The transfer; null unless `type` begins with `transfer.`."
    )
    photo: PhotoStatusAnswer | None = Field(
        description="The photo; null unless `type` begins with `photo.`."
    )
    user: UserAnswer | None = Field(description="The user; null unless `type` begins with `user.`.")

    @classmethod
    def of(cls, entry: Entry, here: PublicUrl) -> Self:
        """What the entry is about."""
        return cls(
            vehicle_id=entry.subject_id if entry.is_of_a_vehicle else None,
            n=entry.n if entry.is_of_a_vehicle else None,
            mileage=entry.thing.get("mileage"),
            reason=(entry.personal or {}).get("reason"),
            vehicle=vehicle_in(entry),
            check_in=check_in_in(entry, here),
            transfer=transfer_in(entry),
            photo=photo_in(entry, here),
            user=user_in(entry),
        )


class EventAnswer(PartnerModel):
    """Something that happened."""

    id: str = Field(description="Id of the event.", examples=[EVENT_ID])
    type: EventType = Field(description="What happened.", examples=["vehicle.updated"])
    timestamp: str = Field(
        description="When it happened (ISO 8601, UTC).", examples=["2026-11-21T09:30:00.000Z"]
    )
    data: EventData

    @classmethod
    def of(cls, id: str, entry: Entry, here: PublicUrl) -> Self:
        """The entry as an event."""
        return cls(id=id, type=entry.type, timestamp=iso(entry.at), data=EventData.of(entry, here))


class EventsAnswer(PartnerModel):
    """The next events of the feed, in its order."""

    events: list[EventAnswer] = Field(description="The events.")
    after: str | None = Field(
        description="The `after` to go on with, also when there are no events; null when nothing "
        "ever happened.",
        examples=[EVENT_ID],
    )
    has_more: bool = Field(
        description="Whether events follow. If not, ask again later.", examples=[False]
    )

    @classmethod
    def of(cls, found: Found, here: PublicUrl) -> Self:
        """The events as the partner API shows them."""
        events = [EventAnswer.of(id, entry, here) for id, entry in found.events]
        return cls(events=events, after=found.after, has_more=found.has_more)
