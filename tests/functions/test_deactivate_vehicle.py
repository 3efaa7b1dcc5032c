"""PUT /vehicles/{vehicleId}/deactivate: off the books; VIN and plate are free."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    root = world.organization()
    world.vehicle(of=world.driver(at=root))
    return root


def claims() -> list[dict[str, Any]]:
    stored = everything_stored()
    return [item for item in stored if item["sk"] == "CLAIM" and "vehicleId" in item]


def vehicles_claims() -> list[str]:
    return [item["pk"] for item in claims()]


def test_the_vehicle_is_inactive_and_otherwise_as_it_was(somebody: Somebody) -> None:
    before = Caller("get_vehicle").calls().body
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == before | {"active": False, "updated": answer.body["updated"]}
    assert Caller("get_vehicle").calls().body == answer.body


def test_vin_and_plate_are_free(somebody: Somebody) -> None:
    assert len(vehicles_claims()) == 2
    assert somebody().calls().status == 200
    assert vehicles_claims() == []
    registered = Caller("create_vehicle_by_vin").calls()
    assert registered.status == 200
    assert registered.body["id"] != world.VEHICLE


def test_again_is_the_same_and_writes_nothing(somebody: Somebody) -> None:
    first = somebody().calls()
    assert first.calls == ("GetItem", "TransactWriteItems")
    again = somebody().calls()
    assert (again.status, again.body, again.calls) == (200, first.body, ("GetItem",))


def test_again_frees_nothing_that_another_vehicle_holds_by_now(somebody: Somebody) -> None:
    somebody().calls()
    registered = Caller("create_vehicle_by_vin").calls().body["id"]
    assert somebody().calls().status == 200
    holders = {item["vehicleId"] for item in claims()}
    assert holders == {registered}
