"""The table's stream: the records that a stream reader gets."""

from collections.abc import Mapping
from typing import Any

from motorpool.dynamodb.items import Item
from motorpool.dynamodb.table import Key
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


def expired_key(record: Mapping[str, Any], *, key_prefix: str) -> Key | None:
    """The key of an expired item that DynamoDB deleted, if its `pk` begins with `key_prefix`.

    None for another record, also of an item that somebody else deleted. Raises as `new_item` does.
    """
    # Only what DynamoDB itself deletes has an identity.
    by_whom = record.get("userIdentity") or {}
    if record["eventName"] != "REMOVE" or by_whom.get("type") != "Service":
        return None
    key = Key(**from_values(record["dynamodb"]["Keys"]))
    return key if key.pk.startswith(key_prefix) else None
