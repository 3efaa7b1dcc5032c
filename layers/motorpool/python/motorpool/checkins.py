"""Mileage check-ins: the rules, in the order in which the contract checks them, and the review.

A check-in holds what its vehicle had before it, so that declining it can give that back: there is
never more than one check-in under review, and what is confirmed or declined is final.
"""

import os
import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from motorpool import plates
from motorpool.clock import iso, now_ms
from motorpool.errors import (
    CheckInIsFinal,
    CheckInIsLocked,
    InvalidParameters,
    LicensePhotoRequired,
    LicensePlateMismatch,
    MileageTooLow,
    OdometerPhotoRequired,
    OnlyOnePhoto,
    PhotoNotOwnedByUser,
    UserNotFound,
    VehicleAlreadyExists,
    VehicleIsNotActive,
)
from motorpool.lists import PageQuery
from motorpool.partners import Cadence
from motorpool.photos import Photo, handle, id_in
from motorpool.plates import LicensePlate, StateCode
from motorpool.public_url import PublicUrl
from motorpool.vehicles import Vehicle
from motorpool.wire import PRINTABLE, Id, PartnerModel

CheckInStatus = Literal["Confirmed", "Declined", "OnHold", "Pending"]
OpenStatus = Literal["Pending", "OnHold"]

MAX_MILEAGE = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A mileage check-in of a vehicle.

    `…_before` is what the vehicle had before it; positions are degrees, known once a photo is
    inspected; times are ms. The id is the vehicle's with a time-ordered rest, so that one read of
    both needs only the check-in's id.
    """

    id: str
    vehicle_id: str
    partner_id: str
    owner_path: str
    user_id: str
    license: str
    mileage: int
    check_in_status: CheckInStatus
    admin_note: str | None
    license_photo_id: str
    license_latitude: float | None
    license_longitude: float | None
    odometer_photo_id: str
    odometer_latitude: float | None
    odometer_longitude: float | None
    next_check_in_at: int | None
    mileage_before: int | None
    check_in_before: int | None
    checked_in_at: int
    updated: int
    version: int

    @classmethod
    def made(
        cls,
        request: "CreateMileageCheckIn",
        vehicle: Vehicle,
        photos: "PhotoPair",
        *,
        cadence: Cadence,
        plate_is_taken: bool,
    ) -> tuple[Self, Vehicle]:
        """A new check-in, and the vehicle as it is after it.

        The rules in the contract's order. Raises VehicleIsNotActive, UserNotFound,
        LicensePlateMismatch, InvalidParameters (no state for a first plate), VehicleAlreadyExists,
        PhotoNotOwnedByUser, CheckInIsLocked, MileageTooLow.
        """
        if not vehicle.active:
            raise VehicleIsNotActive
        if vehicle.user_id is None:
            raise UserNotFound("The vehicle has no owning user")
        plate, state = _plate_of(vehicle, request.license_plate, request.state)
        if vehicle.plate is None and plate_is_taken:
            raise VehicleAlreadyExists("An active vehicle with this license plate exists")
        photos.must_be_free_for(vehicle.user_id)
        now = now_ms()
        if vehicle.open_check_in_id:
            raise CheckInIsLocked("An earlier check-in awaits review")
        if now < (opens := cadence.opens_at(vehicle.last_check_in_at)):
            raise CheckInIsLocked(f"The next check-in opens at {iso(opens)}")
        _must_not_go_down(request.mileage, vehicle.highest_mileage)
        check_in = cls(
            id=_new_id(vehicle.id),
            vehicle_id=vehicle.id,
            partner_id=vehicle.partner_id,
            owner_path=vehicle.owner_path,
            user_id=vehicle.user_id,
            license=plate,
            mileage=request.mileage,
            check_in_status="Pending",
            admin_note=None,
            next_check_in_at=cadence.next_after(now),
            mileage_before=vehicle.highest_mileage,
            check_in_before=vehicle.last_check_in_at,
            checked_in_at=now,
            updated=now,
            version=1,
            **photos.as_fields(),
        )
        after = replace(
            vehicle,
            plate=plate,
            state=state,
            highest_mileage=request.mileage,
            last_check_in_at=now,
            open_check_in_id=check_in.id,
            updated=now,
        )
        return check_in, after

    def reviewed(self, request: "ReviewMileageCheckIn", vehicle: Vehicle) -> tuple[Self, Vehicle]:
        """The check-in with the reviewer's decision, and the vehicle as it is after it.

        Declining gives the vehicle back what it had before. Raises CheckInIsFinal, and
        InvalidParameters on putting on hold what is on hold.
        """
        if self.check_in_status in ("Confirmed", "Declined"):
            raise CheckInIsFinal(f"The check-in is {self.check_in_status}")
        if self.check_in_status == request.check_in_status:
            raise InvalidParameters(("checkInStatus", "the check-in is OnHold already"))
        now = now_ms()
        decided = replace(
            self,
            check_in_status=request.check_in_status,
            admin_note=request.admin_note,
            updated=now,
        )
        match request.check_in_status:
            case "OnHold":
                return decided, vehicle
            case "Confirmed":
                return decided, replace(vehicle, open_check_in_id=None, updated=now)
            case "Declined":
                given_back = replace(
                    vehicle,
                    open_check_in_id=None,
                    highest_mileage=self.mileage_before,
                    last_check_in_at=self.check_in_before,
                    updated=now,
                )
                return decided, given_back

    def amended(
        self, request: "UpdateMileageCheckIn", vehicle: Vehicle, photos: "PhotoPair"
    ) -> tuple[Self, Vehicle]:
        """OnHold back to Pending with what the driver sends anew, and the vehicle after it.

        Raises CheckInIsFinal, CheckInIsLocked (it is Pending), VehicleIsNotActive, UserNotFound,
        PhotoNotOwnedByUser, MileageTooLow.
        """
        if self.check_in_status in ("Confirmed", "Declined"):
            raise CheckInIsFinal(f"The check-in is {self.check_in_status}")
        if not vehicle.active:
            raise VehicleIsNotActive
        if vehicle.user_id is None:
            raise UserNotFound("The vehicle has no owning user")
        photos.must_be_free_for(vehicle.user_id)
        if self.check_in_status == "Pending":
            raise CheckInIsLocked("The check-in awaits review")
        _must_not_go_down(request.mileage, self.mileage_before)
        now = now_ms()
        amended = replace(
            self,
            check_in_status="Pending",
            mileage=request.mileage,
            updated=now,
            **photos.as_fields(),
        )
        return amended, replace(vehicle, highest_mileage=request.mileage, updated=now)

    def with_inspected(self, photo: Photo) -> Self:
        """The same, with what the inspection of one of its photos brought.

        A position is filled in; a photo that turns out to be none puts a Pending check-in on hold,
        so that the driver can send another.
        """
        known = self
        if photo.id == self.license_photo_id:
            known = replace(
                known, license_latitude=photo.seen_latitude, license_longitude=photo.seen_longitude
            )
        if photo.id == self.odometer_photo_id:
            known = replace(
                known,
                odometer_latitude=photo.seen_latitude,
                odometer_longitude=photo.seen_longitude,
            )
        current = photo.id in (self.license_photo_id, self.odometer_photo_id)
        if current and photo.photo_status == "Rejected" and self.check_in_status == "Pending":
            which = "license" if photo.id == self.license_photo_id else "odometer"
            note = f"The {which} photo was rejected: {photo.rejected_because}"
            known = replace(known, check_in_status="OnHold", admin_note=note)
        return replace(known, updated=now_ms())


@dataclass(frozen=True, slots=True)
class PhotoPair:
    """The photos that a check-in names, None where the handle leads nowhere."""

    license: Photo | None
    odometer: Photo | None

    def must_be_free_for(self, user_id: str) -> None:
        """Raises PhotoNotOwnedByUser unless both are the user's, and used by no check-in."""
        for photo in (self.license, self.odometer):
            if photo is None or photo.user_id != user_id:
                raise PhotoNotOwnedByUser
            if photo.used_by is not None:
                raise PhotoNotOwnedByUser("A photo was used by another check-in")
        if self.license == self.odometer:
            raise PhotoNotOwnedByUser("One photo cannot show both the license and the odometer")

    def as_fields(self) -> dict[str, Any]:
        """The fields of a check-in that name the photos, and say where they were taken."""
        fields: dict[str, Any] = {}
        for name, photo in (("license", self.license), ("odometer", self.odometer)):
            if photo is None:
                raise PhotoNotOwnedByUser
            fields |= {
                f"{name}_photo_id": photo.id,
                f"{name}_latitude": photo.seen_latitude,
                f"{name}_longitude": photo.seen_longitude,
            }
        return fields


