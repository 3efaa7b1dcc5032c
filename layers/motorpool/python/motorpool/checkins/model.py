"""Mileage check-ins and their review: the rules, in the contract's order.

A check-in stores the vehicle's mileage and date before it, and declining restores them. That is
enough, because a vehicle has at most one check-in under review, and decisions are final.
"""

import os
import re
from dataclasses import dataclass, replace
from typing import Literal, Self

from motorpool.checkins.photo_pair import PhotoPair
from motorpool.clock import iso, now_ms
from motorpool.dynamodb.items import from_attributes
from motorpool.errors import (
    CheckInIsFinal,
    CheckInIsLocked,
    InvalidParameters,
    LicensePlateMismatch,
    MileageTooLow,
    UserNotFound,
    VehicleAlreadyExists,
    VehicleIsNotActive,
)
from motorpool.history.model import CheckInEvent, Entry, Event, shown
from motorpool.photos.model import Photo
from motorpool.tenants.partners import Cadence
from motorpool.vehicles import plates
from motorpool.vehicles.model import Vehicle

CheckInStatus = Literal["Confirmed", "Declined", "OnHold", "Pending"]
OpenStatus = Literal["Pending", "OnHold"]
Decision = Literal["Confirmed", "Declined", "OnHold"]

MAX_MILEAGE = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A mileage check-in of a vehicle.

    `…_before` are the vehicle's values before the check-in. Positions are in degrees, None until
    they are known; times are in ms. The id contains the vehicle's, so that one read can get both,
    and ends time-ordered.
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
    # Whether it has entries in the review queues; the store sets it. Those of 0.1.0 have none.
    in_queues: bool = False

    @classmethod
    def create(
        cls,
        vehicle: Vehicle,
        photos: PhotoPair,
        *,
        plate: str,
        state: str | None,
        mileage: int,
        cadence: Cadence,
        plate_is_taken: bool,
    ) -> tuple[Self, Vehicle]:
        """A new check-in, and the vehicle after it.

        Raises, checked in the contract's order, VehicleIsNotActive, UserNotFound,
        LicensePlateMismatch, InvalidParameters (no state for a first plate), VehicleAlreadyExists,
        PhotoNotOwnedByUser, CheckInIsLocked, MileageTooLow.
        """
        if not vehicle.active:
            raise VehicleIsNotActive
        if vehicle.user_id is None:
            raise UserNotFound("The vehicle has no owning user")
        plate, state = _plate_of(vehicle, plate, state)
        if vehicle.plate is None and plate_is_taken:
            raise VehicleAlreadyExists("An active vehicle with this license plate exists")
        photos.ensure_free_for(vehicle.user_id)
        now = now_ms()
        if vehicle.open_check_in_id:
            raise CheckInIsLocked("An earlier check-in awaits review")
        if now < (opens := cadence.opens_at(vehicle.last_check_in_at)):
            raise CheckInIsLocked(f"The next check-in opens at {iso(opens)}")
        _ensure_not_lower(mileage, vehicle.highest_mileage)
        check_in = cls(
            id=_new_id(vehicle.id),
            vehicle_id=vehicle.id,
            partner_id=vehicle.partner_id,
            owner_path=vehicle.owner_path,
            user_id=vehicle.user_id,
            license=plate,
            mileage=mileage,
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
            highest_mileage=mileage,
            last_check_in_at=now,
            open_check_in_id=check_in.id,
            updated=now,
        )
        return check_in, after

    def reviewed(
        self, decision: Decision, note: str | None, vehicle: Vehicle
    ) -> tuple[Self, Vehicle]:
        """The check-in with the reviewer's decision, and the vehicle after it.

        Declining restores the vehicle's mileage and date. Raises CheckInIsFinal, and
        InvalidParameters when the check-in has that status already.
        """
        if self.check_in_status in ("Confirmed", "Declined"):
            raise CheckInIsFinal(f"The check-in is {self.check_in_status}")
        if self.check_in_status == decision:
            raise InvalidParameters(("checkInStatus", "the check-in is OnHold already"))
        now = now_ms()
        decided = replace(
            self,
            check_in_status=decision,
            admin_note=note,
            updated=now,
        )
        match decision:
            case "OnHold":
                return decided, vehicle
            case "Confirmed":
                return decided, replace(vehicle, open_check_in_id=None, updated=now)
            case "Declined":
                restored = replace(
                    vehicle,
                    open_check_in_id=None,
                    highest_mileage=self.mileage_before,
                    last_check_in_at=self.check_in_before,
                    updated=now,
                )
                return decided, restored

    def amended(self, mileage: int, vehicle: Vehicle, photos: PhotoPair) -> tuple[Self, Vehicle]:
        """The OnHold check-in as Pending, with a new mileage and photos, and the vehicle after it.

        Raises CheckInIsFinal, CheckInIsLocked (it is Pending), VehicleIsNotActive, UserNotFound,
        PhotoNotOwnedByUser, MileageTooLow.
        """
        if self.check_in_status in ("Confirmed", "Declined"):
            raise CheckInIsFinal(f"The check-in is {self.check_in_status}")
        if not vehicle.active:
            raise VehicleIsNotActive
        if vehicle.user_id is None:
            raise UserNotFound("The vehicle has no owning user")
        photos.ensure_free_for(vehicle.user_id)
        if self.check_in_status == "Pending":
            raise CheckInIsLocked("The check-in awaits review")
        _ensure_not_lower(mileage, self.mileage_before)
        now = now_ms()
        amended = replace(
            self,
            check_in_status="Pending",
            mileage=mileage,
            updated=now,
            **photos.as_fields(),
        )
        return amended, replace(vehicle, highest_mileage=mileage, updated=now)

    def with_inspected(self, photo: Photo) -> Self:
        """The check-in after the inspection of one of its photos.

        It gets the photo's position. A rejected photo puts a Pending check-in on hold, so that the
        driver can send another.
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

    def forgotten(self) -> Self:
        """The check-in without what its user can be known by; its photos are deleted apart."""
        return replace(
            self,
            license="",
            admin_note=None,
            license_latitude=None,
            license_longitude=None,
            odometer_latitude=None,
            odometer_longitude=None,
        )

    def event(self, type: CheckInEvent | None = None) -> Event:
        """What happened to the check-in; without `type`, what its status says of its last change.

        It belongs to the organization that made the check-in.
        """
        return Event(
            type=type or _CHANGED_TO[self.check_in_status],
            at=self.updated,
            partner_id=self.partner_id,
            owner_paths=(self.owner_path,),
            thing=shown(self, *_SHOWN),
            personal=shown(self, *_PERSONAL),
        )

    @classmethod
    def as_in(cls, entry: Entry) -> Self:
        """The check-in as an entry about it shows it; what no API shows is None."""
        return from_attributes(
            cls,
            {
                "license": "",  # after its user was forgotten
                **entry.thing,
                **(entry.personal or {}),
                "vehicleId": entry.subject_id,
                "partnerId": entry.partner_id,
                "ownerPath": entry.owner_paths[0],
                "checkInStatus": _STATUS_AFTER[entry.type],
                "updated": entry.at,
            },
        )


_CHANGED_TO: dict[CheckInStatus, CheckInEvent] = {
    "Pending": "checkin.amended",
    "Confirmed": "checkin.confirmed",
    "Declined": "checkin.declined",
    "OnHold": "checkin.on_hold",
}
_STATUS_AFTER: dict[str, CheckInStatus] = {
    "checkin.created": "Pending",
    **{event: status for status, event in _CHANGED_TO.items()},
}
# What the APIs show of a check-in beside its vehicle, organization, status and last change.
_SHOWN = (
    *("id", "user_id", "mileage", "checked_in_at", "next_check_in_at"),
    *("license_photo_id", "odometer_photo_id"),
)
# A plate leads to its holder, a position to where somebody was, and a note may name somebody. The
# id of a photo leads nowhere once the photo is deleted.
_PERSONAL = (
    *("license", "admin_note", "license_latitude", "license_longitude"),
    *("odometer_latitude", "odometer_longitude"),
)


def vehicle_of(check_in_id: str) -> str | None:
    """The id of a check-in's vehicle; None when `check_in_id` is malformed."""
    match = _ID.fullmatch(check_in_id)
    return f"veh_{match[1]}" if match else None


_ID = re.compile(r"chk_([0-9a-f]{32})[0-9a-f]{24}")


def _new_id(vehicle_id: str) -> str:
    return f"chk_{vehicle_id.removeprefix('veh_')}{now_ms():012x}{os.urandom(6).hex()}"


def _ensure_not_lower(mileage: int, highest: int | None) -> None:
    if highest is not None and mileage < highest:
        raise MileageTooLow(
            f"The mileage is lower than {highest}, the mileage of an earlier check-in"
        )


def _plate_of(vehicle: Vehicle, plate: str, state: str | None) -> tuple[str, str]:
    """The vehicle's plate and state; the check-in's, when the vehicle has none yet."""
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
