"""GET /vehicles/{vehicleId}: a partner sees its vehicles, a client those of its organizations."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_a_vehicle_has_every_documented_field(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "id": world.VEHICLE,
        "license": "TEST-123",
        "photoUrl": None,
        "make": "Ford",
        "model": "Bronco II",
        "vin": "1FMCU14T6JU400773",
        "state": "CA",
        "year": "1988",
        "dateAdded": answer.body["dateAdded"],
        "updated": answer.body["dateAdded"],
        "userId": world.USER,
        "customerPhoneNumber": "+14155550100",
        "active": True,
        "organizationId": world.ORGANIZATION,
        "externalId": None,
        "metadata": None,
    }


def test_what_a_vehicle_has_not_is_null(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root), plate=None, state=None)
    body = somebody().calls().body
    assert (body["license"], body["state"], body["photoUrl"]) == (None, None, None)


def test_one_read_is_enough(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    assert somebody().calls().calls == ("GetItem",)


@pytest.mark.parametrize(
    "vehicle_id",
    ["veh_" + "9" * 32, "veh_1", "VEHICLE", "a#b", "\0", "\ud800", "x" * 9999, world.USER],
    ids=lambda vehicle_id: ascii(vehicle_id)[:12],
)
def test_a_vehicle_that_is_not_there_is_not_found(
    somebody: Somebody, root: Organization, vehicle_id: str
) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().calls(vehicleId=vehicle_id)
    assert answer.refusal == (404, "ERROR_VEHICLE_NOT_FOUND")


def test_another_partners_vehicle_is_not_found(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_VEHICLE_NOT_FOUND")


def test_a_client_sees_vehicles_of_its_subtree_and_no_others(
    somebody: Somebody, root: Organization
) -> None:
    west = world.organization("org_" + "a" * 32, parent=root)
    east = world.organization("org_" + "b" * 32, parent=root)
    below_west = world.organization("org_" + "c" * 32, parent=west)
    world.vehicle(of=world.driver(at=below_west))
    assert somebody().linked_to(west.id, west.path).calls().status == 200
    outside = somebody().linked_to(east.id, east.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
