"""The rules of check-ins in the contract's order, and what a review does."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from motorpool.checkins.model import CheckIn, plate_for, vehicle_of
from motorpool.checkins.partner_api import (
    CreateMileageCheckIn,
    ReviewMileageCheckIn,
)
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.errors import (
    CheckInIsFinal,
    CheckInIsLocked,
    InvalidParameters,
    LicensePhotoRequired,
    LicensePlateMismatch,
    MileageTooLow,
    MotorpoolError,
    OdometerPhotoRequired,
    OnlyOnePhoto,
    PhotoNotOwnedByUser,
    UserNotFound,
    VehicleAlreadyExists,
    VehicleIsNotActive,
)
from motorpool.photos.model import Photo
from motorpool.tenants.partners import DAY_MS, Cadence
from motorpool.vehicles.model import Vehicle
from tests.unit.conftest import WORLD

NOW = 1_795_253_400_000
Status = Any

DRIVER = WORLD.driver(at=WORLD.organization(of="ptr_1"))
USER = DRIVER.id
VEHICLE = replace(
    WORLD.vehicle(of=DRIVER, plate="TEST-123"),
    highest_mileage=500,
    last_check_in_at=NOW - 10 * DAY_MS,
)
LICENSE = WORLD.photo(of=DRIVER, uploaded=False, latitude=1.0, longitude=2.0, asserted_latitude=9.0)
ODOMETER = WORLD.photo(of=DRIVER, uploaded=False, asserted_latitude=9.0)
PAIR = PhotoPair(LICENSE, ODOMETER)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motorpool.checkins.model.now_ms", lambda: NOW)


def request(**changes: Any) -> CreateMileageCheckIn:
    given = {"vehicleId": VEHICLE.id, "licensePlate": "TEST-123", "mileage": 600}
    return CreateMileageCheckIn.model_validate(given | changes)


def made(
    vehicle: Vehicle = VEHICLE,
    photos: PhotoPair = PAIR,
    cadence: Cadence | None = None,
    plate_is_taken: bool = False,
    **changes: Any,
) -> tuple[CheckIn, Vehicle]:
    asked = request(**changes)
    plate, state = plate_for(vehicle, asked.license_plate, asked.state, is_taken=plate_is_taken)
    cadence = cadence or Cadence()
    return CheckIn.create(
        vehicle, photos, plate=plate, state=state, mileage=asked.mileage, cadence=cadence
    )


def test_a_check_in_remembers_what_the_vehicle_had_before_it() -> None:
    check_in, after = made()
    assert (check_in.mileage_before, check_in.check_in_before) == (500, NOW - 10 * DAY_MS)
    assert (check_in.mileage, check_in.check_in_status, check_in.version) == (600, "Pending", 1)
    assert (check_in.checked_in_at, check_in.updated, check_in.admin_note) == (NOW, NOW, None)
    assert (after.highest_mileage, after.last_check_in_at) == (600, NOW)
    assert after.open_check_in_id == check_in.id
    assert vehicle_of(check_in.id) == VEHICLE.id


def test_positions_are_the_files_and_else_the_callers() -> None:
    check_in, _ = made()
    assert (check_in.license_latitude, check_in.license_longitude) == (1.0, 2.0)
    assert (check_in.odometer_latitude, check_in.odometer_longitude) == (9.0, None)


# Each thing that can be wrong, in the contract's order, with its refusal. They can be wrong
# together, except that an open check-in and a closed window are one refusal in the contract.
Wrong = Callable[[dict[str, Any]], dict[str, Any]]


def vehicle_with(**changes: Any) -> Wrong:
    return lambda given: given | {"vehicle": replace(given["vehicle"], **changes)}


WRONGS: list[tuple[Wrong, type[MotorpoolError]]] = [
    (vehicle_with(active=False), VehicleIsNotActive),
    (vehicle_with(user_id=None), UserNotFound),
    (lambda given: given | {"state": "NV"}, LicensePlateMismatch),
    (lambda given: given | {"photos": PhotoPair(LICENSE, None)}, PhotoNotOwnedByUser),
    (vehicle_with(open_check_in_id="chk_1"), CheckInIsLocked),
    (lambda given: given | {"mileage": 499}, MileageTooLow),
]


@pytest.mark.parametrize("first", range(len(WRONGS)), ids=lambda n: WRONGS[n][1].__name__)
def test_of_all_that_is_wrong_the_first_in_the_contract_is_said(first: int) -> None:
    for last in range(first, len(WRONGS)):
        given: dict[str, Any] = {"vehicle": VEHICLE}
        for wrong, _ in WRONGS[first : last + 1]:
            given = wrong(given)
        with pytest.raises(WRONGS[first][1]):
            made(**given)


def test_a_taken_first_plate_comes_after_the_mismatch_and_before_the_photos() -> None:
    plateless = replace(VEHICLE, plate=None)
    wrong: dict[str, Any] = {"plate_is_taken": True, "photos": PhotoPair(None, None)}
    with pytest.raises(LicensePlateMismatch):
        made(plateless, state="NV", **wrong)
    with pytest.raises(VehicleAlreadyExists):
        made(plateless, state="CA", **wrong)
    # Whether its own plate is held is no question: it holds it.
    assert made(plate_is_taken=True)


def test_a_first_plate_is_the_vehicles_from_then_on() -> None:
    plateless = replace(VEHICLE, plate=None, state=None)
    check_in, after = made(plateless, licensePlate="new 1", state="nv")
    assert (after.plate, after.state, check_in.license) == ("new 1", "NV", "new 1")
    with pytest.raises(InvalidParameters, match=r"^state: required"):
        made(plateless, licensePlate="NEW-1")
    _, of_its_state = made(replace(VEHICLE, plate=None), licensePlate="NEW-1")
    assert (of_its_state.plate, of_its_state.state) == ("NEW-1", "CA")


@pytest.mark.parametrize("plate", ["test 123", "T.E.S.T-123", "TEST123"])
def test_the_vehicles_plate_stays_as_it_was_written(plate: str) -> None:
    check_in, after = made(licensePlate=plate)
    assert (check_in.license, after.plate) == ("TEST-123", "TEST-123")


@pytest.mark.parametrize("plate", ["TEST-124", "TEST-12", "TEST-1234"])
def test_another_plate_is_a_mismatch(plate: str) -> None:
    with pytest.raises(LicensePlateMismatch):
        made(licensePlate=plate)


@pytest.mark.parametrize(
    "photos",
    [
        PhotoPair(None, ODOMETER),
        PhotoPair(LICENSE, None),
        PhotoPair(replace(LICENSE, user_id="usr_2"), ODOMETER),
        PhotoPair(LICENSE, replace(ODOMETER, user_id="usr_2")),
        PhotoPair(replace(LICENSE, used_by="chk_1"), ODOMETER),
        PhotoPair(LICENSE, replace(ODOMETER, used_by="chk_1")),
        PhotoPair(LICENSE, LICENSE),
    ],
    ids=["no license", "no odometer", "another's license", "another's odometer", "used license",
         "used odometer", "one for both"],
)  # fmt: skip
def test_photos_are_two_of_the_users_and_not_used(photos: PhotoPair) -> None:
    with pytest.raises(PhotoNotOwnedByUser):
        made(photos=photos)


@pytest.mark.parametrize(("mileage", "is_accepted"), [(499, False), (500, True), (501, True)])
def test_a_mileage_equals_or_exceeds_the_highest(mileage: int, is_accepted: bool) -> None:
    if is_accepted:
        assert made(mileage=mileage)
    else:
        with pytest.raises(MileageTooLow, match="500"):
            made(mileage=mileage)


def test_the_first_mileage_may_be_any() -> None:
    new = replace(VEHICLE, highest_mileage=None, last_check_in_at=None)
    check_in, after = made(new, mileage=1)
    assert (check_in.mileage_before, check_in.check_in_before) == (None, None)
    assert after.highest_mileage == 1


@pytest.mark.parametrize(
    ("ago", "is_open"),
    [(25 * DAY_MS - 1, False), (25 * DAY_MS, True), (25 * DAY_MS + 1, True), (0, False)],
)
def test_a_cadence_opens_to_the_millisecond(ago: int, is_open: bool) -> None:
    vehicle = replace(VEHICLE, last_check_in_at=NOW - ago)
    if is_open:
        check_in, _ = made(vehicle, cadence=Cadence(30, 5))
        assert check_in.next_check_in_at == NOW + 30 * DAY_MS
    else:
        with pytest.raises(CheckInIsLocked, match="opens at 2026-"):
            made(vehicle, cadence=Cadence(30, 5))


def test_without_a_cadence_no_next_date_is_set() -> None:
    assert made()[0].next_check_in_at is None


# --- review --------------------------------------------------------------------------------------

DECISIONS = ("Confirmed", "Declined", "OnHold")


def reviewed(status: Status, decision: Any) -> tuple[CheckIn, Vehicle]:
    check_in, vehicle = made()
    return replace(check_in, check_in_status=status).reviewed(decision, "So.", vehicle)


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", ["Pending", "OnHold"])
def test_what_is_open_can_be_decided(status: Status, decision: str) -> None:
    if status == decision:
        with pytest.raises(InvalidParameters):
            reviewed(status, decision)
        return
    check_in, vehicle = reviewed(status, decision)
    assert (check_in.check_in_status, check_in.admin_note) == (decision, "So.")
    assert (vehicle.open_check_in_id is None) == (decision != "OnHold")


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize("status", ["Confirmed", "Declined"])
def test_what_was_decided_is_final(status: Status, decision: str) -> None:
    with pytest.raises(CheckInIsFinal, match=status):
        reviewed(status, decision)


@pytest.mark.parametrize("status", ["Pending", "OnHold"])
def test_declining_gives_back_the_mileage_and_the_time_of_the_check_in_before(
    status: Status,
) -> None:
    _, vehicle = reviewed(status, "Declined")
    assert vehicle == replace(VEHICLE, updated=NOW)


@pytest.mark.parametrize("status", ["Pending", "OnHold"])
def test_confirming_keeps_them(status: Status) -> None:
    _, vehicle = reviewed(status, "Confirmed")
    assert (vehicle.highest_mileage, vehicle.last_check_in_at) == (600, NOW)


def test_a_confirmation_without_a_note_takes_the_note_of_the_hold_away() -> None:
    check_in, vehicle = reviewed("Pending", "OnHold")
    assert check_in.reviewed("Confirmed", None, vehicle)[0].admin_note is None


@pytest.mark.parametrize("decision", ["Declined", "OnHold"])
@pytest.mark.parametrize("note", [None, "", "  ", "a\nb", "x" * 1001, 7])
def test_who_does_not_confirm_gives_a_reason_in_a_line(decision: str, note: Any) -> None:
    with pytest.raises(ValidationError):
        ReviewMileageCheckIn.model_validate({"checkInStatus": decision, "adminNote": note})


# --- sent anew -----------------------------------------------------------------------------------

NEW_PAIR = PhotoPair(
    replace(LICENSE, id="pho_" + "c" * 32), replace(ODOMETER, id="pho_" + "d" * 32)
)


def amended(
    status: Status = "OnHold",
    photos: PhotoPair = NEW_PAIR,
    mileage: int = 700,
    **changes: Any,
) -> tuple[CheckIn, Vehicle]:
    check_in, vehicle = made()
    check_in = replace(check_in, check_in_status=status)
    return check_in.amended(mileage, replace(vehicle, **changes), photos)


def test_sent_anew_it_is_pending_with_the_new_reading_and_photos() -> None:
    check_in, vehicle = amended()
    assert (check_in.check_in_status, check_in.mileage) == ("Pending", 700)
    assert check_in.license_photo_id == "pho_" + "c" * 32
    assert check_in.odometer_photo_id == "pho_" + "d" * 32
    assert (vehicle.highest_mileage, vehicle.open_check_in_id) == (700, check_in.id)
    # What it would give back stays that of before the first reading.
    assert (check_in.mileage_before, check_in.check_in_before) == (500, NOW - 10 * DAY_MS)


@pytest.mark.parametrize(("mileage", "is_accepted"), [(499, False), (500, True), (599, True)])
def test_sent_anew_it_may_be_lower_than_itself_but_not_than_those_before(
    mileage: int, is_accepted: bool
) -> None:
    if is_accepted:
        assert amended(mileage=mileage)[1].highest_mileage == mileage
    else:
        with pytest.raises(MileageTooLow):
            amended(mileage=mileage)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"status": "Confirmed", "active": False}, CheckInIsFinal),
        ({"status": "Declined", "active": False}, CheckInIsFinal),
        ({"active": False, "user_id": None}, VehicleIsNotActive),
        ({"user_id": None, "photos": PAIR}, UserNotFound),
        ({"status": "Pending", "photos": PhotoPair(None, None)}, PhotoNotOwnedByUser),
        ({"photos": PhotoPair(LICENSE, LICENSE)}, PhotoNotOwnedByUser),
        ({"status": "Pending", "mileage": 1}, CheckInIsLocked),
    ],
)
def test_sent_anew_it_is_held_to_the_rules_in_their_order(
    given: dict[str, Any], error: type[MotorpoolError]
) -> None:
    with pytest.raises(error):
        amended(**given)


# --- inspected -----------------------------------------------------------------------------------


def test_a_position_arrives_with_the_inspection_and_nothing_else_changes() -> None:
    check_in, _ = made(photos=PhotoPair(replace(LICENSE, latitude=None, longitude=None), ODOMETER))
    ready = replace(LICENSE, photo_status="Ready", latitude=3.0, longitude=4.0)
    known = check_in.with_inspected(ready)
    assert known == replace(check_in, license_latitude=3.0, license_longitude=4.0)
    ready = replace(ODOMETER, photo_status="Ready", latitude=5.0, longitude=6.0)
    assert known.with_inspected(ready).odometer_longitude == 6.0


@pytest.mark.parametrize(
    ("photo", "which"), [(LICENSE, "license"), (ODOMETER, "odometer")], ids=["license", "odometer"]
)
def test_a_rejected_photo_puts_a_pending_check_in_on_hold_with_the_reason(
    photo: Photo, which: str
) -> None:
    check_in, _ = made()
    rejected = replace(photo, photo_status="Rejected", rejected_because="Text.")
    held = check_in.with_inspected(rejected)
    assert held.check_in_status == "OnHold"
    assert held.admin_note == f"The {which} photo was rejected: Text."


@pytest.mark.parametrize("status", ["OnHold", "Confirmed", "Declined"])
def test_a_rejected_photo_changes_no_decision(status: Status) -> None:
    check_in = replace(made()[0], check_in_status=status, admin_note="Mine.")
    rejected = replace(LICENSE, photo_status="Rejected", rejected_because="Text.")
    after = check_in.with_inspected(rejected)
    assert (after.check_in_status, after.admin_note) == (status, "Mine.")


def test_a_photo_that_was_replaced_says_nothing_any_more() -> None:
    check_in, _ = amended()
    rejected = replace(LICENSE, photo_status="Rejected", rejected_because="Text.")
    assert check_in.with_inspected(rejected) == check_in


# --- requests ------------------------------------------------------------------------------------

HANDLE = [{"url": f"https://a/photo/{LICENSE.id}"}]


@pytest.mark.parametrize(
    ("license", "odometer", "error"),
    [
        ([], [], LicensePhotoRequired),
        (None, HANDLE, LicensePhotoRequired),
        ([], HANDLE * 2, LicensePhotoRequired),
        (HANDLE, [], OdometerPhotoRequired),
        (HANDLE * 2, None, OdometerPhotoRequired),
        (HANDLE * 2, HANDLE, OnlyOnePhoto),
        (HANDLE, HANDLE * 2, OnlyOnePhoto),
    ],
)
def test_a_check_in_has_one_photo_of_each(
    license: Any, odometer: Any, error: type[MotorpoolError]
) -> None:
    with pytest.raises(error):
        request(licensePhotos=license, odometerPhotos=odometer).photo_ids()


def test_the_ids_of_photos_are_those_of_their_handles() -> None:
    junk = [{"url": "https://example.com/a.jpg"}]
    assert request(licensePhotos=HANDLE, odometerPhotos=junk).photo_ids() == (LICENSE.id, None)


@pytest.mark.parametrize(
    "id",
    ["", "chk_", "chk_1", "veh_" + "2" * 32, "chk_" + "2" * 55, "chk_" + "2" * 57,
     "chk_" + "g" * 56, "CHK_" + "2" * 56, "chk_" + "2" * 56 + "\n"],
)  # fmt: skip
def test_what_is_no_id_of_a_check_in_is_of_no_vehicle(id: str) -> None:
    assert vehicle_of(id) is None
