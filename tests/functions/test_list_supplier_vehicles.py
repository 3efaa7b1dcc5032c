"""GET …/vehicles?owner_id=: an organization's vehicles by the page."""

from collections.abc import Callable

import pytest

from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_the_vehicles_of_an_owner_are_listed(somebody: Somebody, root: Organization) -> None:
    world.vehicle(of=world.driver(at=root))
    answer = somebody().with_query(owner_id=root.id).calls()
    assert [vehicle["id"] for vehicle in answer.body["vehicles"]] == [world.VEHICLE]
    assert answer.body["next_page_token"] is None
    assert answer.calls == ("GetItem", "Query")


@pytest.mark.parametrize("id", ["org_" + "9" * 32, "org_1"])
def test_an_owner_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    answer = somebody().with_query(owner_id=id).calls()
    assert answer.refusal == (404, "organization_not_found")


@pytest.mark.parametrize("query", [{"page_size": "0"}, {"page_size": "101"}, {"page_token": "x"}])
def test_a_page_that_cannot_be_is_refused_with_its_field(
    somebody: Somebody, root: Organization, query: dict[str, str]
) -> None:
    answer = somebody().with_query(owner_id=root.id, **query).calls()
    assert answer.refusal == (400, "bad_request")
    assert next(iter(query)) in answer.message
