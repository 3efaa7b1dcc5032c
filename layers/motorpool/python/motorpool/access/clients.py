"""Clients of a partner and their secrets, which are shown once and stored as keyed hashes."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Protocol

from motorpool import names
from motorpool.access.callers import Caller
from motorpool.access.scopes import Scope
from motorpool.access.tokens import Token, secret_mark
from motorpool.clock import now_ms
from motorpool.errors import InvalidParameters, RotationNotFinished
from motorpool.ids import new_id

# A fixed prefix, so that secret scanners find a secret that was committed by mistake.
SECRET_PREFIX = "motorpool_secret_"  # noqa: S105


def new_secret() -> str:
    """A new client secret: the prefix and 256 random bits (60 characters)."""
    import secrets

    return SECRET_PREFIX + secrets.token_urlsafe(32)


def secret_hash(secret: str, pepper: bytes) -> str:
    """The stored hash of a secret: HMAC-SHA256 with the pepper as key, in hex.

    No slow hash is needed, because 256 random bits cannot be guessed.
    """
    return hmac.new(pepper, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class OrganizationLike(Protocol):
    """The properties of an organization that a client needs; `tenants` is above this room."""

    @property
    def id(self) -> str:
        """The organization's id."""

    @property
    def partner_id(self) -> str:
        """The id of its partner."""

    @property
    def path(self) -> str:
        """The ids from its root to itself: `root/child/leaf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program of a partner that calls the APIs.

    `org_path` and `org_id` are as in `Caller`. `secret_hashes` has the one or two valid secrets,
    newest first; it is empty when all are revoked.
    """

    id: str
    partner_id: str
    name: str
    org_id: str | None
    org_path: str
    scopes: tuple[Scope, ...]
    secret_hashes: tuple[str, ...]
    created: int
    updated: int

    @classmethod
    def create(
        cls,
        partner_id: str,
        name: str,
        scopes: frozenset[Scope],
        *,
        secret: str,
        pepper: bytes,
        linked_to: OrganizationLike | None = None,
        home: OrganizationLike | None = None,
    ) -> "Client":
        """A new client of an organization and all below it, or of the whole partner.

        `home` is the default organization of a client of the whole partner.
        Raises InvalidParameters on another partner's organization, and on a name that is not 1 to
        64 printable characters.
        """
        for field, organization in (("organization", linked_to), ("home", home)):
            if organization and organization.partner_id != partner_id:
                raise InvalidParameters((field, "belongs to another partner"))
        default = linked_to or home
        now = now_ms()
        return cls(
            id=new_id("cli"),
            partner_id=partner_id,
            name=names.checked(name),
            org_id=default.id if default else None,
            org_path=linked_to.path if linked_to else "",
            scopes=tuple(sorted(scopes)),
            secret_hashes=(secret_hash(secret, pepper),),
            created=now,
            updated=now,
        )

    def accepts(self, secret: str, pepper: bytes) -> bool:
        """Whether the secret is valid. Takes the same time whichever secret matches."""
        offered = secret_hash(secret, pepper)
        matches = [hmac.compare_digest(offered, known) for known in self.secret_hashes]
        return any(matches)

    def mark_of(self, secret: str, pepper: bytes) -> str | None:
        """The mark that tokens issued for that secret have; None when the secret is not valid."""
        if not self.accepts(secret, pepper):
            return None
        return secret_mark(secret_hash(secret, pepper))

    def accepts_token(self, token: Token) -> bool:
        """Whether the secret that the token was issued for is still valid."""
        return token.secret_mark in map(secret_mark, self.secret_hashes)

    def with_new_secret(self, secret: str, pepper: bytes, *, force: bool = False) -> "Client":
        """The client with the new secret; its newest old secret stays valid.

        Raises RotationNotFinished when two are valid already, because the older one may be in use
        and would become invalid. `force` allows that.
        """
        if len(self.secret_hashes) > 1 and not force:
            raise RotationNotFinished
        hashes = (secret_hash(secret, pepper), *self.secret_hashes[:1])
        return replace(self, secret_hashes=hashes, updated=now_ms())

    def without_old_secret(self) -> "Client":
        """The client with its newest secret only: ends a rotation."""
        return replace(self, secret_hashes=self.secret_hashes[:1], updated=now_ms())

    def revoked(self) -> "Client":
        """The client without a valid secret: it cannot call the APIs until it gets a new one."""
        return replace(self, secret_hashes=(), updated=now_ms())

    def as_caller(self, scopes: frozenset[str] | None = None) -> Caller:
        """The client as handlers see it, with those of `scopes` that it has (default: all)."""
        own = frozenset[str](self.scopes)
        return Caller(
            partner_id=self.partner_id,
            client_id=self.id,
            org_id=self.org_id,
            org_path=self.org_path,
            scopes=own if scopes is None else own & scopes,
        )
