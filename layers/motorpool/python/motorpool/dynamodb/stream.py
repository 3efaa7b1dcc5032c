"""The table's stream: the records that a stream reader gets."""

from collections.abc import Mapping
from typing import Any

from motorpool.dynamodb.items import Item
from motorpool.dynamodb.values import from_values


def new_item(record: Mapping[str, Any], *, key_prefix: str) -> Item | None:
    """The new item of a record, if its `pk` begins with `key_prefix`; None for another record.

    Raises ValueError, TypeError, LookupError or AttributeError when the record cannot be read.
    """
    change = record["dynamodb"]
    if record["eventName"] != "INSERT":
        return None
    key = from_values(change["Keys"])
    return key | from_values(change["NewImage"]) if key["pk"].startswith(key_prefix) else None