def vehicle_of(check_in_id: str) -> str | None:
    """The id of the vehicle that a check-in is of; None when it is no id of a check-in."""
    match = _ID.fullmatch(check_in_id)
    return f"veh_{match[1]}" if match else None


_ID = re.compile(r"chk_([0-9a-f]{32})[0-9a-f]{24}")


def _new_id(vehicle_id: str) -> str:
    return f"chk_{vehicle_id.removeprefix('veh_')}{now_ms():012x}{os.urandom(6).hex()}"


def _must_not_go_down(mileage: int, highest: int | None) -> None:
    if highest is not None and mileage < highest:
        raise MileageTooLow(f"The mileage is lower than {highest}, that of an earlier check-in")


def _plate_of(vehicle: Vehicle, plate: str, state: str | None) -> tuple[str, str]:
    """The vehicle's plate and state; those of the check-in, when the vehicle has none yet."""
    if state and vehicle.state and state != vehicle.state:
        raise LicensePlateMismatch("The state differs from the vehicle's")
    if vehicle.plate is None:
        issued_by = state or vehicle.state
        if issued_by is None:
            raise InvalidParameters(("state", "required: the vehicle has no license plate yet"))
        return plate, issued_by
    if plates.compared(plate) != plates.compared(vehicle.plate):
        raise LicensePlateMismatch
    return vehicle.plate, vehicle.state or ""


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

    check_in_status: Literal["Confirmed", "Declined", "OnHold"] = Field(examples=["Confirmed"])
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
