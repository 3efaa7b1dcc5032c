"""Mileage check-ins and their review: the rules, in the contract's order.

A check-in stays with the organization that made it, also when its vehicle is transferred: that
organization sees and reviews it. `readings.py` says what a vehicle's mileage starts from.
"""

import os
import re
from dataclasses import dataclass, replace
from typing import Literal, Self

from motorpool.checkins.photo_pair import PhotoPair
from motorpool.checkins.readings import Readings
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
ReasonCode = Literal[
    "PLATE_UNREADABLE",
    "ODOMETER_UNREADABLE",
    "PLATE_MISMATCH",
    "MILEAGE_MISMATCH",
    "WRONG_SUBJECT",
    "SUSPECTED_REUSE",
    "OTHER",
]

MAX_MILEAGE = 2_000_000
NO_USER = "The vehicle has no owning user"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """A mileage check-in of a vehicle.

    `owner_path` is that of the organization that made it. `…_before` are the vehicle's values
    before the check-in. Positions are in degrees, None until they are known; times are in ms. The
    id contains the vehicle's, so that one read can get both, and ends time-ordered.
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
    reason_code: ReasonCode | None = None
    state_before: str | None = None
    # Whether it has entries in the review queues; the store sets it. Those of 0.1.0 have none.
    in_queues: bool = False

    @classmethod
    def create(
        cls,
        vehicle: Vehicle,
        photos: PhotoPair,
        *,
        plate: str,
        state: str,
        mileage: int,
        cadence: Cadence,
    ) -> tuple[Self, Vehicle]:
        """A new check-in, and the vehicle after it. `plate`, `state`: as `plate_for` says.

        Raises, checked in the contract's order, PhotoNotOwnedByUser, CheckInIsLocked,
        MileageTooLow; UserNotFound when the vehicle has no user.
        """
        if vehicle.user_id is None:
            raise UserNotFound(NO_USER)
        photos.ensure_free_for(vehicle.user_id)
        now = now_ms()
        if vehicle.open_check_in_id:
            raise CheckInIsLocked("An earlier check-in awaits review")
        if now < (opens := cadence.opens_at(vehicle.last_check_in_at)):
            raise CheckInIsLocked(f"The next check-in opens at {iso(opens)}")
        _ensure_not_lower(mileage, vehicle.highest_mileage)
        readings = Readings.of(vehicle)
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
            mileage_before=readings.mileage,
            check_in_before=readings.at,
            state_before=vehicle.state if vehicle.plate is None else None,
            checked_in_at=now,
            updated=now,
            version=1,
            **photos.as_fields(),
        )
        after = readings.opened(check_in, vehicle.owner_id).in_vehicle(vehicle)
        return check_in, replace(
            after,
            plate=plate,
            state=state,
            plate_is_given=True if vehicle.plate is None else None,
            updated=now,
        )

    def reviewed(
        self,
        decision: Decision,
        note: str | None,
        vehicle: Vehicle,
        reason_code: ReasonCode | None = None,
    ) -> tuple[Self, Vehicle]:
        """The check-in with the reviewer's decision, and the vehicle after it.

        Declining takes back what the check-in gave the vehicle: mileage and date, and its first
        plate, unless the vehicle was given another plate or owner since. Raises CheckInIsFinal, and
        InvalidParameters when the check-in has that status already.
        """
        if self.check_in_status in ("Confirmed", "Declined"):
            raise CheckInIsFinal(f"The check-in is {self.check_in_status}")
        if self.check_in_status == decision:
            raise InvalidParameters(("checkInStatus", "the check-in is OnHold already"))
        now = now_ms()
        decided = replace(
            self, check_in_status=decision, admin_note=note, reason_code=reason_code, updated=now
        )
        if decision == "OnHold":
            return decided, vehicle
        after = replace(vehicle, updated=now)
        if self._is_open_in(vehicle) and vehicle.plate_is_given:
            after = replace(after, plate_is_given=None)
            if decision == "Declined":
                after = replace(after, plate=None, state=self.state_before)
        if not (vehicle.open_readings or self._is_open_in(vehicle)):
            return decided, after  # Version 0.1.0 changed the vehicle, and dropped its readings.
        readings = Readings.of(vehicle, self)
        if self.id not in readings.open:
            return decided, after
        if decision == "Confirmed":
            return decided, readings.confirmed(self.id).in_vehicle(after)
        return decided, readings.declined(self.id).in_vehicle(after)

    def amended(self, mileage: int, vehicle: Vehicle, photos: PhotoPair) -> tuple[Self, Vehicle]:
        """The OnHold check-in as Pending, with a new mileage and photos, and the vehicle after it.

        Raises CheckInIsLocked (it is Pending), MileageTooLow, and what `ensure_amendable` and
        `PhotoPair.ensure_free_for` do.
        """
        photos.ensure_free_for(self.ensure_amendable(vehicle))
        if self.check_in_status == "Pending":
            raise CheckInIsLocked("The check-in awaits review")
        readings = Readings.of(vehicle, self)
        _ensure_not_lower(mileage, readings.highest(without=self.id))
        now = now_ms()
        amended = replace(
            self,
            check_in_status="Pending",
            mileage=mileage,
            updated=now,
            **photos.as_fields(),
        )
        after = readings.amended(self.id, mileage).in_vehicle(vehicle)
        return amended, replace(after, updated=now)

    def ensure_amendable(self, vehicle: Vehicle) -> str:
        """The user whose photos an amendment needs.

        Raises CheckInIsFinal (it is decided on, or another organization owns the vehicle now),
        VehicleIsNotActive, UserNotFound.
        """
        if self.check_in_status in ("Confirmed", "Declined"):
            raise CheckInIsFinal(f"The check-in is {self.check_in_status}")
        if not self._is_open_in(vehicle):
            raise CheckInIsFinal("The vehicle was transferred: the check-in can only be reviewed")
        if not vehicle.active:
            raise VehicleIsNotActive
        if vehicle.user_id is None:
            raise UserNotFound(NO_USER)
        return vehicle.user_id

    def _is_open_in(self, vehicle: Vehicle) -> bool:
        """Whether it is the open check-in of the vehicle's present owner."""
        return vehicle.open_check_in_id == self.id

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
    *("id", "user_id", "mileage", "checked_in_at", "next_check_in_at", "reason_code"),
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


def plate_for(
    vehicle: Vehicle, plate: str, state: str | None, *, is_taken: bool
) -> tuple[str, str]:
    """The plate and state of a check-in: the vehicle's, or its first, written as the caller did.

    `state`: what the caller states, for a first plate otherwise the vehicle's or its user's.
    `is_taken`: whether an active vehicle has the plate. Raises, checked in the contract's order,
    VehicleIsNotActive, UserNotFound, LicensePlateMismatch, InvalidParameters (no state for a first
    plate), VehicleAlreadyExists.
    """
    if not vehicle.active:
        raise VehicleIsNotActive
    if vehicle.user_id is None:
        raise UserNotFound(NO_USER)
    if state and vehicle.state and state != vehicle.state:
        raise LicensePlateMismatch("The state differs from the vehicle's")
    if vehicle.plate is not None:
        if plates.compared(plate) != plates.compared(vehicle.plate):
            raise LicensePlateMismatch
        return vehicle.plate, vehicle.state or ""
    if not (issued_by := state or vehicle.state):
        problem = "required: neither the vehicle nor its user has a state"
        raise InvalidParameters(("state", problem))
    if is_taken:
        raise VehicleAlreadyExists("An active vehicle with this license plate exists")
    return plate, issued_by
