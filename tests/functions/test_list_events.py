"""GET /events: the feed as a caller sees it, page by page, with nothing left out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from motorpool.dynamodb import keys, table
from motorpool.events import numbering
from motorpool.events.numbering import NewEntry
from motorpool.history import store as history
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Answer, Caller, everything_stored

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    world.partner()
    return world.organization()


@pytest.fixture(autouse=True)
def driver(root: Organization) -> User:
    return world.driver(at=root)


@pytest.fixture(autouse=True)
def vehicle(driver: User) -> Vehicle:
    registered = world.vehicle(of=driver)
    off = world.changed(registered, replace(registered, active=False), "vehicle.deactivated")
    return world.changed(off, replace(off, active=True), "vehicle.activated")


def number_everything(at_once: int = 90) -> None:
    """Number all entries that are in the table, by their time."""
    items = [item for item in everything_stored() if item["sk"].startswith(keys.HISTORY)]
    messages = [
        NewEntry(
            partner_id=item["partnerId"],
            partition=item["pk"],
            n=int(item["n"]),
            type=item["type"],
            owner_paths=item["ownerPaths"],
            at=int(item["at"]),
        )
        for item in sorted(items, key=lambda item: (item["at"], item["pk"], item["n"]))
    ]
    for begin in range(0, len(messages), at_once):
        numbering.number(messages[begin : begin + at_once])


def types(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [event["type"] for event in answer.body["events"]]


EVERYTHING = {
    "user.created",
    "vehicle.registered",
    "vehicle.deactivated",
    "vehicle.activated",
}


def test_events_show_the_thing_as_it_was_in_two_calls(somebody: Somebody) -> None:
    number_everything()
    answer = somebody().calls()
    assert set(types(answer)) == EVERYTHING
    assert answer.calls == ("Query", "BatchGetItem")
    assert answer.body["hasMore"] is False
    assert answer.body["after"] == answer.body["events"][-1]["id"]
    by_type = {event["type"]: event["data"] for event in answer.body["events"]}
    assert by_type["vehicle.deactivated"]["vehicle"]["active"] is False
    assert by_type["vehicle.activated"]["vehicle"]["active"] is True
    assert by_type["vehicle.activated"]["n"] == 3
    assert by_type["vehicle.activated"]["vehicleId"] == world.VEHICLE
    created = by_type["user.created"]
    assert created["user"]["phone"] == world.PHONE
    assert created["user"] == Caller("get_user").calls(userId=world.USER).body
    assert (created["vehicleId"], created["n"], created["vehicle"]) == (None, None, None)


@pytest.mark.parametrize("at_once", [1, 2, 90])
@pytest.mark.parametrize("limit", ["1", "2", "3", "100"])
def test_every_page_goes_on_where_the_last_one_ended(
    somebody: Somebody, at_once: int, limit: str
) -> None:
    number_everything(at_once)
    found: list[str] = []
    query = {"limit": limit}
    for _ in range(9):
        answer = somebody().with_query(**query).calls()
        found += [event["id"] for event in answer.body["events"]]
        assert len(answer.body["events"]) <= int(limit)
        query["after"] = answer.body["after"]
        if not answer.body["hasMore"]:
            break
        assert len(answer.body["events"]) == int(limit), "a page without a filter is full"
    assert len(found) == len(set(found)) == 4
    again = somebody().with_query(**query).calls()
    assert (types(again), again.body["hasMore"]) == ([], False)
    assert again.body["after"] == query["after"]
    assert again.calls == ("Query",)


def test_before_anything_happened_there_is_no_event(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.body == {"events": [], "after": None, "hasMore": False}


def test_a_filter_leaves_out_the_rest_and_moves_on_over_it(somebody: Somebody) -> None:
    number_everything()
    asked = somebody().with_query(type="vehicle.activated")
    asked.event["multiValueQueryStringParameters"]["type"] += ["user.created"]
    assert sorted(types(asked.calls())) == ["user.created", "vehicle.activated"]
    nothing = somebody().with_query(type="photo.ready").calls()
    assert (types(nothing), nothing.body["hasMore"]) == ([], False)
    assert nothing.body["after"] == somebody().calls().body["after"]
    of_another = somebody().with_query(vehicleId="veh_019aa8f10000000000000000000000ff").calls()
    assert types(of_another) == []
    of_vehicle = somebody().with_query(vehicleId=world.VEHICLE).calls()
    assert types(of_vehicle) == ["vehicle.registered", "vehicle.deactivated", "vehicle.activated"]


def test_a_client_sees_its_organizations_as_they_were(somebody: Somebody) -> None:
    number_everything()
    assert set(types(somebody().linked_to(world.ORGANIZATION, world.ORGANIZATION).calls())) == (
        EVERYTHING
    )
    other = somebody().linked_to(world.TARGET, world.TARGET).calls()
    assert types(other) == []
    assert other.body["after"] is not None


def test_another_partner_sees_nothing_and_its_ids_are_no_ids_here(somebody: Somebody) -> None:
    number_everything()
    after = somebody().calls().body["after"]
    other = "ptr_019aa8f100000000000000000000000f"
    assert types(somebody().of(other).calls()) == []
    refused = somebody().of(other).with_query(after=after).calls()
    assert refused.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert refused.message == "after: is not the id of an event"


def forget_segments(*places: int) -> None:
    found = [item for item in everything_stored() if item["pk"].startswith(keys.FEED)]
    segments = sorted(item["sk"] for item in found if item["sk"] != keys.FEED_HEAD)
    for place in places:
        key = table.Key(keys.feed(world.PARTNER), segments[place])
        table.transact(table.delete(key, only_if="attribute_exists(pk)"))


def test_who_is_behind_what_is_kept_is_told_and_starts_again(somebody: Somebody) -> None:
    number_everything(at_once=1)
    ids = [event["id"] for event in somebody().calls().body["events"]]
    forget_segments(0, 1)
    refused = somebody().with_query(after=ids[0]).calls()
    assert refused.refusal == (410, "ERROR_EVENTS_EXPIRED")
    assert len(types(somebody().with_query(after=ids[1]).calls())) == 2
    assert len(types(somebody().calls())) == 2
    forget_segments(0, 1)
    assert somebody().with_query(after=ids[2]).calls().status == 410
    assert types(somebody().with_query(after=ids[3]).calls()) == []


def test_numbers_go_on_when_nothing_is_kept(somebody: Somebody, vehicle: Vehicle) -> None:
    number_everything()
    last = somebody().calls().body["after"]
    forget_segments(0)
    world.changed(vehicle, replace(vehicle, active=False), "vehicle.deactivated")
    number_everything()
    assert types(somebody().with_query(after=last).calls()) == ["vehicle.deactivated"]


@pytest.mark.parametrize("after", ["", "evt_1", "evt_", "x" * 2048])
def test_what_is_no_events_id_does_not_begin_the_feed_again(somebody: Somebody, after: str) -> None:
    number_everything()
    refused = somebody().with_query(after=after).calls()
    assert refused.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert refused.message == "after: is not the id of an event"


@pytest.mark.parametrize("name", ["cursor", "page_size", "page_token"])
def test_another_lists_paging_is_refused(somebody: Somebody, name: str) -> None:
    assert somebody().with_query(**{name: "5"}).calls().status == 400


def test_a_type_that_does_not_exist_is_refused(somebody: Somebody) -> None:
    refused = somebody().with_query(type="vehicle.exploded").calls()
    assert refused.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert refused.message.startswith("type.0: ")


def test_an_event_whose_person_was_forgotten_is_still_there(somebody: Somebody) -> None:
    number_everything()
    for entry in (entry for _, entry in history.every(world.VEHICLE)):
        table.transact(history.forgotten(entry))
    [created] = history.get_many([(world.USER, 1)])
    assert created is not None
    table.transact(history.forgotten(created))
    answer = somebody().calls()
    assert set(types(answer)) == EVERYTHING
    shown: list[Any] = [event["data"]["user"] for event in answer.body["events"]]
    [user] = filter(None, shown)
    assert (user["firstName"], user["phone"], user["email"]) == ("", "", None)


def test_a_correction_says_the_mileage_and_why(somebody: Somebody) -> None:
    asked = Caller("correct_mileage").with_body(mileage=48_210, reason="One zero too many.")
    assert asked.calls().status == 200
    number_everything()
    query = {"type": "vehicle.mileage_corrected"}
    [event] = somebody().with_query(**query).calls().body["events"]
    [other] = Caller("list_supplier_events").with_query(**query).calls().body["events"]
    for data in (event["data"], other["data"]):
        assert (data["mileage"], data["reason"]) == (48_210, "One zero too many.")
    registered = somebody().with_query(type="vehicle.registered").calls().body["events"][0]
    assert (registered["data"]["mileage"], registered["data"]["reason"]) == (None, None)
