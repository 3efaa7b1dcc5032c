"""PUT /vehicles/{vehicleId}/deactivate: off the books; VIN and plate are free."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.organizations import Organization
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


@pytest.mark.parametrize("id", ["veh_1", "veh_" + "9" * 32, "\0", world.USER])
def test_a_vehicle_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    assert somebody().calls(vehicleId=id).refusal == (404, "ERROR_VEHICLE_NOT_FOUND")


def test_another_partners_vehicle_is_not_found(somebody: Somebody) -> None:
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_VEHICLE_NOT_FOUND")


def test_a_vehicle_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
