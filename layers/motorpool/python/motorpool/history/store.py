"""Storage of histories, each in the partition of what it is about."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from motorpool.clock import DAY_SECONDS
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, Key, TransactItem, VersionConflict
from motorpool.history.model import Entry, Head

THERE = "attribute_exists(pk)"
# A vehicle's entries are kept as long as the vehicle; others are events of the feed only.
KEPT_DAYS = 90
_PARTITIONS = {"veh": keys.vehicle, "usr": keys.user, "pho": keys.photo}


def partition_of(subject_id: str) -> str:
    """The partition of a vehicle, a user or a photo. Raises KeyError on another id."""
    return _PARTITIONS[subject_id.partition("_")[0]](subject_id).pk


def subject_of(partition: str) -> str:
    """The id of what the partition is about."""
    return partition.rpartition("#")[2]


def key_of(subject_id: str, n: int) -> Key:
    """The key of an entry."""
    return keys.history(partition_of(subject_id), n)


def add(entry: Entry) -> TransactItem:
    """The write of a new entry, for the transaction of the change. Raises VersionConflict."""
    return _put(entry, only_if=FREE)


def forgotten(entry: Entry) -> TransactItem:
    """The write that erases from an entry what a person can be known by."""
    return _put(entry.forgotten(), only_if=THERE)


def _put(entry: Entry, *, only_if: str) -> TransactItem:
    attributes = to_attributes(entry)
    del attributes["subjectId"]  # It is in the key.
    if not entry.is_of_a_vehicle:
        attributes["expiresAt"] = entry.at // 1000 + KEPT_DAYS * DAY_SECONDS
    key = key_of(entry.subject_id, entry.n)
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


def get_many(which: Sequence[tuple[str, int]]) -> list[Entry | None]:
    """The entries of those subjects with those numbers, at most 100, in one consistent call.

    None stands for one that is not there.
    """
    wanted = [key_of(*each) for each in which]
    items = table.get_many(*wanted) if wanted else {}
    return [from_item(items[key]) if key in items else None for key in wanted]


def after(subject_id: str, n: int) -> Iterator[Entry]:
    """The entries after number `n`, oldest first; consistent reads, as the iteration goes on."""
    items = table.query(
        partition_of(subject_id), after=key_of(subject_id, n).sk, at_once=100, consistent=True
    )
    return map(from_item, takewhile(lambda item: item["sk"].startswith(keys.HISTORY), items))


def from_item(item: Item) -> Entry:
    """The entry in an item."""
    return from_attributes(Entry, item | {"subjectId": subject_of(item["pk"])})


def head_of(vehicle_id: str) -> Head | None:
    """The last entry of a vehicle whose item names none; None when it has no history.

    Version 0.1.0 wrote vehicles without a history, and while its functions run beside newer ones
    (in a deployment, after a rollback) they leave out what names the last entry. Reads 1 item for a
    vehicle without a history, and otherwise about twice the logarithm of their number.
    """
    known, beyond = None, 1
    while entry := table.get(key_of(vehicle_id, beyond)):
        known, beyond = entry, beyond * 2
    if known is None:
        return None
    while beyond - known["n"] > 1:
        middle = (known["n"] + beyond) // 2
        if entry := table.get(key_of(vehicle_id, middle)):
            known = entry
        else:
            beyond = middle
    return Head(known["n"], known["hash"])
