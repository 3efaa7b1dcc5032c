"""POST …/unassign: no driver any more, or never."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.transfers import store as transfers
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    """A root with a vehicle that has a driver."""
    root = world.organization()
    driver = world.driver(at=root)
    vehicle = world.vehicle(of=driver)
    world.changed(vehicle, vehicle.assigned_to(driver), "vehicle.driver_assigned")
    return root


def vehicle() -> Vehicle:
    """The vehicle as it is now."""
    found = transfers.applicable(world.TRANSFER, world.VEHICLE).vehicle
    assert found is not None
    return found


def test_the_driver_is_gone_and_again_is_the_same(somebody: Somebody) -> None:
    assert vehicle().driver_id == world.USER
    answer = somebody().calls()
    assert (answer.status, answer.body) == (204, None)
    assert answer.calls == ("GetItem", "TransactWriteItems")
    assert vehicle().driver_id is None
    before = everything_stored()
    again = somebody().calls()
    assert (again.status, again.calls) == (204, ("GetItem",))
    assert everything_stored() == before


def test_a_deactivated_vehicle_may_lose_its_driver(somebody: Somebody) -> None:
    read = vehicle()
    world.changed(read, read.made_active(False), "vehicle.deactivated")
    assert somebody().calls().status == 204
    assert vehicle().driver_id is None


def test_a_vehicle_that_is_not_there_or_not_the_callers_is_not_found(
    somebody: Somebody, root: Organization
) -> None:
    below = world.organization(world.TARGET, parent=root)
    for answer in (
        somebody().calls(vehicle_id="veh_" + "9" * 32),
        somebody().of(world.OTHER_PARTNER).calls(),
        somebody().linked_to(below.id, below.path).calls(),
    ):
        assert answer.refusal == (404, "vehicle_not_found")
