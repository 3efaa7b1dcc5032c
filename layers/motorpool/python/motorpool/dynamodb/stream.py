"""The table's stream: what a record says happened to an item."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from motorpool.dynamodb.items import Item
from motorpool.dynamodb.table import Key
from motorpool.dynamodb.values import from_values

What = Literal["new", "expired"]
# What reading a record that is not as we write it may raise.
ILLEGIBLE = (ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True, slots=True)
class Change:
    """An item that is new, or that DynamoDB deleted because it expired. `image`: of a new one."""

    what: What
    key: Key
    image: Mapping[str, Any]

    @property
    def item(self) -> Item:
        """The attributes that the record has: the key's, and all others of a new item.

        Raises one of ILLEGIBLE.
        """
        return self.key._asdict() | from_values(self.image)


def change_of(record: Mapping[str, Any]) -> Change | None:
    """What a record says; None for another change, also when somebody else deleted the item.

    Raises one of ILLEGIBLE.
    """
    told = record["dynamodb"]
    match record["eventName"]:
        case "INSERT":
            return Change("new", Key(**from_values(told["Keys"])), told["NewImage"])
        # Only what DynamoDB itself deletes has an identity.
        case "REMOVE" if (record.get("userIdentity") or {}).get("type") == "Service":
            return Change("expired", Key(**from_values(told["Keys"])), {})
    return None
