"""Clients of a partner and their secrets: shown once, kept as a keyed hash, two valid at a time."""

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

# Recognizable, so that secret scanners find one that was committed by mistake.
SECRET_PREFIX = "motorpool_secret_"  # noqa: S105


def new_secret() -> str:
    """A client secret: 256 random bits behind a recognizable prefix (60 characters)."""
    import secrets

    return SECRET_PREFIX + secrets.token_urlsafe(32)


def secret_hash(secret: str, pepper: bytes) -> str:
    """What is stored of a secret: HMAC-SHA256 under the pepper, in hex.

    A slow hash would add nothing: the secret has 256 random bits, so it cannot be guessed.
    """
    return hmac.new(pepper, secret.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


class Place(Protocol):
    """An organization, as far as a client is linked to it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def partner_id(self) -> str:
        """The partner that it is of."""

    @property
    def path(self) -> str:
        """From its root to itself: `root/child/leaf`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program of the partner's that calls the API.

    `org_path` and `org_id` as in `Caller`. `secret_hashes` is newest first, one or two of them;
    none when both are revoked.
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
        linked_to: Place | None = None,
        home: Place | None = None,
    ) -> "Client":
        """A new client, linked to an organization and all below it, or to the whole partner.

        `home` is where a whole-partner client's new users go by default.
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
        """Whether the secret is one of the client's, compared in constant time."""
        offered = secret_hash(secret, pepper)
        matches = [hmac.compare_digest(offered, known) for known in self.secret_hashes]
        return any(matches)

    def mark_of(self, secret: str, pepper: bytes) -> str | None:
        """The mark that tokens got with that secret carry; None when it is not the client's."""
        if not self.accepts(secret, pepper):
            return None
        return secret_mark(secret_hash(secret, pepper))

    def stands_by(self, token: Token) -> bool:
        """Whether the secret that the token was got with is still valid."""
        return token.secret_mark in map(secret_mark, self.secret_hashes)

    def with_new_secret(self, secret: str, pepper: bytes, *, force: bool = False) -> "Client":
        """Rotated: the new secret and the one before it are valid.

        Raises RotationNotFinished when two are valid already: the older one, which may be in use,
        would become invalid. `force` accepts that.
        """
        if len(self.secret_hashes) > 1 and not force:
            raise RotationNotFinished
        hashes = (secret_hash(secret, pepper), *self.secret_hashes[:1])
        return replace(self, secret_hashes=hashes, updated=now_ms())

    def without_old_secret(self) -> "Client":
        """Only the newest secret is valid: the end of a rotation."""
        return replace(self, secret_hashes=self.secret_hashes[:1], updated=now_ms())

    def revoked(self) -> "Client":
        """No secret is valid: the client is shut out until a new one is made."""
        return replace(self, secret_hashes=(), updated=now_ms())

    def as_caller(self, scopes: frozenset[str] | None = None) -> Caller:
        """The client as handlers see it, with those of its scopes (all, if none are given)."""
        own = frozenset[str](self.scopes)
        return Caller(
            partner_id=self.partner_id,
            client_id=self.id,
            org_id=self.org_id,
            org_path=self.org_path,
            scopes=own if scopes is None else own & scopes,
        )
