"""GET …/organizations: the client's subtree, each organization after its parent."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    """A root with a branch that has one below it, rentals, and another partner's fleet."""
    root = world.organization()
    target = world.organization(world.TARGET, parent=root)
    world.organization("org_" + "b" * 32, parent=target)
    world.organization("org_" + "c" * 32, supplier_type="Rental")
    world.organization("org_" + "f" * 32, of=world.OTHER_PARTNER)
    return root


def listed(caller: Caller) -> list[tuple[str, str | None, str]]:
    answer = caller.calls()
    assert answer.status == 200
    assert answer.calls == ("Query",)
    return [
        (each["id"], each["parent_id"], each["supplier_type"])
        for each in answer.body["organizations"]
    ]


def test_a_whole_partners_client_sees_all_of_its_partners(somebody: Somebody) -> None:
    assert listed(somebody()) == [
        (world.ORGANIZATION, None, "Fleet"),
        (world.TARGET, world.ORGANIZATION, "Fleet"),
        ("org_" + "b" * 32, world.TARGET, "Fleet"),
        ("org_" + "c" * 32, None, "Rental"),
    ]


def test_a_linked_client_sees_its_branch_and_what_is_below(
    somebody: Somebody, root: Organization
) -> None:
    linked = somebody().linked_to(world.TARGET, f"{root.id}/{world.TARGET}")
    assert [id for id, _, _ in listed(linked)] == [world.TARGET, "org_" + "b" * 32]


def test_an_organization_has_its_name(somebody: Somebody) -> None:
    first = somebody().calls().body["organizations"][0]
    assert first == {
        "id": world.ORGANIZATION,
        "name": "A fleet",
        "supplier_type": "Fleet",
        "parent_id": None,
    }


def test_the_scope_is_its_own(somebody: Somebody) -> None:
    answer = somebody().with_scopes("vehicle_suppliers.vehicles.read").calls()
    assert answer.refusal == (401, "unauthorized")
