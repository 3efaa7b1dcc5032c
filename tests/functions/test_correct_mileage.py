"""POST /vehicles/{vehicleId}/mileage/correction: what counts from then on, and what is stored."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from motorpool.history import store as history
from motorpool.history.model import problems
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def driver() -> User:
    world.partner()
    root: Organization = world.organization()
    return world.driver(at=root)


@pytest.fixture
def vehicle(driver: User) -> Vehicle:
    """A vehicle that was confirmed at two million."""
    vehicle = world.vehicle(of=driver)
    return world.changed(vehicle, replace(vehicle, highest_mileage=2_000_000, last_check_in_at=1))


def after() -> Vehicle:
    vehicle = vehicles.find(world.VEHICLE)
    assert vehicle is not None
    return vehicle


def test_the_corrected_mileage_counts_and_the_last_check_in_keeps_its_date(
    somebody: Somebody, vehicle: Vehicle
) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert (answer.body["vehicleId"], answer.body["mileage"]) == (world.VEHICLE, 48_210)
    assert (after().highest_mileage, after().last_check_in_at) == (48_210, 1)
    assert answer.calls == ("GetItem", "TransactWriteItems")


def test_it_is_in_the_history_with_who_did_it_and_why(somebody: Somebody, vehicle: Vehicle) -> None:
    somebody().calls()
    entries = history.every(world.VEHICLE)
    assert problems(entries, after().head) == []
    _, entry = entries[-1]
    assert (entry.type, entry.by, entry.by_id) == (
        "vehicle.mileage_corrected",
        "client",
        world.CLIENT,
    )
    assert entry.thing["mileage"] == 48_210
    assert (entry.personal or {})["reason"] == "A zero too many."
    assert entry.changed == ("highestMileage",)
    # Who is forgotten is not in the reason any more.
    assert "reason" not in (entry.forgotten().personal or {})


def test_an_open_check_in_stays_open_and_does_not_count(somebody: Somebody, driver: User) -> None:
    made, _ = world.check_in(
        of=world.vehicle(of=driver), photos=world.photos(of=driver), mileage=99_999
    )
    answer = somebody().calls()
    assert answer.calls == ("GetItem", "GetItem", "TransactWriteItems")
    assert (after().highest_mileage, after().open_check_in_id) == (48_210, made.id)
    assert Caller("review_mileage_check_in").calls().status == 200
    assert (after().highest_mileage, after().last_check_in_at) == (48_210, made.checked_in_at)
    assert (after().open_check_in_id, after().open_readings) == (None, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [("mileage", 0), ("mileage", 2_000_001), ("mileage", "1"), ("mileage", ...),
     ("reason", ""), ("reason", "a\nb"), ("reason", ...)],
    ids=str,
)  # fmt: skip
def test_a_wrong_field_is_named(
    somebody: Somebody, vehicle: Vehicle, field: str, value: Any
) -> None:
    answer = somebody().with_body(**{field: value}).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert field in answer.message


def test_it_needs_the_scope_of_a_reviewer(somebody: Somebody, vehicle: Vehicle) -> None:
    answer = somebody().with_scopes("vehicle_suppliers.vehicles.write").calls()
    assert answer.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert after().highest_mileage == 2_000_000
