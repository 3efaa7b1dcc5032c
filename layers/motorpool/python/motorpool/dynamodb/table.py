"""The table: reads, and writes that all succeed or none does."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from motorpool import aws, budget
from motorpool.dynamodb.items import Item
from motorpool.dynamodb.values import from_values, to_values
from motorpool.errors import MotorpoolError, Unavailable
from motorpool.priming import prime

# Two transactions on one item at once cancel each other; the decision is then made again, and the
# winner's change is read.
CONFLICT = "TransactionConflict"
PASSING = {CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"}

FREE = "attribute_not_exists(pk)"
UNCHANGED = "version = :read"


class Refused(Exception):
    """The condition of a single update did not hold."""


class VersionConflict(MotorpoolError):
    """What a decision was made on has changed since, or changes now: it is to be made again.

    `endpoint` calls the handler again, which reads anew.
    """

    message = "It changed in the meantime"


class OutcomeUnknown(Unavailable):
    """A transaction failed, and its answer may have been lost: all of it is done, or nothing."""


class Key(NamedTuple):
    """The primary key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class TransactItem:
    """One part of a transaction.

    `refused` is the error when the condition does not hold; given a function, it is called with
    the item that stood in the way (empty when there is none).
    """

    action: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Item
    refused: MotorpoolError | Callable[[Item], MotorpoolError] | None = None


def put(
    key: Key,
    attributes: Mapping[str, Any],
    *,
    only_if: str | None = None,
    values: Mapping[str, Any] | None = None,
    refused: MotorpoolError | Callable[[Item], MotorpoolError] | None = None,
) -> TransactItem:
    """A part that writes a whole item, under a condition."""
    request: Item = {"Item": to_values({**key._asdict(), **attributes})}
    return TransactItem("Put", request | _condition(only_if, values), refused)


def replace(key: Key, attributes: Mapping[str, Any], *, read_version: int) -> TransactItem:
    """A part that replaces the version of an item that was read. Raises VersionConflict."""
    return put(
        key,
        {**attributes, "version": read_version + 1},
        only_if=UNCHANGED,
        values={":read": read_version},
        refused=VersionConflict(),
    )


def delete(key: Key, *, only_if: str, values: Mapping[str, Any]) -> TransactItem:
    """A part that removes an item. Raises VersionConflict when the condition does not hold."""
    request: Item = {"Key": to_values(key._asdict())}
    return TransactItem("Delete", request | _condition(only_if, values), VersionConflict())


def update(
    key: Key,
    expression: str,
    *,
    only_if: str,
    values: Mapping[str, Any],
    refused: MotorpoolError | Callable[[Item], MotorpoolError],
) -> TransactItem:
    """A part that changes some attributes of an item, under a condition."""
    request: Item = {"Key": to_values(key._asdict()), "UpdateExpression": expression}
    return TransactItem("Update", request | _condition(only_if, values), refused)


def update_now(key: Key, expression: str, *, only_if: str, values: Mapping[str, Any]) -> Item:
    """Change one item by itself, under a condition; the item after it. Raises Refused.

    Raises Unavailable when the answer is lost, rather than change it twice.
    """
    try:
        with _faults_named():
            answer = aws.dynamodb().update_item(
                TableName=table_name(),
                Key=to_values(key._asdict()),
                UpdateExpression=expression,
                ConditionExpression=only_if,
                ExpressionAttributeValues=to_values(values),
                ReturnValues="ALL_NEW",
            )
    except ClientError as error:
        if aws.code_of(error) == "ConditionalCheckFailedException":
            raise Refused from None
        raise
    return from_values(answer["Attributes"])


