"""GET …/custody: who owned a vehicle, from when, by which transfer."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller, event, handler_of

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_it_begins_with_the_registration_and_goes_on_with_each_transfer(
    somebody: Somebody, root: Organization
) -> None:
    target = world.organization(world.TARGET)
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=target)
    assert handled("apply_transfer") == []
    answer = somebody().calls()
    links = [(link["owner_id"], link["transfer_id"]) for link in answer.body["custody"]]
    assert links == [(root.id, None), (target.id, world.TRANSFER)]
    assert answer.calls == ("GetItem", "Query")


def test_of_a_vehicle_outside_the_subtree_nothing_is_found(
    somebody: Somebody, root: Organization
) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().linked_to("org_" + "8" * 32, "org_" + "8" * 32).calls()
    assert answer.refusal == (404, "vehicle_not_found")


def handled(name: str) -> list[dict[str, str]]:
    failures: list[dict[str, str]] = handler_of(name)(
        event(name), SimpleNamespace(function_name=f"motorpool-{name}")
    )["batchItemFailures"]
    return failures
