"""GET /users/{userId}/vehicles: a user's vehicles, oldest first, by the page."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles.vin import DecodedVin
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def driver(root: Organization) -> User:
    return world.driver(at=root)


@pytest.fixture
def cars(driver: User) -> list[str]:
    """The ids of five of the driver's vehicles, oldest first."""
    return [
        world.vehicle(
            f"veh_{number:032x}",
            of=driver,
            car=DecodedVin(f"1FMCU14T6JU40000{number}", "FORD", "Bronco II", None, 1988),
            plate=f"CAR-{number}",
        ).id
        for number in range(5)
    ]


def test_a_user_without_vehicles_has_an_empty_list(somebody: Somebody) -> None:
    assert somebody().calls().body == {"vehicles": [], "nextCursor": None}


def test_vehicles_are_listed_oldest_first_as_each_alone_is(
    somebody: Somebody, cars: list[str]
) -> None:
    answer = somebody().calls()
    assert [vehicle["id"] for vehicle in answer.body["vehicles"]] == cars
    assert answer.body["vehicles"][0] == Caller("get_vehicle").calls(vehicleId=cars[0]).body
    assert answer.calls == ("GetItem", "Query")


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_miss_and_repeat_nothing(somebody: Somebody, cars: list[str], limit: int) -> None:
    found, query = [], {"limit": str(limit)}
    while True:
        body = somebody().with_query(**query).calls().body
        assert len(body["vehicles"]) <= limit
        found += [vehicle["id"] for vehicle in body["vehicles"]]
        assert len(found) <= len(cars)
        if body["nextCursor"] is None:
            break
        query["cursor"] = body["nextCursor"]
    assert found == cars


def test_a_deactivated_vehicle_is_still_the_users(somebody: Somebody, cars: list[str]) -> None:
    assert Caller("deactivate_vehicle").calls(vehicleId=cars[0]).status == 200
    [first, *_] = somebody().calls().body["vehicles"]
    assert (first["id"], first["active"]) == (cars[0], False)


def test_a_vehicle_given_to_another_user_is_in_that_ones_list(
    somebody: Somebody, root: Organization, cars: list[str]
) -> None:
    other = world.driver("usr_" + "b" * 32, at=root, phone="+14155550101")
    given = Caller("update_vehicle").with_body(licensePlate=..., state=..., userId=other.id)
    assert given.calls(vehicleId=cars[2]).status == 200
    mine = [vehicle["id"] for vehicle in somebody().calls().body["vehicles"]]
    theirs = somebody().calls(userId=other.id).body["vehicles"]
    assert mine == [*cars[:2], *cars[3:]]
    assert [vehicle["id"] for vehicle in theirs] == [cars[2]]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", ""])
def test_a_limit_is_1_to_100(somebody: Somebody, limit: str) -> None:
    answer = somebody().with_query(limit=limit).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")


def test_another_users_cursor_is_refused(
    somebody: Somebody, root: Organization, cars: list[str]
) -> None:
    other = world.driver("usr_" + "b" * 32, at=root, phone="+14155550101")
    cursor = somebody().with_query(limit="2").calls().body["nextCursor"]
    assert somebody().with_query(cursor=cursor).calls().status == 200
    answer = somebody().with_query(cursor=cursor).calls(userId=other.id)
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")


@pytest.mark.parametrize("id", ["usr_1", "usr_" + "9" * 32, "\0", world.VEHICLE])
def test_a_user_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    assert somebody().calls(userId=id).refusal == (404, "ERROR_USER_NOT_FOUND")


def test_another_partners_user_is_not_found(somebody: Somebody) -> None:
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_USER_NOT_FOUND")


def test_a_user_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
