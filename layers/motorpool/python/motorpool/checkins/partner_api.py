"""The partner API's requests and answers about mileage check-ins."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from motorpool.api.pages import PageQuery
from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import Id, PartnerModel, StateCode
from motorpool.checkins.model import MAX_MILEAGE, CheckIn, CheckInStatus, Decision, OpenStatus
from motorpool.clock import iso
from motorpool.errors import LicensePhotoRequired, OdometerPhotoRequired, OnlyOnePhoto
from motorpool.names import PRINTABLE
from motorpool.photos.model import handle, id_in
from motorpool.vehicles.plates import LicensePlate


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
        "vehicle's; required when the vehicle has neither a license plate nor a state.",
        examples=["CA"],
    )


class UpdateMileageCheckIn(_WithPhotos):
    """The new mileage and photos for a check-in that is on hold."""


class ReviewMileageCheckIn(PartnerModel):
    """A reviewer's decision."""

    check_in_status: Decision = Field(description="The decision.", examples=["Confirmed"])
    admin_note: (
        Annotated[
            str,
            StringConstraints(
                strip_whitespace=True, min_length=1, max_length=1000, pattern=PRINTABLE
            ),
        ]
        | None
    ) = Field(
        None,
        description="The reason, shown in the check-in. Required for `Declined` and `OnHold`.",
        examples=["The plate is unreadable."],
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
    """A mileage check-in."""

    id: str = Field(
        description="Id of the check-in.",
        examples=["chk_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c019aa8f60f8a1b2c3d4e5f60"],
    )
    license: str = Field(
        description="License plate number of the vehicle at the check-in.", examples=["TEST-123"]
    )
    admin_note: str | None = Field(
        description="The reviewer's note, or why an inspected photo put the check-in on hold; null "
        "when there is none.",
        examples=[None],
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
        """The check-in as the partner API shows it."""
        return cls(
            id=check_in.id,
            license=check_in.license,
            admin_note=check_in.admin_note,
            checked_in_at=iso(check_in.checked_in_at),
            check_in_status=check_in.check_in_status,
            mileage=check_in.mileage,
            next_check_in_date=iso(at) if (at := check_in.next_check_in_at) else None,
            updated=iso(check_in.updated),
            license_photos=[
                CheckInPhoto(
                    photo_url=handle(check_in.license_photo_id, here),
                    latitude=check_in.license_latitude,
                    longitude=check_in.license_longitude,
                )
            ],
            odometer_photos=[
                CheckInPhoto(
                    photo_url=handle(check_in.odometer_photo_id, here),
                    latitude=check_in.odometer_latitude,
                    longitude=check_in.odometer_longitude,
                )
            ],
        )


class CheckInsAnswer(PartnerModel):
    """A page of mileage check-ins."""

    check_ins: list[MileageCheckInAnswer] = Field(description="The check-ins of the page.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(cls, check_ins: list[CheckIn], here: PublicUrl, next_cursor: str | None) -> Self:
        """The page as the partner API shows it."""
        answers = [MileageCheckInAnswer.of(check_in, here) for check_in in check_ins]
        return cls(check_ins=answers, next_cursor=next_cursor)
