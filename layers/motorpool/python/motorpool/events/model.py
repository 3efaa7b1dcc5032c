"""A partner's feed: all its events, numbered 1, 2, 3 and so on, in segments of several.

An event's id is its number, encrypted: it does not tell how many events the partner's other
organizations have. The same event always has the same id.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NamedTuple, Self

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from motorpool.access.callers import Caller
from motorpool.access.secret_keys import cursor_key
from motorpool.history.model import EventType

PREFIX = "evt_"
# Padded with zeros to the 24 bytes of a nonce, so that ids are shorter. The probability that two of
# 2^32 events have the same 12 bytes is 2^-33.
NONCE_BYTES = 12
NUMBER_BYTES = 8


class FeedEvent(NamedTuple):
    """An event: entry `n` of the history of its subject, and what filters look at."""

    subject_id: str
    n: int
    type: EventType
    owner_paths: tuple[str, ...]

    def is_seen_by(self, caller: Caller) -> bool:
        """Whether it belongs to one of the caller's organizations, as they were at the event."""
        return any(map(caller.sees, self.owner_paths))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Events of a feed that were numbered together. `last`: the number of the last one."""

    last: int
    events: tuple[FeedEvent, ...]

    @property
    def first(self) -> int:
        """The number of its first event."""
        return self.last - len(self.events) + 1

    def after(self, number: int) -> Iterator[tuple[int, FeedEvent]]:
        """Its events after that number, each with its own."""
        numbered = enumerate(self.events, self.first)
        return ((own, event) for own, event in numbered if own > number)

    def as_attributes(self) -> dict[str, Any]:
        """It as an item has it: an event is a short list, because a segment has many."""
        events = [[e.subject_id, e.n, e.type, *e.owner_paths] for e in self.events]
        return {"last": self.last, "events": events}

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> Self:
        """The segment in an item."""
        events = (
            FeedEvent(subject_id, n, type, tuple(owner_paths))
            for subject_id, n, type, *owner_paths in item["events"]
        )
        return cls(last=item["last"], events=tuple(events))


def id_of(number: int, partner_id: str) -> str:
    """The id of the event with that number in the partner's feed: 52 characters."""
    plain = number.to_bytes(NUMBER_BYTES)
    # Made of the number, so that the id is the same each time.
    short = hmac.digest(_key(b"nonces"), partner_id.encode() + plain, sha256)[:NONCE_BYTES]
    sealed = _cipher().encrypt(plain, partner_id.encode(), short.ljust(Aead.NONCE_SIZE, b"\0"))
    return PREFIX + urlsafe_b64encode(short + sealed.ciphertext).decode()


def number_of(event_id: str, partner_id: str) -> int:
    """The number of the event with that id. Raises ValueError when the partner has no such id."""
    try:
        sealed = urlsafe_b64decode(event_id.removeprefix(PREFIX).encode("ascii"))
        nonce = sealed[:NONCE_BYTES].ljust(Aead.NONCE_SIZE, b"\0")
        plain = _cipher().decrypt(sealed[NONCE_BYTES:], partner_id.encode(), nonce)
    except CryptoError:
        raise ValueError("not an id of the partner's") from None
    number = int.from_bytes(plain)
    # Base64 is not unique, and the prefix is part of the id.
    if id_of(number, partner_id) != event_id:
        raise ValueError("not an id of the partner's")
    return number


def _cipher() -> Aead:
    return Aead(_key(b"event ids are encrypted"))


def _key(purpose: bytes) -> bytes:
    return hmac.digest(cursor_key(), purpose, sha256)
