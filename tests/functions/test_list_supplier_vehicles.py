"""GET …/vehicles?owner_id=: an organization's own vehicles, by the page."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    """A root with three vehicles, the oldest first, and one below it."""
    root = world.organization()
    user = world.driver(at=root)
    for n in range(3):
        car = replace(world.BRONCO, vin=f"1FMCU14T6JU40000{n}")
        world.vehicle(f"veh_{n:032x}", of=user, car=car, plate=None, state=None)
    below = world.organization(world.TARGET, parent=root)
    driver = world.driver("usr_" + "8" * 32, at=below, phone="+14155550188")
    world.vehicle("veh_" + "8" * 32, of=driver)
    return root


def ids(body: dict[str, list[dict[str, str]]]) -> list[str]:
    return [vehicle["id"] for vehicle in body["vehicles"]]


def test_a_list_has_the_organizations_own_vehicles_oldest_first_in_two_calls(
    somebody: Somebody,
) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert ids(answer.body) == [f"veh_{n:032x}" for n in range(3)]
    assert answer.body["next_page_token"] is None
    assert answer.calls == ("GetItem", "Query")
    assert answer.body["vehicles"][0]["owner_id"] == world.ORGANIZATION


def test_pages_have_everything_once(somebody: Somebody) -> None:
    first = somebody().with_query(owner_id=world.ORGANIZATION, page_size="2").calls().body
    token = first["next_page_token"]
    rest = somebody().with_query(owner_id=world.ORGANIZATION, page_token=token).calls().body
    assert ids(first) + ids(rest) == [f"veh_{n:032x}" for n in range(3)]
    assert rest["next_page_token"] is None


def test_without_an_owner_it_is_the_clients_own_organization(somebody: Somebody) -> None:
    caller = somebody().with_query()
    assert len(ids(caller.calls().body)) == 3
    caller.event["requestContext"]["authorizer"]["orgId"] = ""
    answer = caller.calls()
    assert answer.refusal == (400, "bad_request")
    assert "owner_id: required" in answer.message


def test_a_token_is_good_for_its_list_only(somebody: Somebody) -> None:
    page = somebody().with_query(owner_id=world.ORGANIZATION, page_size="2").calls().body
    token = page["next_page_token"]
    elsewhere = somebody().with_query(owner_id=world.TARGET, page_token=token).calls()
    assert elsewhere.refusal == (400, "bad_request")
    for forged in (token[:-2], token + "A", "AAAA", "", "é", "\ud800", "x" * 2048):
        answer = somebody().with_query(owner_id=world.ORGANIZATION, page_token=forged).calls()
        assert answer.refusal == (400, "bad_request")
        assert "page_token: " in answer.message


@pytest.mark.parametrize("size", ["0", "101", "-1", "1.5", "x", ""])
def test_a_page_has_1_to_100_vehicles(somebody: Somebody, size: str) -> None:
    answer = somebody().with_query(owner_id=world.ORGANIZATION, page_size=size).calls()
    assert answer.refusal == (400, "bad_request")
    assert "page_size: " in answer.message


@pytest.mark.parametrize("owner", ["org_" + "9" * 32, "org_1", "\0", "\ud800", world.VEHICLE])
def test_an_organization_that_is_not_there_is_not_found(somebody: Somebody, owner: str) -> None:
    answer = somebody().with_query(owner_id=owner).calls()
    assert answer.refusal in {(404, "organization_not_found"), (400, "bad_request")}


def test_outside_the_subtree_and_for_another_partner_it_is_not_found(
    somebody: Somebody, root: Organization
) -> None:
    linked = somebody().linked_to(world.TARGET, f"{root.id}/{world.TARGET}")
    assert linked.calls().refusal == (404, "organization_not_found")
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "organization_not_found")
