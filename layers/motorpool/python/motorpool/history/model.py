"""Histories: numbered entries about a vehicle, a user or a photo.

Each entry about a vehicle has the hash of the entry before it.

An entry's hash is SHA-256 over its canonical JSON (RFC 8785): everything in it but the hash itself.
What a person can be known by stands there as one digest, SHA-256 over 16 random bytes and the
values; values and salt are stored beside it, and erasing both leaves the hash as it is. Digests are
base64url without padding (RFC 4648, section 5).
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self

import rfc8785

from motorpool.access.callers import Actor, ActorKind
from motorpool.dynamodb.items import camel, to_attributes
from motorpool.dynamodb.values import from_values, to_values

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

VehicleEvent = Literal[
    "vehicle.registered",
    "vehicle.updated",
    "vehicle.deactivated",
    "vehicle.activated",
    "vehicle.driver_assigned",
    "vehicle.driver_unassigned",
    "vehicle.mileage_corrected",
]
CheckInEvent = Literal[
    "checkin.created",
    "checkin.amended",
    "checkin.confirmed",
    "checkin.declined",
    "checkin.on_hold",
]
TransferEvent = Literal["transfer.accepted", "transfer.completed", "transfer.failed"]
PhotoEvent = Literal["photo.ready", "photo.rejected"]
UserEvent = Literal["user.created", "user.updated"]
# What happens to a vehicle, and what happens at all.
OfAVehicle = Literal[VehicleEvent, CheckInEvent, TransferEvent]
EventType = Literal[OfAVehicle, PhotoEvent, UserEvent]

SALT_BYTES = 16


class Head(NamedTuple):
    """The number and the hash of the last entry; users' and photos' entries are not chained."""

    n: int
    hash: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `at` (ms), before it has a number.

    `owner_paths`: the organization that it belongs to: the vehicle's owner, the user's, or of a
    check-in the one that made it; of a transfer, the former owner and the new one. `thing` is what
    the APIs show of what it happened to, and `personal` what of that a person can be known by; both
    by the attributes of its item.
    """

    type: EventType
    at: int
    partner_id: str
    owner_paths: tuple[str, ...]
    thing: Mapping[str, Any]
    personal: Mapping[str, Any]


def shown(entity: "DataclassInstance", *fields: str) -> dict[str, Any]:
    """Those fields of an entity, by the names of their attributes, as the table gives them back."""
    known = {camel(field): getattr(entity, field) for field in fields}
    stored = to_values({name: value for name, value in known.items() if value is not None})
    return from_values(stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Entry `n` of a history: what happened and who did it.

    `subject_id` is the vehicle, or without one the user or photo. `by` and `by_id` are the actor,
    `changed` the attributes of the vehicle that it changed, `before` the hash of entry `n - 1`.
    `personal` and `salt` are None when there is nothing personal; after a person was forgotten,
    `personal_digest` is in their place. A field that is None has no place in the canonical form, so
    a new one leaves older hashes as they are.
    """

    subject_id: str
    n: int
    type: EventType
    at: int
    partner_id: str
    owner_paths: tuple[str, ...]
    by: ActorKind
    by_id: str
    request_id: str | None
    changed: tuple[str, ...] | None
    thing: Mapping[str, Any]
    personal: Mapping[str, Any] | None
    salt: str | None
    personal_digest: str | None = None
    before: str | None
    hash: str

    @classmethod
    def create(
        cls,
        event: Event,
        *,
        subject_id: str,
        after: Head | None,
        by: Actor,
        changed: tuple[str, ...] = (),
    ) -> Self:
        """The entry after `after`; the first one, when that is None."""
        entry = cls(
            subject_id=subject_id,
            n=after.n + 1 if after else 1,
            type=event.type,
            at=event.at,
            partner_id=event.partner_id,
            owner_paths=event.owner_paths,
            by=by.kind,
            by_id=by.id,
            request_id=by.request_id,
            changed=changed or None,
            thing=event.thing,
            personal=event.personal or None,
            salt=_text(os.urandom(SALT_BYTES)) if event.personal else None,
            before=after.hash if after else None,
            hash="",
        )
        return replace(entry, hash=entry.computed_hash)

    @property
    def is_of_a_vehicle(self) -> bool:
        """Whether it is about a vehicle, or a check-in or transfer of it."""
        return self.subject_id.startswith("veh")

    @property
    def head(self) -> Head:
        """Its number and hash, which the vehicle keeps."""
        return Head(self.n, self.hash)

    @property
    def canonical(self) -> bytes:
        """What the hash is computed over: the canonical JSON. Raises ValueError if it has none."""
        members = to_attributes(self)
        for name in ("hash", "personal", "salt"):
            members.pop(name, None)
        if self.personal is not None:
            members["personalDigest"] = self._digest_of_values
        return rfc8785.dumps(members)

    @property
    def computed_hash(self) -> str:
        """The hash that its content has."""
        return _text(sha256(self.canonical).digest())

    @property
    def is_unchanged(self) -> bool:
        """Whether its content still has its hash."""
        try:
            return self.hash == self.computed_hash
        except (TypeError, ValueError):
            return False

    @property
    def _digest_of_values(self) -> str:
        salt = (self.salt or "") + "=="
        values = rfc8785.dumps(dict(self.personal or {}))
        return _text(sha256(urlsafe_b64decode(salt) + values).digest())

    def forgotten(self) -> Self:
        """The entry without its personal values and their salt; its hash stays valid."""
        if self.personal is None:
            return self
        return replace(self, personal=None, salt=None, personal_digest=self._digest_of_values)


def problems(placed: Iterable[tuple[int, Entry]], head: Head | None) -> list[str]:
    """What is wrong with a history; empty when its chain is whole.

    `placed`: the entries with the numbers in their keys, in that order. `head`: the last entry, as
    the vehicle names it.
    """
    found: list[str] = []
    last, sound = None, True
    expected = 1
    for place, entry in placed:
        if place > expected:
            found.append(_missing(expected, place - 1))
        follows = place == expected and sound
        sound = False
        if entry.n != place:
            found.append(f"entry {entry.n} stands in the place of entry {place}")
        elif not entry.is_unchanged:
            found.append(f"entry {place} was changed: its content has another hash")
        else:
            sound = True
            if follows and entry.before != (last.hash if last else None):
                found.append(
                    f"entry {last.n} was replaced: entry {place} follows another one"
                    if last
                    else f"entry {place} follows one that is missing"
                )
        last, expected = entry, place + 1
    return found + _problems_at_the_end(expected - 1, last if sound else None, head)


def _problems_at_the_end(n: int, last: Entry | None, head: Head | None) -> list[str]:
    """`n`: the number of the last entry; `last`: the entry, unless it has a problem itself."""
    if head is None:
        return [f"the vehicle names no last entry, but there are {n}"] if n else []
    if n < head.n:
        return [_missing(n + 1, head.n)]
    if n > head.n:
        return [f"entry {n} is one too many: the vehicle's last entry is {head.n}"]
    if last and last.hash != head.hash:
        return [f"entry {n} was replaced: the vehicle names another hash"]
    return []


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"entry {first} is missing"
    return f"entries {first} to {last} are missing"


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
