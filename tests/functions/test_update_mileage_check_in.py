"""PUT /vehicles/checkin/mileage/{id}: what a driver sends anew for a check-in on hold."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from tests.functions import world
from tests.functions.conftest import Answer, Caller, everything_stored

Somebody = Callable[[], Caller]

LICENSE_AGAIN, ODOMETER_AGAIN = "pho_" + "a" * 32, "pho_" + "b" * 32
NOT_OWNED = (500, "ERROR_PHOTO_NOT_OWNED_BY_USER")


@pytest.fixture(autouse=True)
def root() -> Organization:
    world.partner()
    return world.organization()


@pytest.fixture(autouse=True)
def driver(root: Organization) -> User:
    """The driver of a vehicle with a pending check-in at 40,000, and two photos more."""
    driver = world.driver(at=root)
    world.check_in(of=world.vehicle(of=driver), photos=world.photos(of=driver))
    world.photo(LICENSE_AGAIN, of=driver)
    world.photo(ODOMETER_AGAIN, of=driver)
    return driver


@pytest.fixture
def on_hold() -> None:
    reviewed("OnHold")


def reviewed(status: str) -> None:
    caller = Caller("review_mileage_check_in").with_body(checkInStatus=status, adminNote="Blurred.")
    assert caller.calls().status == 200


def anew(somebody: Somebody, **changes: Any) -> Caller:
    """The request with the two photos that are not used yet."""
    photos = {
        "licensePhotos": [{"url": f"{world.API}/photo/{LICENSE_AGAIN}"}],
        "odometerPhotos": [{"url": f"{world.API}/photo/{ODOMETER_AGAIN}"}],
    }
    return somebody().with_body(**photos | changes)


def refused(answer: Answer, status: int, code: str) -> str:
    assert answer.refusal == (status, code)
    used = {item["id"] for item in everything_stored() if "usedBy" in item}
    assert used == {world.LICENSE_PHOTO, world.ODOMETER_PHOTO}
    return answer.message


def test_it_is_pending_again_with_the_new_reading_and_photos(
    somebody: Somebody, on_hold: None
) -> None:
    answer = anew(somebody).calls()
    assert answer.status == 200
    assert (answer.body["checkInStatus"], answer.body["mileage"]) == ("Pending", 48210)
    assert answer.body["id"] == world.CHECK_IN
    [license], [odometer] = answer.body["licensePhotos"], answer.body["odometerPhotos"]
    assert license["photoUrl"].endswith(LICENSE_AGAIN)
    assert odometer["photoUrl"].endswith(ODOMETER_AGAIN)
    assert Caller("get_mileage_check_in").calls().body == answer.body
    [vehicle] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
    assert vehicle["highestMileage"] == 48210


def test_a_read_and_a_write_are_enough(somebody: Somebody, on_hold: None) -> None:
    assert anew(somebody).calls().calls == ("BatchGetItem", "TransactWriteItems")


def test_a_reading_may_be_lower_than_the_one_it_replaces(somebody: Somebody, on_hold: None) -> None:
    assert anew(somebody, mileage=1).calls().status == 200
    [vehicle] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
    assert vehicle["highestMileage"] == 1


def test_a_reading_may_not_be_lower_than_the_check_ins_before_it(
    somebody: Somebody, driver: User
) -> None:
    reviewed("Confirmed")
    third, fourth = "pho_" + "c" * 32, "pho_" + "d" * 32
    world.photo(third, of=driver)
    world.photo(fourth, of=driver)
    made = Caller("create_mileage_check_in").with_body(
        mileage=50_000,
        licensePhotos=[{"url": f"{world.API}/photo/{third}"}],
        odometerPhotos=[{"url": f"{world.API}/photo/{fourth}"}],
    )
    id = made.calls().body["id"]
    hold = Caller("review_mileage_check_in").with_body(checkInStatus="OnHold", adminNote="Blurred.")
    assert hold.calls(id=id).status == 200
    assert anew(somebody, mileage=39_999).calls(id=id).refusal == (500, "ERROR_MILEAGE")
    assert anew(somebody, mileage=40_000).calls(id=id).status == 200


def test_declining_it_then_gives_back_what_was_before_the_first_reading(
    somebody: Somebody, on_hold: None
) -> None:
    assert anew(somebody).calls().status == 200
    reviewed("Declined")
    [vehicle] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
    assert "highestMileage" not in vehicle


def test_what_is_pending_is_locked(somebody: Somebody) -> None:
    refused(anew(somebody, mileage=1).calls(), 500, "ERROR_CHECKIN_IS_LOCKED")


@pytest.mark.parametrize("status", ["Confirmed", "Declined"])
def test_what_was_decided_is_final(somebody: Somebody, status: str) -> None:
    reviewed(status)
    refused(anew(somebody).calls(), 409, "ERROR_CHECKIN_IS_FINAL")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"licensePhotos": []}, "ERROR_LICENSE_PHOTO_REQUIRED"),
        ({"odometerPhotos": ...}, "ERROR_ODOMETER_PHOTO_REQUIRED"),
        (
            {"licensePhotos": [{"url": "https://a/photo/1"}] * 2},
            "ERROR_MILEAGE_CHECKIN_SUPPORTS_ONLY_ONE_PHOTO",
        ),
        ({"licensePhotos": [{"url": "https://a.example"}]}, "ERROR_PHOTO_NOT_OWNED_BY_USER"),
        (
            {"licensePhotos": [{"url": f"{world.API}/photo/{world.LICENSE_PHOTO}"}]},
            "ERROR_PHOTO_NOT_OWNED_BY_USER",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_its_photos_are_held_to_the_rules_of_a_new_check_in(
    somebody: Somebody, on_hold: None, changes: dict[str, Any], code: str
) -> None:
    refused(anew(somebody, **changes).calls(), 500, code)


def test_a_photo_that_never_came_is_required(
    somebody: Somebody, driver: User, on_hold: None
) -> None:
    missing = "pho_" + "c" * 32
    world.photo(missing, of=driver, file=None)
    changes = {"odometerPhotos": [{"url": f"{world.API}/photo/{missing}"}]}
    refused(anew(somebody, **changes).calls(), 500, "ERROR_ODOMETER_PHOTO_REQUIRED")


def test_a_deactivated_vehicles_check_in_is_not_sent_anew(
    somebody: Somebody, on_hold: None
) -> None:
    assert Caller("deactivate_vehicle").calls().status == 200
    refused(anew(somebody).calls(), 403, "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY")


def test_nor_is_that_of_a_vehicle_that_nobody_owns(somebody: Somebody, on_hold: None) -> None:
    unowned = Caller("update_vehicle").with_body(licensePlate=..., state=..., userId=None)
    assert unowned.calls().status == 200
    refused(anew(somebody).calls(), 404, "ERROR_USER_NOT_FOUND")


@pytest.mark.parametrize("mileage", [0, -1, 2_000_001, "1", 1.5, None, ...], ids=str)
def test_a_mileage_is_a_number_as_for_a_new_check_in(
    somebody: Somebody, on_hold: None, mileage: Any
) -> None:
    answer = anew(somebody, mileage=mileage).calls()
    assert "mileage" in refused(answer, 400, "ERROR_INVALID_PARAMETERS")


def test_a_check_in_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization, on_hold: None
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    answer = anew(somebody).linked_to(branch.id, branch.path).calls()
    refused(answer, 403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


@pytest.mark.parametrize("id", ["chk_9", "chk_" + "9" * 56, world.VEHICLE])
def test_a_check_in_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    refused(anew(somebody).calls(id=id), 404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")


def test_another_partners_check_in_is_not_found(somebody: Somebody) -> None:
    answer = anew(somebody).of(world.OTHER_PARTNER).calls()
    refused(answer, 404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")
