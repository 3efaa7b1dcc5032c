"""The table's stream: the records that a stream reader gets."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from motorpool.dynamodb.items import Item
from motorpool.dynamodb.values import from_values


def new_items(
    records: Iterable[Mapping[str, Any]], *, key_prefix: str
) -> Iterator[tuple[str, Item]]:
    """Each new item whose `pk` begins with `key_prefix`, after its sequence number, in order."""
    for record in records:
        change = record["dynamodb"]
        if record["eventName"] != "INSERT":
            continue
        key = from_values(change["Keys"])
        if key["pk"].startswith(key_prefix):
            yield change["SequenceNumber"], key | from_values(change["NewImage"])
