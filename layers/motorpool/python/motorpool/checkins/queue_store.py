"""Storage of the review queues: who finds which open check-in, oldest first.

Each open check-in has an entry in the queue of its partner and in that of each organization on its
owner's path, so every caller reads exactly one queue. A queue is `SHARDS` partitions, merged when
they are read. docs/decisions/0009-review-queues.md has the calculation.
"""

import heapq
from collections.abc import Iterator
from itertools import groupby, islice
from typing import get_args
from zlib import crc32

from motorpool.access.callers import Caller
from motorpool.checkins.model import CheckIn, OpenStatus, vehicle_of
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes
from motorpool.dynamodb.table import Key, TransactItem

# A partition takes 1,000 write units a second. With 8, a partner's queue takes 2,000 check-ins.
# Another number would orphan the entries of the check-ins that are open then.
SHARDS = 8
# An entry has 130 bytes: as many as one read unit covers (half a unit, eventually consistent).
READ_AT_ONCE = 30

OPEN: tuple[OpenStatus, ...] = get_args(OpenStatus)


def moved(read: CheckIn | None, after: CheckIn) -> tuple[TransactItem, ...]:
    """The writes that take a changed check-in from the queues it was in to those it is in now.

    `read`: the check-in before; None for a new one. They belong into the transaction that writes
    the check-in, whose version condition holds for them too.
    """
    before = entries(read) if read and read.in_queues else set()
    now = entries(after)
    return (
        *(table.delete(key) for key in sorted(before - now)),
        *(table.put(key, {}) for key in sorted(now - before)),
    )


def entries(check_in: CheckIn) -> set[Key]:
    """The keys of a check-in's entries; empty when it does not await review."""
    if check_in.check_in_status not in OPEN:
        return set()
    shard = str(crc32(check_in.id.encode()) % SHARDS)
    time = f"{check_in.checked_in_at:013d}"
    return {
        keys.review_entry(holder, check_in.check_in_status, shard, time, check_in.id)
        for holder in (check_in.partner_id, *check_in.owner_path.split("/"))
    }


def for_review(
    caller: Caller, status: OpenStatus, *, limit: int, after: Item | None
) -> tuple[list[CheckIn], Item | None]:
    """A page of the check-ins with that status in the caller's subtree, oldest first.

    It is full unless it is the last. With it comes the key after which the next page starts.
    """
    holder = caller.org_path.rpartition("/")[2] or caller.partner_id
    start = after["place"] if after else ""
    shards = [
        table.query(
            keys.review_queue(holder, status, str(shard)), after=start, at_once=READ_AT_ONCE
        )
        for shard in range(SHARDS)
    ]
    old = table.query(
        keys.check_ins_of_partner(caller.partner_id, status),
        index="gsi1",
        after=start,
        only_below=caller.org_path,
    )
    waiting = _merged(*(_places(shard, "sk") for shard in shards), _places(old, "gsi1sk"))
    found: list[CheckIn] = []
    while len(found) < limit and (next_ones := tuple(islice(waiting, limit - len(found)))):
        wanted = [_check_in_at(place) for place in next_ones]
        items = table.get_many(*wanted)
        read = [from_attributes(CheckIn, items[key]) for key in wanted if key in items]
        # One may have been decided since its entry was read.
        found += [check_in for check_in in read if _awaits(check_in, status, caller)]
    more = next(waiting, None) is not None
    return found, {"place": _place(found[-1])} if more else None


def without_entries(partner_id: str) -> Iterator[CheckIn]:
    """The open check-ins that an older version wrote: one partition of an index has them all."""
    for status in OPEN:
        for item in table.query(keys.check_ins_of_partner(partner_id, status), index="gsi1"):
            yield from_attributes(CheckIn, item)


def _merged(*sorted_places: Iterator[str]) -> Iterator[str]:
    """All places in order, each once: an index may be late in dropping one that has entries now."""
    return (place for place, _ in groupby(heapq.merge(*sorted_places)))


def _places(items: Iterator[Item], attribute: str) -> Iterator[str]:
    return (item[attribute] for item in items)


def _place(check_in: CheckIn) -> str:
    """What the queues are sorted by: the time, then the id."""
    return next(iter(entries(check_in))).sk


def _check_in_at(place: str) -> Key:
    check_in_id = place.partition("#")[2]
    return keys.check_in(vehicle_of(check_in_id) or "", check_in_id)


def _awaits(check_in: CheckIn, status: OpenStatus, caller: Caller) -> bool:
    mine = caller.sees_of(check_in.partner_id, check_in.owner_path)
    return mine and check_in.check_in_status == status
