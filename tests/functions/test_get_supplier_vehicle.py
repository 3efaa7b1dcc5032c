"""GET …/vehicles/{vehicle_id}: a vehicle as the supplier API shows it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]

NOT_FOUND = (404, "vehicle_not_found")


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def vehicle(root: Organization) -> Vehicle:
    return world.vehicle(of=world.driver(at=root))


def test_a_vehicle_has_every_documented_field(somebody: Somebody, vehicle: Vehicle) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "vehicle": {
            "id": world.VEHICLE,
            "owner_id": world.ORGANIZATION,
            "make": "Ford",
            "model": "Bronco II",
            "year": 1988,
            "vin": "1FMCU14T6JU400773",
            "license_plate": "TEST-123",
            "color_hex_code": None,
            "color_name": None,
            "last_updated": vehicle.updated,
            "driver_id": None,
            "external_id": None,
        }
    }
    assert answer.calls == ("GetItem",)


def test_its_driver_and_the_partners_own_number_are_shown(
    somebody: Somebody, vehicle: Vehicle
) -> None:
    world.changed(vehicle, replace(vehicle, driver_id=world.USER, external_id="7"))
    shown = somebody().calls().body["vehicle"]
    assert (shown["driver_id"], shown["external_id"]) == (world.USER, "7")


def test_a_color_has_a_name(somebody: Somebody, vehicle: Vehicle) -> None:
    world.changed(vehicle, replace(vehicle, color_hex_code="FFFFFF"))
    shown = somebody().calls().body["vehicle"]
    assert (shown["color_hex_code"], shown["color_name"]) == ("FFFFFF", "white")


def test_a_vehicle_on_its_way_is_still_its_old_owners(
    somebody: Somebody, vehicle: Vehicle, root: Organization
) -> None:
    target = world.organization(world.TARGET, parent=root)
    world.transfer(of=vehicle, to=target)
    assert somebody().calls().body["vehicle"]["owner_id"] == world.ORGANIZATION
    assert somebody().linked_to(target.id, target.path).calls().refusal == NOT_FOUND


@pytest.mark.parametrize("vehicle_id", ["veh_" + "9" * 32, "veh_1", "\0", "\ud800", "x" * 10_000])
def test_a_vehicle_that_is_not_there_is_not_found(somebody: Somebody, vehicle_id: str) -> None:
    assert somebody().calls(vehicle_id=vehicle_id).refusal == NOT_FOUND


def test_outside_the_subtree_and_for_another_partner_it_is_not_found(
    somebody: Somebody, root: Organization
) -> None:
    below = world.organization(world.TARGET, parent=root)
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == NOT_FOUND
    assert somebody().linked_to(below.id, below.path).calls().refusal == NOT_FOUND
    # A path that begins with the same letters is not above.
    assert somebody().linked_to("org_0", root.path[:-1]).calls().refusal == NOT_FOUND
