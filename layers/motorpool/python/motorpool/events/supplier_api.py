"""The supplier API's answers about what happened: the partner API's, in snake_case."""

from typing import Self

from pydantic import ConfigDict, Field

from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import PartnerModel, SupplierModel
from motorpool.checkins.partner_api import CheckInPhoto, MileageCheckInAnswer
from motorpool.clock import iso
from motorpool.events.feed import Found
from motorpool.events.partner_api import EVENT_ID, EventsQuery, check_in_in, photo_in, user_in
from motorpool.history.model import Entry, EventType
from motorpool.photos.partner_api import PhotoStatusAnswer
from motorpool.tenants.partner_api import UserAnswer
from motorpool.transfers.model import Transfer
from motorpool.transfers.supplier_api import TransferView
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.supplier_api import SupplierVehicle

# The fields keep their own names.
SNAKE_CASE = ConfigDict(alias_generator=str)


class SupplierCheckInPhoto(CheckInPhoto):
    """A photo of a check-in."""

    model_config = SNAKE_CASE


class SupplierCheckIn(MileageCheckInAnswer):
    """A mileage check-in."""

    model_config = SNAKE_CASE

    license_photos: list[SupplierCheckInPhoto] = Field(  # type: ignore[assignment]
        description="The photo of the license plate."
    )
    odometer_photos: list[SupplierCheckInPhoto] = Field(  # type: ignore[assignment]
        description="The photo of the odometer."
    )


class SupplierPhoto(PhotoStatusAnswer):
    """The status of a photo, and what its file contains."""

    model_config = SNAKE_CASE


class SupplierUser(UserAnswer):
    """A user."""

    model_config = SNAKE_CASE


class SupplierEventsQuery(EventsQuery):
    """Which events to get."""

    model_config = SNAKE_CASE


class SupplierEventData(SupplierModel):
    """What an event is about, as it was after it. Exactly one of the last five is not null."""

    vehicle_id: str | None = Field(
        description="ID of the vehicle; null for events of photos and users.",
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
    vehicle: SupplierVehicle | None = Field(
        description="The vehicle; null unless `type` begins with `vehicle.`."
    )
    check_in: SupplierCheckIn | None = Field(
        description="The check-in; null unless `type` begins with `checkin.`."
    )
    transfer: TransferView | None = Field(
        description="The transfer; null unless `type` begins with `transfer.`."
    )
    photo: SupplierPhoto | None = Field(
        description="The photo; null unless `type` begins with `photo.`."
    )
    user: SupplierUser | None = Field(
        description="The user; null unless `type` begins with `user.`."
    )

    @classmethod
    def of(cls, entry: Entry, here: PublicUrl) -> Self:
        """What the entry is about."""
        about = entry.type.partition(".")[0]
        check_in, photo, user = check_in_in(entry, here), photo_in(entry, here), user_in(entry)
        return cls(
            vehicle_id=entry.subject_id if entry.is_of_a_vehicle else None,
            n=entry.n if entry.is_of_a_vehicle else None,
            mileage=entry.thing.get("mileage"),
            reason=(entry.personal or {}).get("reason"),
            vehicle=SupplierVehicle.of(Vehicle.as_in(entry)) if about == "vehicle" else None,
            check_in=_in_snake_case(SupplierCheckIn, check_in),
            transfer=TransferView.of(Transfer.as_in(entry)) if about == "transfer" else None,
            photo=_in_snake_case(SupplierPhoto, photo),
            user=_in_snake_case(SupplierUser, user),
        )


def _in_snake_case[M: PartnerModel](kind: type[M], shown: PartnerModel | None) -> M | None:
    return kind.model_validate(shown.model_dump(by_alias=False)) if shown else None


class SupplierEvent(SupplierModel):
    """Something that happened."""

    id: str = Field(description="ID of the event.", examples=[EVENT_ID])
    type: EventType = Field(description="What happened.", examples=["vehicle.updated"])
    timestamp: str = Field(
        description="When it happened (ISO 8601, UTC).", examples=["2026-11-21T09:30:00.000Z"]
    )
    data: SupplierEventData

    @classmethod
    def of(cls, id: str, entry: Entry, here: PublicUrl) -> Self:
        """The entry as an event."""
        return cls(
            id=id,
            type=entry.type,
            timestamp=iso(entry.at),
            data=SupplierEventData.of(entry, here),
        )


class SupplierEventsAnswer(SupplierModel):
    """The next events of the feed, in its order."""

    events: list[SupplierEvent] = Field(description="The events.")
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
        """The events as the supplier API shows them."""
        events = [SupplierEvent.of(id, entry, here) for id, entry in found.events]
        return cls(events=events, after=found.after, has_more=found.has_more)
