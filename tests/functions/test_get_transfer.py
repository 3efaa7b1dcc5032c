"""GET …/transfers/{transfer_id}: seen by whoever sees one of its organizations."""

from collections.abc import Callable

import pytest

from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_a_transfer_has_every_documented_field(somebody: Somebody, root: Organization) -> None:
    target = world.organization(world.TARGET)
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=target)
    answer = somebody().calls()
    assert answer.body == {
        "transfer": {
            "id": world.TRANSFER,
            "vehicle_id": world.VEHICLE,
            "from_owner_id": root.id,
            "to_owner_id": target.id,
            "status": "accepted",
            "failure": None,
            "accepted_at": answer.body["transfer"]["accepted_at"],
            "completed_at": None,
            "freshness_ms": None,
        }
    }
    assert answer.calls == ("GetItem",)


def test_one_between_organizations_outside_the_subtree_is_not_found(
    somebody: Somebody, root: Organization
) -> None:
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=world.organization(world.TARGET))
    answer = somebody().linked_to("org_" + "8" * 32, "org_" + "8" * 32).calls()
    assert answer.refusal == (404, "transfer_not_found")


@pytest.mark.parametrize("id", ["trf_" + "9" * 32, "trf_1", "\0"])
def test_one_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    assert somebody().calls(transfer_id=id).refusal == (404, "transfer_not_found")
