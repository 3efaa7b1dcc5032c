"""GET /vehicles/{vehicleId}/checkins/mileage: newest first, by the page."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.world import World
from motorpool.dynamodb import table
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]

NUMBER = 5


@pytest.fixture(autouse=True)
def driver() -> User:
    world.partner()
    return world.driver(at=world.organization())


@pytest.fixture(autouse=True)
def vehicle(driver: User) -> Vehicle:
    return world.vehicle(of=driver)


@pytest.fixture
def history(driver: User, vehicle: Vehicle) -> list[str]:
    """The ids of five confirmed check-ins, newest first."""
    builder, ids = World(), []
    for number in range(NUMBER):
        check_in, vehicle = builder.check_in(
            of=vehicle, photos=builder.pair(of=driver), mileage=40_000 + number
        )
        _, vehicle = builder.reviewed(check_in, "Confirmed", of=vehicle)
        ids.append(check_in.id)
    return ids[::-1]


def paged(somebody: Somebody, limit: int) -> list[list[str]]:
    """The ids on each page, to the end."""
    pages: list[list[str]] = []
    query: dict[str, Any] = {"limit": str(limit)}
    while len(pages) <= NUMBER + 1:
        answer = somebody().with_query(**query).calls()
        assert answer.status == 200
        assert set(answer.body) == {"checkIns", "nextCursor"}
        pages.append([check_in["id"] for check_in in answer.body["checkIns"]])
        if answer.body["nextCursor"] is None:
            return pages
        query["cursor"] = answer.body["nextCursor"]
    raise AssertionError("the list does not end")


def test_a_vehicle_without_check_ins_has_an_empty_list(somebody: Somebody) -> None:
    assert somebody().calls().body == {"checkIns": [], "nextCursor": None}


def test_check_ins_are_listed_newest_first_as_each_alone_is(
    somebody: Somebody, history: list[str]
) -> None:
    body = somebody().calls().body
    assert [check_in["id"] for check_in in body["checkIns"]] == history
    assert body["checkIns"][0] == Caller("get_mileage_check_in").calls(id=history[0]).body


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_pages_are_of_the_limit_and_miss_and_repeat_nothing(
    somebody: Somebody, history: list[str], limit: int
) -> None:
    pages = paged(somebody, limit)
    assert [id for page in pages for id in page] == history
    assert all(len(page) == limit for page in pages[:-2])


def test_a_page_has_25_unless_told_otherwise_and_costs_two_reads(
    somebody: Somebody, history: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    page = table.page

    def remembered(*args: Any, **kwargs: Any) -> table.Page:
        asked.append(kwargs["limit"])
        return page(*args, **kwargs)

    monkeypatch.setattr(table, "page", remembered)
    assert somebody().calls().calls == ("GetItem", "Query")
    assert asked == [25]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "", "1.5", "１"])
def test_a_limit_is_1_to_100(somebody: Somebody, limit: str) -> None:
    answer = somebody().with_query(limit=limit).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("limit: ")


def test_a_parameter_given_twice_is_refused(somebody: Somebody) -> None:
    caller = somebody().with_query(limit="1")
    caller.event["multiValueQueryStringParameters"]["limit"] = ["1", "2"]
    assert caller.calls().refusal == (400, "ERROR_INVALID_PARAMETERS")


@pytest.mark.parametrize("place", range(0, 120, 17))
def test_a_changed_cursor_is_refused(somebody: Somebody, history: list[str], place: int) -> None:
    cursor = somebody().with_query(limit="2").calls().body["nextCursor"]
    changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
    answer = somebody().with_query(limit="2", cursor=changed).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("cursor: ")


def test_a_cursor_of_another_list_is_refused(somebody: Somebody, history: list[str]) -> None:
    cursor = somebody().with_query(limit="2").calls().body["nextCursor"]
    listed = Caller("list_user_vehicles").with_query(cursor=cursor).calls()
    assert listed.refusal == (400, "ERROR_INVALID_PARAMETERS")
