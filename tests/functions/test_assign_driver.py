"""POST …/assign: a driver of the owner's for an active vehicle that is not on its way."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored
from tests.functions.wire import Fault

Somebody = Callable[[], Caller]

KEYED = ("Idempotency-Key", "assign-1")


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def vehicle(root: Organization) -> Vehicle:
    return world.vehicle(of=world.driver(at=root))


def driver_id() -> Any:
    [item] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
    return item.get("driverId")


def test_a_driver_is_assigned_and_again_is_the_same(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert (answer.status, answer.body) == (204, None)
    assert answer.calls == ("GetItem", "GetItem", "TransactWriteItems")
    assert driver_id() == world.USER
    before = everything_stored()
    assert somebody().calls().status == 204
    assert everything_stored() == before


def test_another_driver_takes_over(somebody: Somebody, root: Organization) -> None:
    other = world.driver("usr_" + "8" * 32, at=root, phone="+14155550188")
    somebody().calls()
    assert somebody().with_body(driver_id=other.id).calls().status == 204
    assert driver_id() == other.id


def test_a_driver_is_a_user_of_the_owner_itself(somebody: Somebody, root: Organization) -> None:
    below = world.organization(world.TARGET, parent=root)
    stranger = world.driver("usr_" + "8" * 32, at=below, phone="+14155550188")
    for driver in (stranger.id, "usr_" + "9" * 32, "usr_1", world.VEHICLE, "\0"):
        answer = somebody().with_body(driver_id=driver).calls()
        assert answer.refusal == (404, "driver_not_found")
    assert driver_id() is None


@pytest.mark.parametrize("driver", [..., None, "", 5, ["usr_1"], "x" * 10_000])
def test_a_driver_id_is_a_text(somebody: Somebody, driver: Any) -> None:
    answer = somebody().with_body(driver_id=driver).calls()
    assert answer.refusal == (400, "bad_request")
    assert "driver_id: " in answer.message


def test_a_deactivated_vehicle_has_no_driver(somebody: Somebody, vehicle: Vehicle) -> None:
    world.changed(vehicle, vehicle.made_active(False), "vehicle.deactivated")
    assert somebody().calls().refusal == (422, "vehicle_not_active")


def test_a_vehicle_on_its_way_gets_no_driver(
    somebody: Somebody, vehicle: Vehicle, root: Organization
) -> None:
    world.transfer(of=vehicle, to=world.organization(world.TARGET, parent=root))
    assert somebody().calls().refusal == (422, "transfer_in_progress")
    assert driver_id() is None


def test_a_vehicle_that_is_not_there_or_not_the_callers_is_not_found(
    somebody: Somebody, root: Organization
) -> None:
    below = world.organization(world.TARGET, parent=root)
    for answer in (
        somebody().calls(vehicle_id="veh_" + "9" * 32),
        somebody().calls(vehicle_id="\ud800"),
        somebody().of(world.OTHER_PARTNER).calls(),
        somebody().linked_to(below.id, below.path).calls(),
    ):
        assert answer.refusal == (404, "vehicle_not_found")


def test_a_key_replays_the_204_and_assigns_nothing_again(
    somebody: Somebody, root: Organization
) -> None:
    other = world.driver("usr_" + "8" * 32, at=root, phone="+14155550188")
    assert somebody().with_headers(KEYED).calls().status == 204
    somebody().with_body(driver_id=other.id).calls()
    again = somebody().with_headers(KEYED).calls()
    assert (again.status, again.headers["Idempotent-Replayed"]) == (204, "true")
    assert driver_id() == other.id


@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems"])
def test_a_failing_table_is_a_503(
    somebody: Somebody, faulty: Callable[..., Fault], operation: str
) -> None:
    faulty(operation, 400, "ThrottlingException")
    answer = somebody().calls()
    assert answer.refusal == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert driver_id() is None
