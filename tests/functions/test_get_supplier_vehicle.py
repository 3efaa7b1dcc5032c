"""GET …/vehicles/{vehicle_id}: the vehicle object of the document."""

from collections.abc import Callable

import pytest

from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_a_vehicle_has_every_documented_field(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().calls()
    assert answer.body["vehicle"] == {
        "id": world.VEHICLE,
        "owner_id": root.id,
        "make": "Ford",
        "model": "Bronco II",
        "year": 1988,
        "vin": "1FMCU14T6JU400773",
        "license_plate": "TEST-123",
        "color_hex_code": None,
        "color_name": None,
        "last_updated": answer.body["vehicle"]["last_updated"],
    }
    assert isinstance(answer.body["vehicle"]["last_updated"], int)
    assert answer.calls == ("GetItem",)


def test_one_outside_the_subtree_is_not_found(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().linked_to("org_" + "8" * 32, "org_" + "8" * 32).calls()
    assert answer.refusal == (404, "vehicle_not_found")
