"""Reads a partner's feed as a caller sees it."""

from collections.abc import Collection
from dataclasses import dataclass

from motorpool.access.callers import Caller
from motorpool.errors import EventsExpired, InvalidParameters
from motorpool.events import store as feeds
from motorpool.events.model import FeedEvent, Segment, id_of, number_of
from motorpool.history import store as history
from motorpool.history.model import Entry, EventType


@dataclass(frozen=True, slots=True)
class Found:
    """Events, each with its id. `after`: the id that the next ones come after."""

    events: list[tuple[str, Entry]]
    after: str | None
    has_more: bool


def next_events(
    caller: Caller,
    *,
    after: str | None,
    types: Collection[EventType],
    vehicle_id: str | None,
    limit: int,
) -> Found:
    """The events after the one with that id, or from the oldest that is kept; in two calls.

    `types`, `vehicle_id`: which events; all when empty or None. What the caller does not see and
    what is not asked for is passed over, so there may be fewer than `limit`, or none. Raises
    InvalidParameters, and EventsExpired when events are missing that came after it.
    """
    began = 0 if after is None else _number_of(after, caller)
    read = feeds.stretch(caller.partner_id, after=began, limit=limit)
    if after is not None and _are_missing(began, read):
        raise EventsExpired
    reached, wanted = began, list[tuple[int, FeedEvent]]()
    for number, event in _events(read.segments, began):
        if len(wanted) == limit:
            break
        reached = number
        if _is_wanted(event, types, vehicle_id) and event.is_seen_by(caller):
            wanted.append((number, event))
    # Without a last number either the end was not reached, or there is no feed yet.
    ends = read.last == reached or (read.last is None and not read.segments)
    entries = history.get_many([(event.subject_id, event.n) for _, event in wanted])
    return Found(
        [
            (id_of(number, caller.partner_id), entry)
            for (number, _), entry in zip(wanted, entries, strict=True)
            if entry
        ],
        after=id_of(reached, caller.partner_id) if reached else None,
        has_more=not ends,
    )


def _number_of(after: str, caller: Caller) -> int:
    try:
        return number_of(after, caller.partner_id)
    except ValueError:
        raise InvalidParameters(("after", "is not the id of an event")) from None


def _are_missing(began: int, read: feeds.Stretch) -> bool:
    """Whether events that came after that number are no longer kept."""
    if read.segments:
        return read.segments[0].first > began + 1
    return read.last is not None and read.last > began


def _events(segments: Collection[Segment], began: int) -> list[tuple[int, FeedEvent]]:
    return [numbered for segment in segments for numbered in segment.after(began)]


def _is_wanted(event: FeedEvent, types: Collection[EventType], vehicle_id: str | None) -> bool:
    return (not types or event.type in types) and vehicle_id in (None, event.subject_id)
