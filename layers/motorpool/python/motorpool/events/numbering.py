"""Numbers events in their partner's feed: the work of the events queue's consumer.

Messages may come late, more than once and in any order. A message says that a history has a new
entry; all its entries that are not in the feed yet are then numbered, in their order. One
transaction writes their segment, the feed's last number, and of each history how far it is in the
feed, each on condition that it is as it was read. So no event is left out or numbered twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict, Field

from motorpool import budget, telemetry
from motorpool.clock import now_ms
from motorpool.dynamodb import table
from motorpool.dynamodb.table import VersionConflict
from motorpool.errors import Unavailable
from motorpool.events import store as feeds
from motorpool.events.model import FeedEvent
from motorpool.events.store import Standing
from motorpool.history import store as history
from motorpool.history.model import EventType

# A segment is an item, which has at most 400 KB; an event takes 700 bytes in the deepest
# organizations.
MOST_EVENTS = 300


class NewEntry(BaseModel):
    """A message of the events queue: entry `n` of a history, written at `at` (ms)."""

    model_config = ConfigDict(strict=True, frozen=True)

    partner_id: str
    partition: str = Field(pattern=r"^(VEHICLE#veh|USER#usr|PHOTO#pho)_[0-9a-f]{32}$")
    n: int = Field(ge=1)
    type: EventType
    owner_paths: list[str]
    at: int

    @property
    def event(self) -> FeedEvent:
        """The entry as an event of the feed."""
        subject_id = history.subject_of(self.partition)
        return FeedEvent(subject_id, self.n, self.type, tuple(self.owner_paths))


def number(messages: Sequence[NewEntry]) -> None:
    """Number the events of the messages, each in its partner's feed.

    Usually they are of one partner: the queue's message groups are. A partner may have 98: with the
    feed's segment and last number, a transaction has at most 100 parts.
    Raises Unavailable when conflicting changes use up all attempts, or the table fails.
    """
    of_partner: dict[str, list[NewEntry]] = {}
    for message in messages:
        of_partner.setdefault(message.partner_id, []).append(message)
    for partner_id, own in of_partner.items():
        _number(partner_id, own)


def _number(partner_id: str, messages: Sequence[NewEntry]) -> None:
    told: dict[str, dict[int, FeedEvent]] = {}
    for event in (message.event for message in messages):
        told.setdefault(event.subject_id, {})[event.n] = event
    for _ in budget.tries():
        read = feeds.standing(partner_id, list(told))
        events = list(islice(_not_in(read, told), MOST_EVENTS))
        if not events:
            return
        try:
            table.transact(*feeds.appended(partner_id, events, read))
        except VersionConflict:
            continue
        _measure(messages)
        if len(events) < MOST_EVENTS:
            return
    raise Unavailable


def _not_in(read: Standing, told: Mapping[str, Mapping[int, FeedEvent]]) -> Iterator[FeedEvent]:
    """The events that are not in the feed yet, those of a history in its order."""
    for subject_id, events in told.items():
        last = read.entries[subject_id]
        new = sorted(n for n in events if n > last)
        if new == list(range(last + 1, last + 1 + len(new))):
            yield from (events[n] for n in new)
        else:
            # The message about an earlier entry is not here yet, or is lost.
            yield from _events_after(subject_id, last)


def _events_after(subject_id: str, n: int) -> Iterable[FeedEvent]:
    entries = history.after(subject_id, n)
    return (FeedEvent(e.subject_id, e.n, e.type, e.owner_paths) for e in entries)


def _measure(messages: Sequence[NewEntry]) -> None:
    """Write the metric of the time from the oldest change to the feed."""
    oldest = min(message.at for message in messages)
    telemetry.measured("FeedDelay", now_ms() - oldest, MetricUnit.Milliseconds)
