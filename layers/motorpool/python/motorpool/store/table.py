"""The table: reads, and writes that all succeed or none does.

Retries fit a function of 20 s behind a gateway of 29 s. Botocore's standard mode tries a call 4
times with up to 1 + 2 + 4 s between; with 1 s to connect and 2 s to read that is at most 19 s, and
no caller is left without an answer.
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
TRIES = 4

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
    condition, names, values = "#pk = :pk", {"#pk": f"{index or ''}pk"}, {":pk": pk}
    if begins_with:  # DynamoDB refuses an empty one
        condition += " AND begins_with(#sk, :sk)"
        names["#sk"], values[":sk"] = f"{index or ''}sk", begins_with
    request: Any = {
        "TableName": table_name(),
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": _marshalled(values),
    }
    if index:
        request["IndexName"] = index
    with _faults_named():
        for page in client().get_paginator("query").paginate(**request):
            yield from map(_unmarshalled, page["Items"])


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
