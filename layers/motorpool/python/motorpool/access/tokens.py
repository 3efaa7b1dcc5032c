"""Access tokens: JWTs with the client, the mark of its secret, and the scopes.

Everything else about the client is read when the token is used, so that changes by operators apply
at once. Revoking a secret also invalidates the tokens that were issued for it.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from motorpool.clock import now_ms

ALGORITHM = "HS256"
ISSUER = "motorpool"
AUDIENCE = "motorpool/v1"
LIFETIME_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Token:
    """The content of a token: the client, the mark of the secret it was issued for, its scopes."""

    client_id: str
    secret_mark: str
    scopes: frozenset[str]

    def signed(self, key: bytes) -> str:
        """The token as a JWT, valid for an hour."""
        import jwt

        now = now_ms() // 1000
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": self.client_id,
            "sid": self.secret_mark,
            "scope": " ".join(sorted(self.scopes)),
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": os.urandom(8).hex(),
        }
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})

    @classmethod
    def read(cls, text: str, keys: Iterable[bytes]) -> "Token | None":
        """The token in a JWT that one of the keys signed; None when it is expired or invalid.

        Only `ALGORITHM` is accepted, whatever the token's header has (RFC 8725, 3.1).
        """
        import jwt

        if not text.isascii():
            return None
        try:
            kid = jwt.get_unverified_header(text).get("kid")
            key = next((key for key in keys if key_id(key) == kid), None)
            if key is None:
                return None
            claims: dict[str, Any] = jwt.decode(
                text,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "sid", "scope"]},
            )
        except jwt.InvalidTokenError:
            return None
        return cls(claims["sub"], claims["sid"], frozenset(claims["scope"].split()))


def load_library() -> None:
    """Use the JWT library once, which imports it: for the snapshot."""
    key = bytes(32)
    Token.read(Token("", "", frozenset()).signed(key), [key])


def key_id(key: bytes) -> str:
    """The `kid` of a signing key: identifies the key without revealing it."""
    return hmac.new(key, b"kid", hashlib.sha256).hexdigest()[:16]


def secret_mark(secret_hash: str) -> str:
    """The mark of a secret in tokens: a digest of its stored hash; identifies the secret."""
    return hashlib.sha256(secret_hash.encode()).hexdigest()[:16]
