"""Devices: the credentials of one user's phone, so that no phone holds the partner's secret.

A device ends with its time, when it is deleted, and with its client or partner.
"""

import hmac
import os
import re
from dataclasses import dataclass, replace
from typing import Protocol

from motorpool.access.callers import Caller
from motorpool.access.clients import Client, secret_hash
from motorpool.clock import now_ms

SHORTEST_SECONDS, LONGEST_SECONDS = 300, 604_800

_ID = re.compile(r"dev_([0-9a-f]{32})[0-9a-f]{24}")


def client_of(device_id: str) -> str | None:
    """The id of the client that let the device in, which is part of its id; None if malformed."""
    found = _ID.fullmatch(device_id)
    return f"cli_{found[1]}" if found else None


class UserLike(Protocol):
    """The properties of a user that a device needs; `tenants` is above this room."""

    @property
    def id(self) -> str:
        """The user's id."""

    @property
    def org_id(self) -> str:
        """The id of its organization."""

    @property
    def org_path(self) -> str:
        """The path of that organization."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device of a user. `created` is in ms, `expires_at` in seconds since 1970."""

    id: str
    partner_id: str
    client_id: str
    user_id: str
    org_id: str
    org_path: str
    secret_hash: str
    created: int
    expires_at: int
    version: int = 1

    @classmethod
    def create(
        cls, user: UserLike, *, by: Caller, seconds: int, secret: str, pepper: bytes
    ) -> "Device":
        """A new device of that user, which the caller lets in for so many seconds."""
        now = now_ms()
        own = by.client_id.removeprefix("cli_")
        return cls(
            id=f"dev_{own}{now:012x}{os.urandom(6).hex()}",
            partner_id=by.partner_id,
            client_id=by.client_id,
            user_id=user.id,
            org_id=user.org_id,
            org_path=user.org_path,
            secret_hash=secret_hash(secret, pepper),
            created=now,
            expires_at=now // 1000 + seconds,
        )

    @property
    def has_expired(self) -> bool:
        """Whether its time is over. DynamoDB deletes its item later."""
        return self.expires_at <= now_ms() // 1000

    def with_secret(self, secret: str, pepper: bytes) -> "Device":
        """The device with another secret, which replaces the one before."""
        return replace(self, secret_hash=secret_hash(secret, pepper))

    def accepts(self, secret: str, pepper: bytes) -> bool:
        """Whether the secret is valid, and the device has not expired."""
        matches = hmac.compare_digest(secret_hash(secret, pepper), self.secret_hash)
        return matches and not self.has_expired

    def as_caller(self, client: Client) -> Caller | None:
        """The device as handlers see it.

        None when its client has no valid secret, or does not see the user's organization any more.
        """
        if not client.secret_hashes or not client.as_caller().sees(self.org_path):
            return None
        return Caller(
            partner_id=self.partner_id,
            client_id=self.client_id,
            org_id=self.org_id,
            org_path=self.org_path,
            scopes=frozenset(),
            device_id=self.id,
            user_id=self.user_id,
        )
