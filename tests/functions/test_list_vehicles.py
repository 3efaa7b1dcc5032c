"""GET /vehicles: all that the caller sees, in pages that are full, and one vehicle by two reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from infra.local.world import World
from motorpool.dynamodb import table
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Answer, Caller

Somebody = Callable[[], Caller]

INVALID = (400, "ERROR_INVALID_PARAMETERS")
BUILDER = World()


@dataclass
class Tree:
    """A root with two branches; each has a driver and, from the root on, 1, 2 and 3 vehicles."""

    root: Organization
    west: Organization
    east: Organization
    drivers: dict[str, User]
    vehicles: dict[str, list[Vehicle]]


@pytest.fixture
def tree() -> Tree:
    root = world.organization()
    west = BUILDER.organization("West", parent=root)
    east = BUILDER.organization("East", parent=root)
    drivers = {each.id: BUILDER.driver(at=each) for each in (root, west, east)}
    vehicles = {
        each.id: [
            BUILDER.vehicle(of=drivers[each.id], plate=f"{each.name}-{n}") for n in range(count)
        ]
        for count, each in ((1, root), (2, west), (3, east))
    }
    return Tree(root, west, east, drivers, vehicles)


def listed(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [each["id"] for each in answer.body["vehicles"]]


def pages(somebody: Somebody, limit: int, **query: str) -> list[list[str]]:
    """All pages of a list."""
    found, cursor = [], None
    while True:
        asked = query | {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
        answer = somebody().with_query(**asked).calls()
        found.append(listed(answer))
        cursor = answer.body["nextCursor"]
        if cursor is None:
            return found


def ids(*groups: list[Vehicle]) -> list[str]:
    return [vehicle.id for group in groups for vehicle in group]


def by_path(tree: Tree) -> list[str]:
    """All vehicles in the order of their organizations' paths."""
    west, east = sorted((tree.west, tree.east), key=lambda each: each.path)
    return ids(*(tree.vehicles[each.id] for each in (tree.root, west, east)))


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 100])
def test_every_page_is_full_but_the_last_and_nothing_is_missed_or_comes_twice(
    somebody: Somebody, tree: Tree, limit: int
) -> None:
    found = pages(somebody, limit)
    assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
    assert [id for page in found for id in page] == by_path(tree)
    assert found[-1]


def test_a_client_of_an_organization_sees_its_subtree(somebody: Somebody, tree: Tree) -> None:
    def of_west() -> Caller:
        return somebody().linked_to(tree.west.id, tree.west.path)

    assert pages(of_west, 1) == [[id] for id in ids(tree.vehicles[tree.west.id])]
    assert listed(of_west().of(world.OTHER_PARTNER).with_query().calls()) == []


def test_organizations_without_vehicles_are_passed(somebody: Somebody, tree: Tree) -> None:
    for _ in range(60):
        BUILDER.organization("Empty", parent=tree.root)
    late = BUILDER.organization("Late", parent=tree.root)
    last = BUILDER.vehicle(of=BUILDER.driver(at=late))
    assert pages(somebody, 6) == [by_path(tree), [last.id]]


