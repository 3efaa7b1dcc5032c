"""GET …/transfers/{transfer_id}: both parties see a transfer, nobody else does."""

from collections.abc import Callable

import pytest

from motorpool.dynamodb import table
from motorpool.tenants.organizations import Organization
from motorpool.transfers import store as transfers
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]

NOT_FOUND = (404, "transfer_not_found")


@pytest.fixture(autouse=True)
def root() -> Organization:
    """A root with an accepted transfer from it to a branch."""
    root = world.organization()
    target = world.organization(world.TARGET, parent=root)
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=target)
    return root


def test_an_accepted_transfer_has_every_field_and_null_for_what_is_not_yet(
    somebody: Somebody,
) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "transfer": {
            "id": world.TRANSFER,
            "vehicle_id": world.VEHICLE,
            "from_owner_id": world.ORGANIZATION,
            "to_owner_id": world.TARGET,
            "status": "accepted",
            "failure": None,
            "accepted_at": answer.body["transfer"]["accepted_at"],
            "completed_at": None,
            "freshness_ms": None,
        }
    }
    assert answer.calls == ("GetItem",)


def test_a_failed_transfer_says_why(somebody: Somebody) -> None:
    read = transfers.find(world.TRANSFER)
    assert read is not None
    failed, _ = read.failed("The new user is gone", None)
    table.transact(transfers.replaced(read, failed))
    shown = somebody().calls().body["transfer"]
    assert (shown["status"], shown["failure"]) == ("failed", "The new user is gone")
    assert shown["completed_at"] >= shown["accepted_at"]
    assert shown["freshness_ms"] is None


@pytest.mark.parametrize("transfer_id", ["trf_" + "9" * 32, "trf_1", "\0", "\ud800", "x" * 10_000])
def test_a_transfer_that_is_not_there_is_not_found(somebody: Somebody, transfer_id: str) -> None:
    assert somebody().calls(transfer_id=transfer_id).refusal == NOT_FOUND


def test_parties_see_it_and_others_do_not(somebody: Somebody, root: Organization) -> None:
    east = world.organization("org_" + "e" * 32, parent=root)
    target_path = f"{root.id}/{world.TARGET}"
    assert somebody().linked_to(world.TARGET, target_path).calls().status == 200
    assert somebody().linked_to(root.id, root.path).calls().status == 200
    assert somebody().linked_to(east.id, east.path).calls().refusal == NOT_FOUND
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == NOT_FOUND


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("vehicle_suppliers.vehicles.read", 200),
        ("vehicle_suppliers.vehicles.write", 200),
        ("vehicle_suppliers.organizations.read", 401),
    ],
)
def test_who_may_read_vehicles_or_transfer_them_may_look(
    somebody: Somebody, scope: str, status: int
) -> None:
    assert somebody().with_scopes(scope).calls().status == status
