"""Storage of the histories of vehicles, in the vehicles' partitions."""

from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem, VersionConflict
from motorpool.history.model import Entry, Head

THERE = "attribute_exists(pk)"


def add(entry: Entry) -> TransactItem:
    """The write of a new entry, for the transaction of the change. Raises VersionConflict."""
    return _put(entry, only_if=FREE)


def forgotten(entry: Entry) -> TransactItem:
    """The write that erases from an entry what a person can be known by."""
    return _put(entry.forgotten(), only_if=THERE)


def _put(entry: Entry, *, only_if: str) -> TransactItem:
    attributes = to_attributes(entry)
    del attributes["vehicleId"]  # It is in the key.
    key = keys.history(entry.vehicle_id, entry.n)
    return table.put(key, attributes, only_if=only_if, refused=VersionConflict())


def of_vehicle(
    vehicle_id: str, *, limit: int, after: Item | None
) -> tuple[list[Entry], Item | None]:
    """A page of a vehicle's history, newest first, and the key before the next page."""
    page = table.page(
        keys.vehicle(vehicle_id).pk,
        begins_with=keys.HISTORY,
        newest_first=True,
        limit=limit,
        after=after,
    )
    return [from_item(item) for item in page.items], page.last_key


def every(vehicle_id: str) -> list[tuple[int, Entry]]:
    """All entries of a vehicle with the numbers in their keys, oldest first; consistent reads."""
    items = table.query(keys.vehicle(vehicle_id).pk, begins_with=keys.HISTORY, consistent=True)
    return [(int(item["sk"].removeprefix(keys.HISTORY)), from_item(item)) for item in items]


def from_item(item: Item) -> Entry:
    """The entry in an item."""
    vehicle_id = item["pk"].removeprefix(keys.vehicle("").pk)
    return from_attributes(Entry, item | {"vehicleId": vehicle_id})


def head_of(vehicle_id: str) -> Head | None:
    """The last entry of a vehicle whose item names none; None when it has no history.

    Version 0.1.0 wrote vehicles without a history, and while its functions run beside newer ones
    (in a deployment, after a rollback) they leave out what names the last entry. Reads 1 item for a
    vehicle without a history, and otherwise about twice the logarithm of their number.
    """
    known, beyond = None, 1
    while entry := table.get(keys.history(vehicle_id, beyond)):
        known, beyond = entry, beyond * 2
    if known is None:
        return None
    while beyond - known["n"] > 1:
        middle = (known["n"] + beyond) // 2
        if entry := table.get(keys.history(vehicle_id, middle)):
            known = entry
        else:
            beyond = middle
    return Head(known["n"], known["hash"])
