"""Reads from the table, and transactions."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from motorpool import aws, budget
from motorpool.dynamodb.items import Item
from motorpool.dynamodb.values import from_values, to_values
from motorpool.errors import MotorpoolError, Unavailable
from motorpool.priming import prime

# Concurrent transactions on an item cancel each other. The decision is then made again, on what the
# successful one wrote.
CONFLICT = "TransactionConflict"
TRANSIENT = {CONFLICT, "ThrottlingError", "ProvisionedThroughputExceeded"}

FREE = "attribute_not_exists(pk)"
# Version 0.1.0 also wrote items without `version`: they load as version 1, the fields' default.
# Each change gives its item a version, so an item without one is unchanged since any read.
UNCHANGED = "attribute_exists(pk) AND (version = :read OR attribute_not_exists(version))"


class Refused(Exception):
    """The condition of a single update failed."""


class VersionConflict(MotorpoolError):
    """An item was changed after it was read: the decision must be made again.

    `endpoint` then calls the handler again.
    """

    message = "It changed in the meantime"


class OutcomeUnknown(Unavailable):
    """A transaction failed and may have been executed: its response may have been lost."""


class Key(NamedTuple):
    """The primary key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class TransactItem:
    """One part of a transaction.

    `refused`: the error to raise when the condition fails, or a function that makes it from the
    existing item (empty when there is none).
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
    """Put an item, under a condition."""
    request: Item = {"Item": to_values({**key._asdict(), **attributes})}
    return TransactItem("Put", request | _condition(only_if, values), refused)


def replace(key: Key, attributes: Mapping[str, Any], *, read_version: int) -> TransactItem:
    """Replace an item that was read in `read_version`. Raises VersionConflict if that changed."""
    return put(
        key,
        {**attributes, "version": read_version + 1},
        only_if=UNCHANGED,
        values={":read": read_version},
        refused=VersionConflict(),
    )


def delete(
    key: Key, *, only_if: str | None = None, values: Mapping[str, Any] | None = None
) -> TransactItem:
    """Delete an item, if it is there. Raises VersionConflict when the condition fails."""
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
    """Update attributes of an item, under a condition."""
    request: Item = {"Key": to_values(key._asdict()), "UpdateExpression": expression}
    return TransactItem("Update", request | _condition(only_if, values), refused)


def update_now(key: Key, expression: str, *, only_if: str, values: Mapping[str, Any]) -> Item:
    """Update one item now, outside a transaction; returns the updated item.

    Raises Refused when the condition fails, and Unavailable when the response is lost: a retry
    could update the item twice.
    """
    try:
        with _faults_as_unavailable():
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
    """The existing items with those keys (at most 100), by key. One strongly consistent call.

    Unprocessed keys are read again. Raises Unavailable when some stay unprocessed.
    """
    wanted: list[Any] = [to_values(key._asdict()) for key in dict.fromkeys(keys)]
    found: dict[Key, Item] = {}
    for _ in budget.tries():
        with _faults_as_unavailable():
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
    """Items of a partition, and the key after which the next page starts; None on the last page."""

    items: list[Item]
    last_key: Item | None


def page(
    pk: str,
    *,
    limit: int,
    after: Item | None,
    index: Literal["gsi1", "gsi2"] | None = None,
    begins_with: str = "",
    sort_key_after: str = "",
    newest_first: bool = False,
    consistent: bool = False,
) -> Page:
    """The next `limit` items of a partition after the key `after`, in order of the sort key.

    `sort_key_after` instead of `begins_with`: those whose sort key is greater. `consistent`:
    strongly, which no index allows.
    """
    request = _query_request(pk, index, begins_with, sort_key_after)
    request |= {"Limit": limit, "ScanIndexForward": not newest_first, "ConsistentRead": consistent}
    if after:
        request["ExclusiveStartKey"] = to_values(after)
    with _faults_as_unavailable():
        answer = aws.dynamodb().query(**request)
    last_key = answer.get("LastEvaluatedKey")
    return Page(
        items=[from_values(item) for item in answer["Items"]],
        last_key=from_values(last_key) if last_key else None,
    )


# How many queries one page makes at most, at about 4 ms each.
MOST_QUERIES = 400


def chained_page(
    partitions: Iterable[tuple[str, str]],
    *,
    index: Literal["gsi1", "gsi2"],
    limit: int,
    after: Item | None,
    keep: Callable[[Item], bool] = lambda _: True,
) -> Page:
    """The next `limit` items of several partitions, one partition after the other.

    `partitions`: the name and the key of each. `after`: the `last_key` of the page before, whose
    partition is the first one then. `keep` chooses among the items. It reads on until the page is
    full. A page has fewer items only if it is the last one, or after `MOST_QUERIES` queries.
    """
    found: list[tuple[str, Item]] = []
    start, queries = after or {"in": None, "key": None}, 0
    for name, pk in partitions:
        key, more = start["key"] if name == start["in"] else None, True
        while more:
            if queries == MOST_QUERIES:
                return Page([item for _, item in found], {"in": name, "key": key})
            queries += 1
            answer = page(pk, limit=limit + 1, after=key, index=index)
            found += [(name, item) for item in answer.items if keep(item)]
            if len(found) > limit:
                last_name, last = found[limit - 1]
                place = {part: last[part] for part in ("pk", "sk", f"{index}pk", f"{index}sk")}
                return Page([i for _, i in found[:limit]], {"in": last_name, "key": place})
            key, more = answer.last_key, answer.last_key is not None
    return Page([item for _, item in found], None)


def filtered_page(
    pk: str,
    *,
    between: tuple[str, str],
    only_if: str,
    names: Mapping[str, str],
    values: Mapping[str, Any],
    limit: int,
    after: Item | None,
) -> Page:
    """The next `limit` items of a partition between two sort keys that meet a condition.

    It reads on until the page is full: a page has fewer items only if it is the last one.
    """
    first, last = between
    request = _query_request(pk, None, "")
    request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
    request["FilterExpression"] = only_if
    request["ExpressionAttributeNames"] |= names
    request["ExpressionAttributeValues"] |= to_values({":first": first, ":last": last, **values})
    # Not less than a page, and not a megabyte of items that the condition leaves out.
    request["Limit"] = 4 * limit
    if after:
        request["ExclusiveStartKey"] = to_values(after)
    found: list[Item] = []
    for answer in _answers(request):
        found += map(from_values, answer["Items"])
        if len(found) > limit:
            key = Key(found[limit - 1]["pk"], found[limit - 1]["sk"])
            return Page(found[:limit], key._asdict())
    return Page(found, None)


def get(key: Key) -> Item | None:
    """The item with that key; None when there is none. One strongly consistent read."""
    with _faults_as_unavailable():
        answer = aws.dynamodb().get_item(
            TableName=table_name(), Key=to_values(key._asdict()), ConsistentRead=True
        )
    return from_values(answer["Item"]) if "Item" in answer else None


def query(
    pk: str,
    *,
    index: Literal["gsi1", "gsi2"] | None = None,
    begins_with: str = "",
    after: str = "",
    at_once: int | None = None,
    only_below: str = "",
    consistent: bool = False,
) -> Iterator[Item]:
    """All items of a partition of the table or an index, in order of the sort key.

    They are read as the iteration gets to them, `at_once` in a call. `after` instead of
    `begins_with`: those whose sort key is greater. `only_below`: of those that are read, only the
    ones in that subtree of `ownerPath`. `consistent`: strongly, which no index allows.
    """
    request = _query_request(pk, index, begins_with, after) | {"ConsistentRead": consistent}
    if at_once:
        request["Limit"] = at_once
    if only_below:
        request["FilterExpression"] = "begins_with(ownerPath, :path)"
        request["ExpressionAttributeValues"] |= to_values({":path": only_below})
    for answer in _answers(request):
        yield from map(from_values, answer["Items"])


def _answers(request: Any) -> Iterator[Any]:
    """The answers to a query, until its last page."""
    while True:
        with _faults_as_unavailable():
            answer = aws.dynamodb().query(**request)
        yield answer
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _query_request(pk: str, index: str | None, begins_with: str, after: str = "") -> Any:
    return {"TableName": table_name()} | _query_parameters(pk, index, begins_with, after)


def _query_parameters(pk: str, index: str | None, begins_with: str, after: str = "") -> Item:
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
    if after:
        request["KeyConditionExpression"] += " AND #sk > :sk"
        request["ExpressionAttributeNames"]["#sk"] = f"{index or ''}sk"
        request["ExpressionAttributeValues"] |= to_values({":sk": after})
    return request


def transact(*writes: TransactItem) -> None:
    """Execute all the writes in one transaction, or none.

    Raises the `refused` of the first write whose condition fails, VersionConflict when a concurrent
    transaction changes one of the items, and OutcomeUnknown when the call fails after all retries.
    botocore's retries have the same client token, so they cannot execute the transaction twice.
    """
    parts: Any = [{w.action: {"TableName": table_name()} | w.request} for w in writes]
    try:
        with _faults_as_unavailable(lost=OutcomeUnknown):
            aws.dynamodb().transact_write_items(TransactItems=parts)
    except ClientError as error:
        if aws.code_of(error) != "TransactionCanceledException":
            raise
        reasons: list[Any] = list(error.response.get("CancellationReasons", []))
        _raise_the_refusal(writes, reasons)
        if any(reason.get("Code") in TRANSIENT for reason in reasons):
            raise VersionConflict from error
        raise


def _raise_the_refusal(writes: tuple[TransactItem, ...], reasons: list[Any]) -> None:
    """Raise the error of the first write whose condition failed; reasons are in their order."""
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
def _faults_as_unavailable(lost: type[Unavailable] = Unavailable) -> Iterator[None]:
    """Turns transient faults (throttling, no response, 5xx) after the last retry into Unavailable.

    `lost`: the error to raise instead for a call that may have been executed by any of its
    attempts.
    """
    try:
        yield
    except aws.FAULTS as fault:
        if not aws.is_transient(fault):
            raise
        raise lost from fault


def table_name() -> str:
    """The table's name, from the variable that `Uses` sets."""
    return os.environ["TABLE_NAME"]


# For priming: an item with a value of every type, and calls and responses with such items.
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
