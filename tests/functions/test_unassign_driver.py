"""POST …/unassign: no driver, whether there was one or not."""

from collections.abc import Callable

import pytest

from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_without_a_driver_it_is_so_already(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().calls()
    assert (answer.status, answer.calls) == (204, ("GetItem",))


def test_afterwards_the_vehicle_can_be_transferred(somebody: Somebody, root: Organization) -> None:
    driver = world.driver(at=root)
    world.vehicle(of=driver)
    world.organization(world.TARGET)
    Caller("assign_driver").with_body(driver_id=driver.id).calls()
    assert somebody().calls().status == 204
    assert Caller("transfer_vehicle").calls().status == 200


def test_a_vehicle_that_is_not_there_is_not_found(somebody: Somebody) -> None:
    assert somebody().calls(vehicle_id="veh_1").refusal == (404, "vehicle_not_found")