def get_many(*keys: Key) -> dict[Key, Item]:
    """The items with those keys (at most 100) that there are. Strongly consistent, in one call.

    Raises Unavailable when the table leaves some unread again and again.
    """
    wanted: list[Any] = [to_values(key._asdict()) for key in dict.fromkeys(keys)]
    found: dict[Key, Item] = {}
    for _ in budget.tries():
        with _faults_named():
            answer = aws.dynamodb().batch_get_item(
                RequestItems={table_name(): {"Keys": wanted, "ConsistentRead": True}}
            )
        for item in map(from_values, answer["Responses"].get(table_name(), [])):
            found[Key(item["pk"], item["sk"])] = item
        unread = answer["UnprocessedKeys"].get(table_name())
        if not unread:
            return found
        wanted = list(unread["Keys"])
    raise Unavailable


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a partition, and the key after which the next page starts, if there is one."""

    items: list[Item]
    last_key: Item | None


def page(
    pk: str,
    *,
    limit: int,
    after: Item | None,
    index: Literal["gsi1", "gsi2"] | None = None,
    begins_with: str = "",
    newest_first: bool = False,
    only_below: str = "",
) -> Page:
    """At most `limit` items of a partition in order of its sort key, those after a key.

    `only_below` leaves out those whose `ownerPath` is not in that subtree; a page may then be
    shorter than `limit` without being the last.
    """
    request = _query_request(pk, index, begins_with)
    request |= {"Limit": limit, "ScanIndexForward": not newest_first}
    if after:
        request["ExclusiveStartKey"] = to_values(after)
    if only_below:
        request["FilterExpression"] = "begins_with(ownerPath, :path)"
        request["ExpressionAttributeValues"] |= to_values({":path": only_below})
    with _faults_named():
        answer = aws.dynamodb().query(**request)
    last_key = answer.get("LastEvaluatedKey")
    return Page(
        items=[from_values(item) for item in answer["Items"]],
        last_key=from_values(last_key) if last_key else None,
    )


def get(key: Key) -> Item | None:
    """The item with that key, None when there is none. One strongly consistent read."""
    with _faults_named():
        answer = aws.dynamodb().get_item(
            TableName=table_name(), Key=to_values(key._asdict()), ConsistentRead=True
        )
    return from_values(answer["Item"]) if "Item" in answer else None


def query(
    pk: str, *, index: Literal["gsi1", "gsi2"] | None = None, begins_with: str = ""
) -> Iterator[Item]:
    """The items of a partition, of the table or of an index, in order of the sort key.

    Pages are read as the items are taken.
    """
    request = _query_request(pk, index, begins_with)
    while True:
        with _faults_named():
            answer = aws.dynamodb().query(**request)
        yield from map(from_values, answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _query_request(pk: str, index: str | None, begins_with: str) -> Any:
    return {"TableName": table_name()} | _query_parameters(pk, index, begins_with)


def _query_parameters(pk: str, index: str | None, begins_with: str) -> Item:
    request: Item = {
        "KeyConditionExpression": "#pk = :pk",
        "ExpressionAttributeNames": {"#pk": f"{index or ''}pk"},
        "ExpressionAttributeValues": to_values({":pk": pk}),
    }
    if index:
        request["IndexName"] = index
    if begins_with:
        request["KeyConditionExpression"] += " AND begins_with(#sk, :sk)"
        request["ExpressionAttributeNames"]["#sk"] = f"{index or ''}sk"
        request["ExpressionAttributeValues"] |= to_values({":sk": begins_with})
    return request


def transact(*writes: TransactItem) -> None:
    """All the writes, or none and the error of the first whose condition does not hold.

    Raises VersionConflict when another transaction changes one of the items at the same moment, and
    OutcomeUnknown when it fails for longer than a caller should wait. botocore sends one token with
    all tries of the call: they are one transaction.
    """
    parts: Any = [{w.action: {"TableName": table_name()} | w.request} for w in writes]
    try:
        with _faults_named(lost=OutcomeUnknown):
            aws.dynamodb().transact_write_items(TransactItems=parts)
    except ClientError as error:
        if aws.code_of(error) != "TransactionCanceledException":
            raise
        reasons: list[Any] = list(error.response.get("CancellationReasons", []))
        _raise_the_refusal(writes, reasons)
        if any(reason.get("Code") in PASSING for reason in reasons):
            raise VersionConflict from error
        raise


def _raise_the_refusal(writes: tuple[TransactItem, ...], reasons: list[Any]) -> None:
    """Cancellation reasons come in the order of the writes."""
    for write, reason in zip(writes, reasons, strict=True):
        if reason.get("Code") == "ConditionalCheckFailed" and write.refused is not None:
            if isinstance(write.refused, MotorpoolError):
                raise write.refused
            raise write.refused(from_values(reason.get("Item", {})))


def _condition(only_if: str | None, values: Mapping[str, Any] | None) -> Item:
    condition: Item = {}
    if only_if:
        condition["ConditionExpression"] = only_if
        condition["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        condition["ExpressionAttributeValues"] = to_values(values)
    return condition


@contextmanager
def _faults_named(lost: type[Unavailable] = Unavailable) -> Iterator[None]:
    """What is left after all tries (throttling, no answer, 5xx) as Unavailable.

    `lost`: what is raised instead when it matters that the call may have been carried out: a try
    before the last one may have been, whatever the last one failed with.
    """
    try:
        yield
    except aws.FAULTS as fault:
        if not aws.may_pass(fault):
            raise
        raise lost from fault


def table_name() -> str:
    """The table's name, from the variable that `Uses` sets."""
    return os.environ["TABLE_NAME"]


# An item with a value of every kind, and the parameters and answers that have such items.
_KEY = Key("any", "any")._asdict()
_ITEM = to_values({**_KEY, "number": 1, "flag": True, "list": ["any"], "map": {"any": None}})
_ONE: Any = {"TableName": "any", "Key": to_values(_KEY)}
_CONDITION = {"ConditionExpression": FREE, "ExpressionAttributeValues": _ITEM}
prime(
    aws.dynamodb,
    "TABLE_NAME",
    answer=json.dumps(
        {
            "Item": _ITEM,
            "Items": [_ITEM],
            "Attributes": _ITEM,
            "Responses": {"any": [_ITEM]},
            "LastEvaluatedKey": _ONE["Key"],
        }
    ).encode(),
    get_item=_ONE | {"ConsistentRead": True},
    batch_get_item={"RequestItems": {"any": {"Keys": [_ONE["Key"]], "ConsistentRead": True}}},
    query={"TableName": "any", "Limit": 1} | _query_parameters("any", "gsi1", "any"),
    update_item=_ONE | _CONDITION | {"UpdateExpression": "any", "ReturnValues": "ALL_NEW"},
    transact_write_items={
        "TransactItems": [
            {"Put": {"TableName": "any", "Item": _ITEM} | _CONDITION},
            {"Update": _ONE | _CONDITION | {"UpdateExpression": "any"}},
            {"Delete": _ONE | _CONDITION},
        ]
    },
)
