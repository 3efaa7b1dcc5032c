"""Mileage check-ins over the wire: the requests and answers of the partner API."""

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
    """A photo, by the handle that the Photo Upload API gave out."""

    url: Annotated[str, StringConstraints(max_length=2048)] = Field(
        description="The `photoUrl` of the photo.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )


# Absent, empty or null: what is wrong then has an error of its own.
PhotoHandles = Annotated[
    list[PhotoHandle], BeforeValidator(lambda given: [] if given is None else given)
]


class _WithPhotos(PartnerModel):
    mileage: int = Field(
        ge=1, le=MAX_MILEAGE, description="Current mileage of the vehicle.", examples=[48210]
    )
    license_photos: PhotoHandles = Field(
        default=[], description="The photo of the license plate: exactly one."
    )
    odometer_photos: PhotoHandles = Field(
        default=[], description="The photo of the odometer: exactly one."
    )

    def photo_ids(self) -> tuple[str | None, str | None]:
        """The ids of the license photo and the odometer photo, None where the URL is no handle.

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
    """A mileage check-in: the reading, and a photo each of the license plate and the odometer."""

    vehicle_id: Id = Field(
        description="Id of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    license_plate: LicensePlate = Field(
        description="License plate number of the vehicle.", examples=["TEST-123"]
    )
    state: StateCode | None = Field(
        None, description="Two-letter US state or DC code.", examples=["CA"]
    )


class UpdateMileageCheckIn(_WithPhotos):
    """What a driver sends anew for a check-in that is on hold."""


class ReviewMileageCheckIn(PartnerModel):
    """A reviewer's decision."""

    check_in_status: Decision = Field(examples=["Confirmed"])
    admin_note: (
        Annotated[
            str,
            StringConstraints(
                strip_whitespace=True, min_length=1, max_length=1000, pattern=PRINTABLE
            ),
        ]
        | None
    ) = Field(
        None, description="Required for Declined and OnHold.", examples=["The plate is unreadable."]
    )

    @model_validator(mode="after")
    def _refusals_have_a_reason(self) -> Self:
        if self.check_in_status != "Confirmed" and not self.admin_note:
            raise ValueError(f"adminNote: required for {self.check_in_status}")
        return self


class ReviewQueueQuery(PageQuery):
    """Which part of the review queue."""

    status: OpenStatus = Field("Pending", description="What the check-ins wait for.")


class CheckInPhoto(PartnerModel):
    """A photo of a check-in."""

    photo_url: str = Field(
        description="URL of the photo.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )
    latitude: float | None = Field(
        description="Latitude at which the photo was taken.", examples=[37.7793]
    )
    longitude: float | None = Field(
        description="Longitude at which the photo was taken.", examples=[-122.4193]
    )


class MileageCheckInAnswer(PartnerModel):
    """The mileage check-in object."""

    id: str = Field(
        description="Id of the check-in.",
        examples=["chk_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c019aa8f60f8a1b2c3d4e5f60"],
    )
    license: str = Field(description="License plate number.", examples=["TEST-123"])
    admin_note: str | None = Field(
        description="Usually used for on-hold or declined check-ins.", examples=[None]
    )
    checked_in_at: str = Field(description="Check-in date.", examples=["2026-11-21T09:30:00.000Z"])
    check_in_status: CheckInStatus = Field(examples=["Pending"])
    mileage: int = Field(description="Mileage at time of check-in.", examples=[48210])
    next_check_in_date: str | None = Field(
        description="Set when the partner has a cadence.", examples=[None]
    )
    updated: str = Field(description="Last updated on.", examples=["2026-11-21T09:30:00.000Z"])
    license_photos: list[CheckInPhoto]
    odometer_photos: list[CheckInPhoto]

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

    check_ins: list[MileageCheckInAnswer]
    next_cursor: str | None = Field(
        description="Leads to the next page; null at the end.", examples=[None]
    )

    @classmethod
    def of(cls, check_ins: list[CheckIn], here: PublicUrl, next_cursor: str | None) -> Self:
        """The page as the partner API shows it."""
        answers = [MileageCheckInAnswer.of(check_in, here) for check_in in check_ins]
        return cls(check_ins=answers, next_cursor=next_cursor)
