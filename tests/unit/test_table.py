"""Writes all succeed or none does, and what stood in the way is named by its place."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from motorpool import aws, budget
from motorpool.dynamodb import table
from motorpool.dynamodb.table import (
    FREE,
    Key,
    OutcomeUnknown,
    TransactItem,
    VersionConflict,
    put,
    transact,
)
from motorpool.errors import MotorpoolError, Unavailable, UserAlreadyExists, VehicleAlreadyExists

HELD = {"Code": "ConditionalCheckFailed"}
FINE = {"Code": "None"}
CONFLICT = {"Code": "TransactionConflict"}


class FakeDynamoDB:
    """A client that answers each call with the outcomes given, one after another."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Any] = []

    def transact_write_items(self, **given: Any) -> Any:
        self.sent.append(given)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    batch_get_item = query = transact_write_items


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    return pauses


def answering(monkeypatch: pytest.MonkeyPatch, *outcomes: Any) -> FakeDynamoDB:
    fake = FakeDynamoDB(*outcomes)
    monkeypatch.setattr(aws, "dynamodb", lambda: fake)
    return fake


def cancelled(*reasons: dict[str, Any]) -> ClientError:
    return failed("TransactionCanceledException", 400, CancellationReasons=list(reasons))


def failed(code: str, status: int, **more: Any) -> ClientError:
    error: Any = {
        "Error": {"Code": code, "Message": code},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(error, "TransactWriteItems")


def part(refused: Any = None, pk: str = "a") -> TransactItem:
    return put(Key(pk, "b"), {}, only_if=FREE, refused=refused)


def test_the_parts_are_sent_in_order_to_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = answering(monkeypatch, None)
    transact(part(pk="a"), part(pk="b"))
    [first, second] = fake.sent[0]["TransactItems"]
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
    with pytest.raises(ClientError):
        transact(part())


@pytest.mark.parametrize(
    "code", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_whoever_conflicts_with_another_transaction_is_to_decide_again(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    fake = answering(monkeypatch, cancelled(FINE, {"Code": code}))
    with pytest.raises(VersionConflict):
        transact(part(), part())
    assert len(fake.sent) == 1


def test_a_refusal_beside_a_conflict_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = answering(monkeypatch, cancelled(CONFLICT, HELD))
    with pytest.raises(VehicleAlreadyExists):
        transact(part(), part(VehicleAlreadyExists()))
    assert len(fake.sent) == 1


THROTTLING = (
    failed("ThrottlingException", 400),
    failed("ProvisionedThroughputExceededException", 400),
    failed("RequestLimitExceeded", 400),
    failed("TransactionInProgressException", 400),
    ConnectTimeoutError(endpoint_url="http://table"),
)
LOST = (
    failed("InternalServerError", 500),
    failed("ServiceUnavailable", 503),
    ReadTimeoutError(endpoint_url="http://table"),
)


@pytest.mark.parametrize("fault", THROTTLING + LOST, ids=str)
def test_of_a_transaction_that_fails_the_outcome_is_unknown_whatever_the_last_try_failed_with(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    answering(monkeypatch, fault)
    with pytest.raises(OutcomeUnknown) as raised:
        transact(part())
    assert raised.value.__cause__ is fault


@pytest.mark.parametrize("fault", THROTTLING + LOST, ids=str)
def test_a_read_that_failed_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    answering(monkeypatch, fault)
    with pytest.raises(Unavailable) as raised:
        table.get_many(Key("a", "b"))
    assert not isinstance(raised.value, OutcomeUnknown)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ValidationException"])
def test_a_mistake_of_ours_is_not_hidden_as_unavailable(
    monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    answering(monkeypatch, failed(code, 400))
    with pytest.raises(ClientError, match=code):
        transact(part())


def batch(found: list[str], unread: list[str]) -> dict[str, Any]:
    """An answer to a batch read."""
    items = [{"pk": {"S": pk}, "sk": {"S": "b"}} for pk in found]
    left = {"motorpool": {"Keys": [{"pk": {"S": pk}, "sk": {"S": "b"}} for pk in unread]}}
    return {"Responses": {"motorpool": items}, "UnprocessedKeys": left if unread else {}}


def test_keys_that_a_batch_read_left_over_are_read_after_a_pause(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    fake = answering(monkeypatch, batch(["x"], ["y"]), batch(["y"], []))
    assert set(table.get_many(Key("x", "b"), Key("y", "b"))) == {("x", "b"), ("y", "b")}
    assert len(fake.sent[1]["RequestItems"]["motorpool"]["Keys"]) == 1
    assert len(slept) == 1


def test_keys_that_are_left_over_again_and_again_are_unavailable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = answering(monkeypatch, batch([], ["x"]))
    with pytest.raises(Unavailable):
        table.get_many(Key("x", "b"))
    assert len(fake.sent) == budget.TRIES


def test_a_query_names_a_beginning_of_the_sort_key_only_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = {"Items": [], "LastEvaluatedKey": {"pk": {"S": "x"}}}
    fake = answering(monkeypatch, more, {"Items": []}, more, {"Items": []})
    assert list(table.query("PARTNERS", index="gsi1")) == []
    assert list(table.query("PARTNER#1", begins_with="CLIENT#")) == []
    whole, after, some, _ = fake.sent
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
