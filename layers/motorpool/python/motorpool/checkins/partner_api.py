"""The partner API's requests and answers about mileage check-ins."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from motorpool.access.callers import Caller
from motorpool.api.pages import PageQuery
from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import Id, PartnerModel, StateCode
from motorpool.checkins.model import (
    MAX_MILEAGE,
    CheckIn,
    CheckInStatus,
    Decision,
    OpenStatus,
    ReasonCode,
)
from motorpool.clock import iso
from motorpool.errors import LicensePhotoRequired, OdometerPhotoRequired, OnlyOnePhoto
from motorpool.names import PRINTABLE
from motorpool.photos.model import handle, id_in
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.plates import LicensePlate

Note = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=PRINTABLE),
]


class PhotoHandle(PartnerModel):
    """A photo that was uploaded by a form of `POST /photo/upload`."""

    url: Annotated[str, StringConstraints(max_length=2048)] = Field(
        description="The `photoUrl` that `POST /photo/upload` answered.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )


# Missing, empty and null arrays pass validation: the contract has error codes of its own for them.
PhotoHandles = Annotated[
    list[PhotoHandle], BeforeValidator(lambda given: [] if given is None else given)
]


class _WithPhotos(PartnerModel):
    mileage: int = Field(
        ge=1,
        le=MAX_MILEAGE,
        description="Odometer reading of the vehicle. It must equal or exceed the mileage "
        "of the vehicle's other check-ins, except declined ones.",
        examples=[48210],
    )
    license_photos: PhotoHandles = Field(
        default=[], description="Exactly one photo of the license plate. Required."
    )
    odometer_photos: PhotoHandles = Field(
        default=[],
        description="Exactly one photo of the odometer, another than the license photo. Required.",
    )

    def photo_ids(self) -> tuple[str | None, str | None]:
        """The ids of the license and the odometer photo; None for a URL that is not a `photoUrl`.

        Raises LicensePhotoRequired, OdometerPhotoRequired, OnlyOnePhoto.
        """
        if not self.license_photos:
            raise LicensePhotoRequired
        if not self.odometer_photos:
            raise OdometerPhotoRequired
        if self.license_photos[1:] or self.odometer_photos[1:]:
            raise OnlyOnePhoto
        return id_in(self.license_photos[0].url), id_in(self.odometer_photos[0].url)


class CreateMileageCheckIn(_WithPhotos):
    """The mileage check-in to create."""

    vehicle_id: Id = Field(
        description="Id of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    license_plate: LicensePlate = Field(
        description="License plate number. It must equal the vehicle's, except for case, spaces, "
        "dots and dashes; a vehicle that has none yet gets this one.",
        examples=["TEST-123"],
    )
    state: StateCode | None = Field(
        None,
        description="Two-letter US state or DC code, upper or lower case. It must equal the "
        "vehicle's. For a first license plate, the default is the vehicle's state, or that of its "
        "user's address.",
        examples=["CA"],
    )


class UpdateMileageCheckIn(_WithPhotos):
    """The new mileage and photos for a check-in that is on hold."""


class ReviewMileageCheckIn(PartnerModel):
    """A reviewer's decision."""

    check_in_status: Decision = Field(description="The decision.", examples=["Confirmed"])
    admin_note: Note | None = Field(
        None,
        description="The reason, shown in the check-in. Required for `Declined` and `OnHold`.",
        examples=["The plate is unreadable."],
    )

    reason_code: ReasonCode | None = Field(
        None, description="Why, in one word.", examples=["PLATE_UNREADABLE"]
    )

    @model_validator(mode="after")
    def _require_note(self) -> Self:
        if self.check_in_status != "Confirmed" and not self.admin_note:
            raise ValueError(f"adminNote: required for {self.check_in_status}")
        return self


class ReviewQueueQuery(PageQuery):
    """Which page of the review queue to get."""

    status: OpenStatus = Field(
        "Pending",
        description="`Pending`: awaits review; `OnHold`: awaits new photos of the driver.",
    )


