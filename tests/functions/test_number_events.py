"""The events queue's consumer: each new entry of a history gets a number in the feed, once."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item
from motorpool.events import numbering
from motorpool.events import store as feeds
from motorpool.history import store as history
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from tests.functions import wire, world
from tests.functions.conftest import event, everything_stored, handler_of
from tests.functions.wire import Fault, calls_counted


@pytest.fixture(autouse=True)
def driver() -> User:
    world.partner()
    return world.driver(at=world.organization())


@pytest.fixture
def vehicle(driver: User) -> Vehicle:
    """A vehicle with three entries in its history."""
    registered = world.vehicle(of=driver)
    off = world.changed(registered, replace(registered, active=False), "vehicle.deactivated")
    return world.changed(off, replace(off, active=True), "vehicle.activated")


def body(subject_id: str = world.VEHICLE, n: int = 1, **changes: Any) -> dict[str, Any]:
    """What the dispatcher says of an entry."""
    item = next(
        item
        for item in everything_stored()
        if (item["pk"], item["sk"]) == tuple(history.key_of(subject_id, n))
    )
    said = {
        "partner_id": item["partnerId"],
        "partition": item["pk"],
        "n": int(item["n"]),
        "type": item["type"],
        "owner_paths": item["ownerPaths"],
        "at": int(item["at"]),
    }
    return said | changes


def handled(*bodies: dict[str, Any] | str) -> list[str]:
    """The places of the messages that are to come again."""
    recorded = event("number_events")
    [record] = recorded["Records"]
    recorded["Records"] = [
        record
        | {
            "messageId": str(place),
            "body": given if isinstance(given, str) else json.dumps(given),
            "attributes": record["attributes"]
            | {"MessageGroupId": given["partner_id"] if isinstance(given, dict) else "any"},
        }
        for place, given in enumerate(bodies)
    ]
    context = SimpleNamespace(function_name="motorpool-number_events")
    answer = handler_of("number_events")(recorded, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def feed(partner_id: str = world.PARTNER) -> list[tuple[int, str, int]]:
    """Number, subject and entry of each event in the feed; it must have no gap."""
    found = feeds.stretch(partner_id, after=0, limit=100)
    numbered = [each for segment in found.segments for each in segment.after(0)]
    assert [number for number, _ in numbered] == list(range(1, (found.last or 0) + 1))
    return [(number, event.subject_id, event.n) for number, event in numbered]


def test_entries_are_numbered_in_one_segment_in_two_calls(vehicle: Vehicle) -> None:
    with calls_counted() as calls:
        assert handled(body(n=1), body(n=2), body(world.USER, 1), body(n=3)) == []
    assert calls == ["BatchGetItem", "TransactWriteItems"]
    assert feed() == [
        (1, vehicle.id, 1),
        (2, vehicle.id, 2),
        (3, vehicle.id, 3),
        (4, world.USER, 1),
    ]
    assert [item["sk"] for item in stored(keys.FEED)] == ["000000000000004", "HEAD"]


def stored(partition: str) -> list[Item]:
    found = [item for item in everything_stored() if item["pk"].startswith(partition)]
    return sorted(found, key=lambda item: str(item["sk"]))


def test_later_ones_follow_and_a_message_that_comes_again_changes_nothing(
    vehicle: Vehicle,
) -> None:
    handled(body(n=1), body(n=2))
    handled(body(world.USER, 1))
    before = everything_stored()
    with calls_counted() as calls:
        assert handled(body(n=2), body(n=1), body(world.USER, 1)) == []
    assert calls == ["BatchGetItem"]
    assert everything_stored() == before
    handled(body(n=3), body(n=3))
    assert [subject for _, subject, _ in feed()] == [vehicle.id] * 2 + [world.USER, vehicle.id]


def test_the_entries_before_one_that_comes_too_early_are_numbered_before_it(
    vehicle: Vehicle,
) -> None:
    assert handled(body(n=3)) == []
    assert [n for _, _, n in feed()] == [1, 2, 3]
    handled(body(n=1), body(n=2))
    assert [n for _, _, n in feed()] == [1, 2, 3]


def test_a_history_that_begins_later_is_numbered_from_there(vehicle: Vehicle) -> None:
    first = history.key_of(vehicle.id, 1)
    table.transact(table.delete(first, only_if="n = :n", values={":n": 1}))
    handled(body(n=3))
    assert [n for _, _, n in feed()] == [2, 3]


def test_partners_have_feeds_of_their_own(vehicle: Vehicle) -> None:
    other = "ptr_019aa8f100000000000000000000000f"
    assert handled(body(n=1), body(world.USER, 1, partner_id=other)) == []
    assert feed() == [(1, vehicle.id, 1)]
    assert feed(other) == [(1, world.USER, 1)]


def test_what_one_partners_events_fail_with_does_not_hold_up_anothers(
    vehicle: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = numbering.number

    def failing(messages: list[numbering.NewEntry]) -> None:
        if messages[0].partner_id == world.PARTNER:
            raise RuntimeError
        number(messages)

    monkeypatch.setattr(numbering, "number", failing)
    other = "ptr_019aa8f100000000000000000000000f"
    given = (body(n=1), body(world.USER, 1, partner_id=other), body(n=2))
    assert handled(*given) == ["0", "2"]
    assert feed(other) == [(1, world.USER, 1)]


@pytest.mark.parametrize("operation", ["BatchGetItem", "TransactWriteItems"])
def test_when_the_table_fails_all_come_again(
    vehicle: Vehicle, faulty: Callable[..., Fault], operation: str
) -> None:
    faulty(operation, 500, "InternalServerError")
    assert handled(body(n=1), body(world.USER, 1)) == ["0", "1"]


def test_another_numbering_in_between_is_decided_on_again(
    vehicle: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact, others = table.transact, [body(world.USER, 1), body(n=1)]

    def overtaken(*writes: Any) -> None:
        if others:
            handled(others.pop(0))
        transact(*writes)

    monkeypatch.setattr(table, "transact", overtaken)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert handled(body(n=1), body(n=2)) == []
    assert sorted(feed(), key=lambda each: each[1:]) != []
    assert [(subject, n) for _, subject, n in feed() if subject == vehicle.id] == [
        (vehicle.id, 1),
        (vehicle.id, 2),
    ]
    assert len(feed()) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        "not JSON",
        "{}",
        '{"partner_id": "ptr_1", "partition": "CLIENT#cli_1", "n": 1, "type": "user.created", '
        '"owner_paths": [], "at": 1}',
    ],
)
def test_a_message_that_cannot_be_read_is_buried_and_the_rest_is_done(
    vehicle: Vehicle, wrong: str
) -> None:
    assert handled(wrong, body(n=1)) == []
    assert len(feed()) == 1
    received = wire.aws("sqs").receive_message(
        QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], AttributeNames=["MessageGroupId"]
    )
    [message] = received["Messages"]
    assert message["Body"] == wrong
    # A redrive sends it in the same group again.
    assert message["Attributes"]["MessageGroupId"] == "any"


def test_messages_of_two_partners_that_come_together_are_numbered_in_two_feeds(
    vehicle: Vehicle,
) -> None:
    # As a redrive of messages without a group may send them.
    other = body(world.USER, partner_id=world.OTHER_PARTNER)
    assert handled(json.dumps(body(n=1)), json.dumps(other)) == []
    assert feed() == [(1, vehicle.id, 1)]
    assert feed(world.OTHER_PARTNER) == [(1, world.USER, 1)]


def test_more_than_one_segment_holds_is_numbered_in_several(
    vehicle: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbering, "MOST_EVENTS", 2)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert handled(body(n=3), body(world.USER, 1)) == []
    assert len(feed()) == 4
    assert len(stored(keys.FEED)) == 3


def test_segments_and_photos_entries_expire_after_90_days(
    driver: User, vehicle: Vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled(body(n=1))
    [segment, head] = stored(keys.FEED)
    at = int(body(n=1)["at"]) // 1000
    assert 0 <= segment["expiresAt"] - at - 90 * 24 * 3600 < 60
    assert "expiresAt" not in head
    entries = {item["pk"]: item for item in everything_stored() if item["sk"] == "HISTORY#00000001"}
    assert entries[keys.user(world.USER).pk]["expiresAt"]
    assert "expiresAt" not in entries[keys.vehicle(vehicle.id).pk]


def test_the_time_from_the_oldest_change_is_measured(
    vehicle: Vehicle, capsys: pytest.CaptureFixture[str]
) -> None:
    handled(body(n=1))
    assert '"FeedDelay":[' in capsys.readouterr().out
