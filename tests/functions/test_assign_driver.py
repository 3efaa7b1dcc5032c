"""POST …/assign: a driver of the owner's for a vehicle."""

from collections.abc import Callable

import pytest

from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_a_user_of_the_owner_becomes_the_driver(somebody: Somebody, root: Organization) -> None:
    driver = world.driver(at=root)
    world.vehicle(of=driver)
    answer = somebody().with_body(driver_id=driver.id).calls()
    assert (answer.status, answer.body) == (204, None)
    again = somebody().with_body(driver_id=driver.id).calls()
    assert (again.status, again.calls) == (204, ("GetItem", "GetItem"))
    transfer = Caller("transfer_vehicle")
    world.organization(world.TARGET)
    assert transfer.calls().refusal == (422, "transfer_assigned_vehicle")


@pytest.mark.parametrize("id", ["usr_" + "9" * 32, "usr_1", "x"])
def test_a_driver_that_is_not_there_is_not_found(
    somebody: Somebody, root: Organization, id: str
) -> None:
    world.vehicle(of=world.driver(at=root))
    assert somebody().with_body(driver_id=id).calls().refusal == (404, "driver_not_found")


def test_a_vehicle_that_is_being_transferred_takes_no_driver(
    somebody: Somebody, root: Organization
) -> None:
    driver = world.driver(at=root)
    world.transfer(of=world.vehicle(of=driver), to=world.organization(world.TARGET))
    answer = somebody().with_body(driver_id=driver.id).calls()
    assert answer.refusal == (422, "transfer_in_progress")


def test_a_deactivated_vehicle_takes_no_driver(somebody: Somebody, root: Organization) -> None:
    driver = world.driver(at=root)
    world.vehicle(of=driver)
    assert Caller("deactivate_vehicle").calls().status == 200
    answer = somebody().with_body(driver_id=driver.id).calls()
    assert answer.refusal == (422, "vehicle_not_active")
