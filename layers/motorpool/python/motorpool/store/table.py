"""The table: reads, and writes that all succeed or none does.

Retries fit a function of 25 s behind a gateway of 29 s. Botocore's standard mode tries a call 3
times with up to 1 + 2 s between; with 1 s to connect and 2 s to read that is at most 12 s a call:
a request of two calls is answered by us whatever the table does.
"""

import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from motorpool.errors import MotorpoolError, Unavailable
from motorpool.store.items import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECT_TIMEOUT = 1.0
READ_TIMEOUT = 2.0
TRIES = 3

# Two transactions on one item at once cancel each other; the loser goes again, to meet the
# winner's condition. 16 tries with these pauses take about 3 s.
CONFLICT_TRIES = 16
CONFLICT_PAUSE = 0.4
PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

THROTTLED = {
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TransactionInProgressException",
}

FREE = "attribute_not_exists(pk)"
UNCHANGED = "version = :read"


class Refused(Exception):
    """The condition of a single update did not hold."""


class Stale(MotorpoolError):
    """What a decision was made on has changed since: it is to be made again.

    `endpoint` calls the handler again, which reads anew.
    """

    message = "It changed in the meantime"


class Key(NamedTuple):
    """The primary key of an item."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Write:
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
) -> Write:
    """A part that writes a whole item, under a condition."""
    request: Item = {"Item": _marshalled({**key._asdict(), **attributes})}
    return Write("Put", request | _condition(only_if, values), refused)


def replace(key: Key, attributes: Mapping[str, Any], *, read_version: int) -> Write:
    """A part that writes an item in the place of the version that was read. Raises Stale."""
    return put(
        key,
        {**attributes, "version": read_version + 1},
        only_if=UNCHANGED,
        values={":read": read_version},
        refused=Stale(),
    )


def delete(key: Key, *, only_if: str, values: Mapping[str, Any]) -> Write:
    """A part that removes an item, under a condition. Raises Stale when it does not hold."""
    request: Item = {"Key": _marshalled(key._asdict())}
    return Write("Delete", request | _condition(only_if, values), Stale())


def update(
    key: Key,
    expression: str,
    *,
    only_if: str,
    values: Mapping[str, Any],
    refused: MotorpoolError | Callable[[Item], MotorpoolError],
) -> Write:
    """A part that changes some attributes of an item, under a condition."""
    request: Item = {"Key": _marshalled(key._asdict()), "UpdateExpression": expression}
    return Write("Update", request | _condition(only_if, values), refused)


def update_now(key: Key, expression: str, *, only_if: str, values: Mapping[str, Any]) -> Item:
    """Change one item by itself, under a condition; the item after it. Raises Refused."""
    from botocore.exceptions import ClientError

    try:
        with _faults_named():
            answer = client().update_item(
                TableName=table_name(),
                Key=_marshalled(key._asdict()),
                UpdateExpression=expression,
                ConditionExpression=only_if,
                ExpressionAttributeValues=_marshalled(values),
                ReturnValues="ALL_NEW",
            )
    except ClientError as error:
        if error.response["Error"].get("Code") == "ConditionalCheckFailedException":
            raise Refused from None
        raise
    return _unmarshalled(answer["Attributes"])


def get_many(*keys: Key) -> dict[Key, Item]:
    """The items with those keys (at most 100) that there are. Strongly consistent, in one call.

    Raises Unavailable when the table leaves some unread again and again.
    """
    wanted: list[Any] = [_marshalled(key._asdict()) for key in dict.fromkeys(keys)]
    found: dict[Key, Item] = {}
    for attempt in range(TRIES):
        if attempt:
            time.sleep(random.uniform(0, CONFLICT_PAUSE))
        with _faults_named():
            answer = client().batch_get_item(
                RequestItems={table_name(): {"Keys": wanted, "ConsistentRead": True}}
            )
        for item in map(_unmarshalled, answer["Responses"].get(table_name(), [])):
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
        request["ExclusiveStartKey"] = _marshalled(after)
    if only_below:
        request["FilterExpression"] = "begins_with(ownerPath, :path)"
        request["ExpressionAttributeValues"] |= _marshalled({":path": only_below})
    with _faults_named():
        answer = client().query(**request)
    last_key = answer.get("LastEvaluatedKey")
    return Page(
        items=[_unmarshalled(item) for item in answer["Items"]],
        last_key=_unmarshalled(last_key) if last_key else None,
    )


def get(key: Key) -> Item | None:
    """The item with that key, None when there is none. One strongly consistent read."""
    with _faults_named():
        answer = client().get_item(
            TableName=table_name(), Key=_marshalled(key._asdict()), ConsistentRead=True
        )
    return _unmarshalled(answer["Item"]) if "Item" in answer else None


def query(
    pk: str, *, index: Literal["gsi1", "gsi2"] | None = None, begins_with: str = ""
) -> Iterator[Item]:
    """The items of a partition, of the table or of an index, in order of the sort key.

    Pages are read as the items are taken.
    """
    pages = client().get_paginator("query").paginate(**_query_request(pk, index, begins_with))
    with _faults_named():
        for found in pages:
            yield from map(_unmarshalled, found["Items"])


def _query_request(pk: str, index: str | None, begins_with: str) -> Any:
    request: Item = {
        "TableName": table_name(),
        "KeyConditionExpression": "#pk = :pk",
        "ExpressionAttributeNames": {"#pk": f"{index or ''}pk"},
        "ExpressionAttributeValues": _marshalled({":pk": pk}),
    }
    if index:
        request["IndexName"] = index
    if begins_with:
        request["KeyConditionExpression"] += " AND begins_with(#sk, :sk)"
        request["ExpressionAttributeNames"]["#sk"] = f"{index or ''}sk"
        request["ExpressionAttributeValues"] |= _marshalled({":sk": begins_with})
    return request


def transact(*writes: Write) -> None:
    """All the writes, or none and the error of the first whose condition does not hold.

    Raises Unavailable when the table throttles or conflicts for longer than a caller should wait.
    """
    from botocore.exceptions import ClientError

    parts: Any = [{w.action: {"TableName": table_name()} | w.request} for w in writes]
    for attempt in range(CONFLICT_TRIES):
        if attempt:
            time.sleep(random.uniform(0, CONFLICT_PAUSE))
        try:
            with _faults_named():
                client().transact_write_items(TransactItems=parts)
            return
        except ClientError as error:
            if error.response["Error"].get("Code") != "TransactionCanceledException":
                raise
            reasons: list[Any] = list(error.response.get("CancellationReasons", []))
            _raise_the_refusal(writes, reasons)
            if not any(reason.get("Code") in PASSING for reason in reasons):
                raise
    raise Unavailable


def _raise_the_refusal(writes: tuple[Write, ...], reasons: list[Any]) -> None:
    """Cancellation reasons come in the order of the writes."""
    for write, reason in zip(writes, reasons, strict=True):
        if reason.get("Code") == "ConditionalCheckFailed" and write.refused is not None:
            if isinstance(write.refused, MotorpoolError):
                raise write.refused
            raise write.refused(_unmarshalled(reason.get("Item", {})))


def _condition(only_if: str | None, values: Mapping[str, Any] | None) -> Item:
    condition: Item = {}
    if only_if:
        condition["ConditionExpression"] = only_if
        condition["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        condition["ExpressionAttributeValues"] = _marshalled(values)
    return condition


@contextmanager
def _faults_named() -> Iterator[None]:
    """What is left after botocore's retries (throttling, timeouts, 5xx) as Unavailable."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except (ConnectionError, HTTPClientError) as fault:
        raise Unavailable from fault
    except ClientError as fault:
        status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or fault.response["Error"].get("Code") in THROTTLED:
            raise Unavailable from fault
        raise


def table_name() -> str:
    """The table's name, from the variable that `Uses` sets."""
    return os.environ["TABLE_NAME"]


@cache
def client() -> "DynamoDBClient":
    """The DynamoDB client, made on first use."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        config=Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"mode": "standard", "total_max_attempts": TRIES},
            tcp_keepalive=True,
        ),
    )


def _marshalled(values: Mapping[str, Any]) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeSerializer

    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in values.items()}


def _unmarshalled(item: Mapping[str, Any]) -> Item:
    from boto3.dynamodb.types import TypeDeserializer

    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}