class CheckInPhoto(PartnerModel):
    """A photo of a check-in."""

    photo_id: str = Field(
        description="Id of the photo.", examples=["pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"]
    )
    photo_url: str = Field(
        description="URL of the photo, see `GET /photo/{photoId}`.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )
    latitude: float | None = Field(
        description="Latitude where the photo was taken, in decimal degrees; null when unknown.",
        examples=[37.7793],
    )
    longitude: float | None = Field(
        description="Longitude where the photo was taken, in decimal degrees; null when unknown.",
        examples=[-122.4193],
    )


class MileageCheckInAnswer(PartnerModel):
    """A mileage check-in.

    One of an organization that the client does not see (a former owner of the vehicle) has only
    `id`, `vehicleId`, `mileage`, `checkedInAt`, `updated` and `checkInStatus`: `license` is empty,
    there are no photos, and the rest is null.
    """

    id: str = Field(
        description="Id of the check-in.",
        examples=["chk_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c019aa8f60f8a1b2c3d4e5f60"],
    )
    vehicle_id: str = Field(
        description="Id of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    user_id: str | None = Field(
        description="Id of the user who owned the vehicle at the check-in.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    organization_id: str | None = Field(
        description="Id of the organization that made the check-in: the vehicle's owner then.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    license: str = Field(
        description="License plate number of the vehicle at the check-in.", examples=["TEST-123"]
    )
    admin_note: str | None = Field(
        description="The reviewer's note, or why an inspected photo put the check-in on hold; null "
        "when there is none.",
        examples=[None],
    )
    reason_code: ReasonCode | None = Field(
        description="The reviewer's reason; null when none was given.", examples=[None]
    )
    checked_in_at: str = Field(
        description="When the check-in was created (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    check_in_status: CheckInStatus = Field(
        description="`Pending`: awaits review; `OnHold`: awaits new photos from the driver; "
        "`Confirmed` and `Declined` are final.",
        examples=["Pending"],
    )
    mileage: int = Field(
        description="Odometer reading of the vehicle at the check-in.", examples=[48210]
    )
    next_check_in_date: str | None = Field(
        description="When the next check-in is due (ISO 8601, UTC); null when the partner's "
        "check-ins have no cadence.",
        examples=[None],
    )
    updated: str = Field(
        description="When the check-in was last changed (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    license_photos: list[CheckInPhoto] = Field(description="The photo of the license plate.")
    odometer_photos: list[CheckInPhoto] = Field(description="The photo of the odometer.")

    @classmethod
    def of(cls, check_in: CheckIn, here: PublicUrl) -> Self:
        """The whole check-in as the partner API shows it."""
        return cls(
            id=check_in.id,
            vehicle_id=check_in.vehicle_id,
            user_id=check_in.user_id,
            organization_id=check_in.owner_path.rpartition("/")[2],
            license=check_in.license,
            admin_note=check_in.admin_note,
            reason_code=check_in.reason_code,
            checked_in_at=iso(check_in.checked_in_at),
            check_in_status=check_in.check_in_status,
            mileage=check_in.mileage,
            next_check_in_date=iso(at) if (at := check_in.next_check_in_at) else None,
            updated=iso(check_in.updated),
            license_photos=[
                CheckInPhoto(
                    photo_id=check_in.license_photo_id,
                    photo_url=handle(check_in.license_photo_id, here),
                    latitude=check_in.license_latitude,
                    longitude=check_in.license_longitude,
                )
            ],
            odometer_photos=[
                CheckInPhoto(
                    photo_id=check_in.odometer_photo_id,
                    photo_url=handle(check_in.odometer_photo_id, here),
                    latitude=check_in.odometer_latitude,
                    longitude=check_in.odometer_longitude,
                )
            ],
        )

    @classmethod
    def seen_by(cls, caller: Caller, check_in: CheckIn, here: PublicUrl) -> Self:
        """The check-in as that caller sees it: whole, or what belongs to the vehicle only."""
        whole = cls.of(check_in, here)
        if caller.sees(check_in.owner_path):
            return whole
        hidden: dict[str, Any] = dict.fromkeys(
            ("user_id", "organization_id", "admin_note", "reason_code", "next_check_in_date")
        )
        no_photos: dict[str, Any] = {"license_photos": [], "odometer_photos": []}
        return whole.model_copy(update=hidden | no_photos | {"license": ""})


class CheckInsAnswer(PartnerModel):
    """A page of mileage check-ins."""

    check_ins: list[MileageCheckInAnswer] = Field(description="The check-ins of the page.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(
        cls, check_ins: list[CheckIn], caller: Caller, here: PublicUrl, next_cursor: str | None
    ) -> Self:
        """The page as that caller sees it."""
        answers = [MileageCheckInAnswer.seen_by(caller, each, here) for each in check_ins]
        return cls(check_ins=answers, next_cursor=next_cursor)


class CorrectMileage(PartnerModel):
    """The right mileage of a vehicle."""

    mileage: int = Field(
        ge=1,
        le=MAX_MILEAGE,
        description="Odometer reading that the next check-in must equal or exceed.",
        examples=[48210],
    )
    reason: Note = Field(
        description="Why it is corrected, shown in the vehicle's history.",
        examples=["The check-in of November has a zero too many."],
    )


class MileageCorrection(PartnerModel):
    """A correction of a vehicle's mileage."""

    vehicle_id: str = Field(
        description="Id of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    mileage: int = Field(description="Mileage of the vehicle from now on.", examples=[48210])
    reason: str = Field(
        description="Why it was corrected.",
        examples=["The check-in of November has a zero too many."],
    )
    corrected_at: str = Field(
        description="When it was corrected (ISO 8601, UTC).", examples=["2026-11-21T09:30:00.000Z"]
    )

    @classmethod
    def of(cls, corrected: Vehicle, request: CorrectMileage) -> Self:
        """The correction as the partner API shows it."""
        return cls(
            vehicle_id=corrected.id,
            mileage=request.mileage,
            reason=request.reason,
            corrected_at=iso(corrected.updated),
        )
