"""Writes all succeed or none does, and what stood in the way is named by its place."""

import time
from typing import Any

import pytest

from infra.spec import Spec
from motorpool.aws.connection import CONNECT_TIMEOUT, Unreachable
from motorpool.aws.service import TRIES, AwsError
from motorpool.errors import (
    MotorpoolError,
    Unavailable,
    UserAlreadyExists,
    VehicleAlreadyExists,
)
from motorpool.store import table
from motorpool.store.table import CONFLICT_PAUSE, CONFLICT_TRIES, FREE, Key, Write, put, transact

GATEWAY_SECONDS = 29

HELD = {"Code": "ConditionalCheckFailed"}
FINE = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict"}


class FakeDynamoDB:
    """Answers a transaction with the outcomes given, one after another."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Any] = []
        self.tokens: list[str] = []

    def call(self, operation: str, TransactItems: Any, ClientRequestToken: str) -> None:  # noqa: N803
        assert operation == "TransactWriteItems"
        self.sent.append(TransactItems)
        self.tokens.append(ClientRequestToken)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if outcome:
            raise outcome


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


def answering(monkeypatch: pytest.MonkeyPatch, *outcomes: Exception | None) -> FakeDynamoDB:
    fake = FakeDynamoDB(*outcomes)
    monkeypatch.setattr(table, "DYNAMODB", fake)
    return fake


def cancelled(*reasons: dict[str, Any]) -> AwsError:
    return AwsError(400, "TransactionCanceledException", {"CancellationReasons": list(reasons)})


def part(refused: Any = None, pk: str = "a") -> Write:
    return put(Key(pk, "b"), {}, only_if=FREE, refused=refused)


def test_the_parts_are_sent_in_order_to_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = answering(monkeypatch, None)
    transact(part(pk="a"), part(pk="b"))
    [[first, second]] = fake.sent
    assert first["Put"]["TableName"] == "motorpool"
    assert first["Put"]["Item"]["pk"] == {"S": "a"}
    assert second["Put"]["Item"]["pk"] == {"S": "b"}
    assert first["Put"]["ConditionExpression"] == "attribute_not_exists(pk)"
    assert first["Put"]["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_refusal_is_that_of_the_part_whose_condition_did_not_hold(
    monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    refusals = [VehicleAlreadyExists("vin"), VehicleAlreadyExists("plate"), UserAlreadyExists()]
    reasons = [FINE, FINE, FINE]
    reasons[place] = HELD
    answering(monkeypatch, cancelled(*reasons))
    with pytest.raises(MotorpoolError) as refused:
        transact(*map(part, refusals))
    assert refused.value is refusals[place]


def test_of_several_refusals_the_first_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, cancelled(FINE, HELD, HELD))
    with pytest.raises(VehicleAlreadyExists, match="plate"):
        transact(
            part(UserAlreadyExists()), part(VehicleAlreadyExists("plate")), part(Unavailable())
        )


def test_a_refusal_may_depend_on_the_item_that_stood_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    items = []

    def refusal(item: Any) -> MotorpoolError:
        items.append(item)
        return UserAlreadyExists()

    held = HELD | {"Item": {"userId": {"S": "usr_1"}}}
    answering(monkeypatch, cancelled(held), cancelled(HELD))
    for _ in range(2):
        with pytest.raises(UserAlreadyExists):
            transact(part(refusal))
    assert items == [{"userId": "usr_1"}, {}]


def test_a_condition_that_nobody_expected_to_fail_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, cancelled(HELD))
    with pytest.raises(AwsError):
        transact(part())


@pytest.mark.parametrize(
    "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_what_passes_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, slept: list[float], code: str
) -> None:
    passing = cancelled(FINE, {"Code": code})
    fake = answering(monkeypatch, passing, passing, None)
    transact(part(), part())
    assert len(fake.sent) == 3
    assert len(slept) == 2


def test_the_loser_of_a_race_is_refused_by_the_winners_condition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, cancelled(CONFLICT), cancelled(HELD))
    with pytest.raises(VehicleAlreadyExists):
        transact(part(VehicleAlreadyExists()))


def test_a_refusal_beside_a_conflict_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = answering(monkeypatch, cancelled(CONFLICT, HELD))
    with pytest.raises(VehicleAlreadyExists):
        transact(part(), part(VehicleAlreadyExists()))
    assert len(fake.sent) == 1


def test_an_endless_conflict_is_given_up_within_the_functions_time(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    fake = answering(monkeypatch, cancelled(CONFLICT))
    with pytest.raises(Unavailable):
        transact(part())
    assert len(fake.sent) == CONFLICT_TRIES
    assert all(0 <= pause <= CONFLICT_PAUSE for pause in slept)
    assert Spec().timeout > CONFLICT_TRIES * CONFLICT_PAUSE


@pytest.mark.parametrize(
    "fault",
    [
        AwsError(400, "ThrottlingException"),
        AwsError(400, "ProvisionedThroughputExceededException"),
        AwsError(400, "RequestLimitExceeded"),
        AwsError(400, "TransactionInProgressException"),
        AwsError(500, "InternalServerError"),
        AwsError(503, "ServiceUnavailable"),
        Unreachable(sent=True),
        Unreachable(sent=False),
    ],
    ids=str,
)
def test_what_is_left_after_all_tries_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    fake = answering(monkeypatch, fault)
    with pytest.raises(Unavailable) as raised:
        transact(part())
    assert raised.value.__cause__ is fault
    assert len(fake.sent) == 1


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_a_mistake_of_ours_is_not_hidden_as_unavailable(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    answering(monkeypatch, AwsError(400, code))
    with pytest.raises(AwsError, match=code):
        transact(part())


def test_each_try_after_a_conflict_is_a_transaction_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = answering(monkeypatch, cancelled(CONFLICT), None)
    transact(part())
    assert len(set(fake.tokens)) == 2


def test_tries_and_timeouts_fit_the_gateway() -> None:
    pauses = sum(2**retry for retry in range(TRIES - 1))
    worst = TRIES * (CONNECT_TIMEOUT + table.DYNAMODB.timeout) + pauses
    assert worst < Spec().timeout < GATEWAY_SECONDS


class Pages:
    """A table whose queries are remembered and find nothing on two pages."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        assert operation == "Query"
        self.asked.append(dict(request))
        more = "ExclusiveStartKey" not in request
        return {"Items": []} | ({"LastEvaluatedKey": {"pk": {"S": "x"}}} if more else {})


def test_a_query_names_a_beginning_of_the_sort_key_only_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages = Pages()
    monkeypatch.setattr(table, "DYNAMODB", pages)
    assert list(table.query("PARTNERS", index="gsi1")) == []
    assert list(table.query("PARTNER#1", begins_with="CLIENT#")) == []
    whole, after, some, _ = pages.asked
    assert after == whole | {"ExclusiveStartKey": {"pk": {"S": "x"}}}
    # DynamoDB refuses an empty text for a key, even to begin with.
    assert whole["KeyConditionExpression"] == "#pk = :pk"
    assert whole["IndexName"] == "gsi1"
    assert whole["ExpressionAttributeNames"] == {"#pk": "gsi1pk"}
    assert whole["ExpressionAttributeValues"] == {":pk": {"S": "PARTNERS"}}
    assert some["KeyConditionExpression"] == "#pk = :pk AND begins_with(#sk, :sk)"
    assert some["ExpressionAttributeNames"] == {"#pk": "pk", "#sk": "sk"}
    assert some["ExpressionAttributeValues"][":sk"] == {"S": "CLIENT#"}
    assert "IndexName" not in some