def test_a_page_has_a_limit_of_queries_after_which_the_list_goes_on(
    somebody: Somebody, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_QUERIES", 2)
    found = pages(somebody, 100)
    assert len(found) == 2
    assert [id for page in found for id in page] == by_path(tree)


def test_active_chooses(somebody: Somebody, tree: Tree) -> None:
    gone = tree.vehicles[tree.east.id][1]
    Caller("deactivate_vehicle").calls(vehicleId=gone.id)
    assert pages(somebody, 2, active="false") == [[gone.id]]
    active = [id for id in by_path(tree) if id != gone.id]
    assert pages(somebody, 2, active="true") == [active[:2], active[2:4], active[4:]]


def test_an_organization_and_a_user_choose(somebody: Somebody, tree: Tree) -> None:
    east, driver = tree.east.id, tree.drivers[tree.east.id].id
    of_east = ids(tree.vehicles[east])
    for query in ({"organizationId": east}, {"userId": driver}):
        assert pages(somebody, 2, **query) == [of_east[:2], of_east[2:]]
    both = somebody().with_query(organizationId=east, userId=driver).calls()
    assert listed(both) == of_east
    neither = somebody().with_query(organizationId=tree.west.id, userId=driver).calls()
    assert listed(neither) == []


def test_what_the_caller_does_not_see_is_refused_as_elsewhere(
    somebody: Somebody, tree: Tree
) -> None:
    def of_west(**query: str) -> tuple[int, str]:
        caller = somebody().linked_to(tree.west.id, tree.west.path)
        return caller.with_query(**query).calls().refusal

    no_permission = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert of_west(organizationId=tree.east.id) == no_permission
    assert of_west(userId=tree.drivers[tree.east.id].id) == no_permission
    assert of_west(organizationId="org_1") == (404, "ERROR_ORGANIZATION_NOT_FOUND")
    assert of_west(userId="usr_1") == (404, "ERROR_USER_NOT_FOUND")


@pytest.fixture
def one(tree: Tree) -> dict[str, str]:
    """A vehicle of the west with all that it can be found by."""
    vehicle = tree.vehicles[tree.west.id][0]
    Caller("update_vehicle").with_body(
        licensePlate="W-1", state="NV", colorHexCode=..., externalId="no. 7"
    ).calls(vehicleId=vehicle.id)
    return {"id": vehicle.id, "vin": vehicle.vin}


BY = [
    lambda one: {"vin": one["vin"].lower()},
    lambda one: {"licensePlate": "w1", "state": "nv"},
    lambda one: {"externalId": "no. 7"},
    lambda one: {"externalId": "no. 7", "vin": one["vin"], "licensePlate": "W 1", "state": "NV"},
]


@pytest.mark.parametrize("by", BY)
def test_one_vehicle_is_found_by_two_reads(
    somebody: Somebody, one: dict[str, str], by: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    answer = somebody().with_query(**by(one)).calls()
    assert (listed(answer), answer.body["nextCursor"]) == ([one["id"]], None)
    assert answer.calls == ("BatchGetItem", "GetItem")


@pytest.mark.parametrize("by", BY)
def test_it_is_not_found_by_others_nor_when_it_is_deactivated(
    somebody: Somebody,
    tree: Tree,
    one: dict[str, str],
    by: Callable[[dict[str, str]], dict[str, str]],
) -> None:
    query = by(one)
    assert listed(somebody().of(world.OTHER_PARTNER).with_query(**query).calls()) == []
    east = somebody().linked_to(tree.east.id, tree.east.path)
    assert listed(east.with_query(**query).calls()) == []
    for more in (
        {"active": "false"},
        {"organizationId": tree.east.id},
        {"userId": tree.drivers[tree.east.id].id},
        {"externalId": "another"},
    ):
        assert listed(somebody().with_query(**query | more).calls()) == []
    Caller("deactivate_vehicle").calls(vehicleId=one["id"])
    assert listed(somebody().with_query(**query).calls()) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"licensePlate": "A"}, "state"),
        ({"state": "CA"}, "licensePlate"),
        ({"state": "XX", "licensePlate": "A"}, "state"),
        ({"active": "perhaps"}, "active"),
        ({"limit": "0"}, "limit"),
        ({"page_size": "1"}, "page_size"),
    ],
)
def test_a_wrong_filter_is_named(somebody: Somebody, query: dict[str, Any], field: str) -> None:
    answer = somebody().with_query(**query).calls()
    assert answer.refusal == INVALID
    assert answer.message.startswith(f"{field}: ")


def test_a_cursor_is_of_the_list_with_its_filters(somebody: Somebody, tree: Tree) -> None:
    cursor = somebody().with_query(limit="1").calls().body["nextCursor"]
    assert somebody().with_query(cursor=cursor, active="true").calls().refusal == INVALID
