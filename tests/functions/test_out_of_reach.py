"""What is not there, another partner's, or outside the client's organizations, route by route."""

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

OF_A_VEHICLE = (
    "activate_vehicle",
    "correct_mileage",
    "deactivate_vehicle",
    "list_vehicle_check_ins",
    "list_vehicle_history",
    "update_vehicle",
)
OF_A_PHOTO = ("get_photo", "get_photo_status", "renew_photo_upload")
NO_VEHICLE = (404, "ERROR_VEHICLE_NOT_FOUND")
NO_PHOTO = (404, "ERROR_PHOTO_NOT_FOUND")

of_a_vehicle = pytest.mark.parametrize("function", OF_A_VEHICLE)
of_a_photo = pytest.mark.parametrize("function", OF_A_PHOTO)


@pytest.fixture(autouse=True)
def root() -> Organization:
    """The organization whose driver has the vehicle and the photo."""
    world.partner()
    root = world.organization()
    driver = world.driver(at=root)
    world.vehicle(of=driver)
    world.photo(world.LICENSE_PHOTO, of=driver)
    return root


@of_a_vehicle
@pytest.mark.parametrize("id", ["veh_1", "veh_" + "9" * 32, "\0", world.USER])
def test_a_vehicle_that_is_not_there_is_not_found(function: str, id: str) -> None:
    assert Caller(function).calls(vehicleId=id).refusal == NO_VEHICLE


@of_a_vehicle
def test_another_partners_vehicle_is_not_found(function: str) -> None:
    assert Caller(function).of(world.OTHER_PARTNER).calls().refusal == NO_VEHICLE


@of_a_photo
@pytest.mark.parametrize("id", ["pho_1", "pho_" + "9" * 32, "\0", "a#b", world.USER, "x" * 9999])
def test_a_photo_that_is_not_there_is_not_found(function: str, id: str) -> None:
    assert Caller(function).calls(photoId=id).refusal == NO_PHOTO


@of_a_photo
def test_another_partners_photo_is_not_found(function: str) -> None:
    assert Caller(function).of(world.OTHER_PARTNER).calls().refusal == NO_PHOTO


@pytest.mark.parametrize("function", OF_A_VEHICLE + OF_A_PHOTO)
def test_what_is_outside_the_clients_organizations_is_not_permitted(
    function: str, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = Caller(function).linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
