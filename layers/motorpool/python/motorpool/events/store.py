"""Storage of the feeds of partners: segments of events, and a head with the last number.

A feed is one partition. Its head sorts after the segments, so that a page that reaches it has read
everything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from motorpool.clock import DAY_SECONDS, now_ms
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item
from motorpool.dynamodb.table import FREE, Key, TransactItem, VersionConflict
from motorpool.events.model import FeedEvent, Segment
from motorpool.history import store as history
from motorpool.history.store import KEPT_DAYS

HEAD_AS_READ = "lastNumber = :read"
ENTRY_AS_READ = "n = :read"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a feed is: its last number, and for each subject the last entry that is in it.

    Both are 0 before the first one.
    """

    last: int
    entries: Mapping[str, int]


def standing(partner_id: str, subject_ids: Sequence[str]) -> Standing:
    """How far the feed is, in one call. `subject_ids`: at most 99."""
    marks = {id: keys.in_feed(history.partition_of(id)) for id in subject_ids}
    head = keys.feed_head(partner_id)
    items = table.get_many(head, *marks.values())
    entries = {id: items[key]["n"] if key in items else 0 for id, key in marks.items()}
    return Standing(items[head]["lastNumber"] if head in items else 0, entries)


def appended(
    partner_id: str, events: Sequence[FeedEvent], read: Standing
) -> tuple[TransactItem, ...]:
    """The writes that number events after the last one. Raises VersionConflict.

    The conditions hold for what was read: nobody numbered other events meanwhile, and none of these
    is in the feed.
    """
    segment = Segment(last=read.last + len(events), events=tuple(events))
    last = {event.subject_id: event.n for event in events}
    return (
        _moved(keys.feed_head(partner_id), "lastNumber", read.last, segment.last, HEAD_AS_READ),
        table.put(
            keys.segment(partner_id, segment.last),
            segment.as_attributes() | _expiry(),
            only_if=FREE,
            refused=VersionConflict(),
        ),
        *(
            _moved(
                keys.in_feed(history.partition_of(id)), "n", read.entries[id], n, ENTRY_AS_READ,
                # A photo has no later entries.
                expiry=_expiry() if id.startswith("pho") else {},
            )
            for id, n in last.items()
        ),
    )  # fmt: skip


def _moved(
    key: Key, name: str, before: int, now: int, as_read: str, *, expiry: Item | None = None
) -> TransactItem:
    return table.put(
        key,
        {name: now, **(expiry or {})},
        only_if=as_read if before else FREE,
        values={":read": before} if before else None,
        refused=VersionConflict(),
    )


def _expiry() -> Item:
    return {"expiresAt": now_ms() // 1000 + KEPT_DAYS * DAY_SECONDS}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Segments of a feed, in order. `last`: the feed's last number, if they reach the end."""

    segments: Sequence[Segment]
    last: int | None


def stretch(partner_id: str, *, after: int, limit: int) -> Stretch:
    """The segments with the events after that number, at most `limit`, in one call.

    The read is consistent: another one might miss a segment and have a later one.
    """
    page = table.page(
        keys.feed(partner_id),
        sort_key_after=keys.segment(partner_id, after).sk,
        limit=limit + 1,
        after=None,
        consistent=True,
    )
    found: list[Any] = page.items
    last = found.pop()["lastNumber"] if found and found[-1]["sk"] == keys.FEED_HEAD else None
    return Stretch([Segment.from_item(item) for item in found[:limit]], last)
