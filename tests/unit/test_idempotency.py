"""An idempotency key answers the same request with its first answer, and refuses another."""

from typing import Any

import pytest

from motorpool.access.callers import Caller
from motorpool.api import idempotency
from motorpool.api.idempotency import KEPT_SECONDS, AlreadyAnswered, FirstAnswer, IdempotencyKey
from motorpool.dynamodb import table
from motorpool.dynamodb.items import Item
from motorpool.errors import InvalidParameters, MotorpoolError

NOW = 1_800_000_000_000
ANSWER = FirstAnswer(status=200, body='{"id":"veh_1"}', headers={"Location": "over there"})


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idempotency, "now_ms", lambda: NOW)


def key(caller: Caller, *request: str, value: str = "a-key") -> IdempotencyKey:
    return IdempotencyKey.of(caller, [value], *(request or ("POST", "/users", "null", "{}")))


def kept(made: IdempotencyKey, **changes: Any) -> Item:
    return {
        "fingerprint": made.fingerprint,
        "status": ANSWER.status,
        "body": ANSWER.body,
        "headers": ANSWER.headers,
        "expiresAt": NOW // 1000 + KEPT_SECONDS,
        **changes,
    }


@pytest.mark.parametrize("value", ["a", "!", "~", "x" * 64, "0d5b6c2e-3f6a-4a8e-9d43-0f7d1ce2b5a1"])
def test_a_key_is_1_to_64_visible_ascii_characters(caller: Caller, value: str) -> None:
    assert key(caller, value=value).key == value


@pytest.mark.parametrize(
    "values", [[], [""], [" "], ["a b"], ["x" * 65], ["é"], ["a\n"], ["\x7f"], ["\0"], ["a", "b"]]
)
def test_a_malformed_key_is_refused(caller: Caller, values: list[str]) -> None:
    with pytest.raises(InvalidParameters, match=r"^Idempotency-Key: must be given once"):
        IdempotencyKey.of(caller, values, "POST")


def test_what_differs_in_any_part_is_a_different_request(caller: Caller) -> None:
    requests = [
        ("POST", "/users", "null", "{}"),
        ("PUT", "/users", "null", "{}"),
        ("POST", "/user", "snull", "{}"),
        ("POST", "/users", '{"userId": "1"}', "{}"),
        ("POST", "/users", "null", '{"a":1}'),
    ]
    assert len({key(caller, *request).fingerprint for request in requests}) == len(requests)
    assert key(caller, *requests[0]) == key(caller, *requests[0])


def test_nothing_personal_is_in_the_fingerprint(caller: Caller) -> None:
    made = key(caller, "POST", "/users", "null", '{"phone":"+14155550123"}')
    assert len(made.fingerprint) == 64
    assert "4155550123" not in made.fingerprint


def test_the_record_is_the_callers_and_lives_for_a_day(caller: Caller) -> None:
    record = key(caller).record(ANSWER)
    item = record.request["Item"]
    assert item["pk"] == {"S": f"CLIENT#{caller.client_id}#KEY#a-key"}
    assert item["expiresAt"] == {"N": str(NOW // 1000 + 24 * 3600)}
    assert item["body"] == {"S": ANSWER.body}


def test_the_record_is_written_only_where_there_is_none_that_still_counts(caller: Caller) -> None:
    request = key(caller).record(ANSWER).request
    assert request["ConditionExpression"] == "attribute_not_exists(pk) OR expiresAt < :now"
    assert request["ExpressionAttributeValues"] == {":now": {"N": str(NOW // 1000)}}


def refusal(made: IdempotencyKey, item: Item) -> MotorpoolError:
    """What a repeated request is refused with when its record meets the item."""
    refused = made.record(ANSWER).refused
    assert callable(refused)
    return refused(item)


def test_the_same_request_gets_the_kept_answer(caller: Caller) -> None:
    made = key(caller)
    before = refusal(made, kept(made))
    assert isinstance(before, AlreadyAnswered)
    assert before.first == ANSWER


def test_a_different_request_under_the_key_is_refused(caller: Caller) -> None:
    made = key(caller)
    before = refusal(made, kept(made, fingerprint="another"))
    assert isinstance(before, InvalidParameters)
    assert before.shown == "Idempotency-Key: was used before, with a different request"


def test_a_request_refused_by_what_it_did_the_first_time_gets_the_kept_answer(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = key(caller)
    monkeypatch.setattr(table, "get", lambda _: kept(made))
    with pytest.raises(AlreadyAnswered) as before:
        made.look_up()
    assert before.value.first == ANSWER


@pytest.mark.parametrize("expires_at", [None, NOW // 1000 - 1])
def test_without_a_kept_answer_the_refusal_stands(
    caller: Caller, monkeypatch: pytest.MonkeyPatch, expires_at: int | None
) -> None:
    made = key(caller)
    item = kept(made, expiresAt=expires_at) if expires_at else None
    monkeypatch.setattr(table, "get", lambda _: item)
    made.look_up()
