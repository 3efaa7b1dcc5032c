"""Signatures of webhooks, by the Standard Webhooks specification, version 1.0.0.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256

PREFIX = "whsec_"
SECRET_BYTES = 32
# What the specification allows.
SHORTEST_SECRET, LONGEST_SECRET = 24, 64


def new_secret() -> str:
    """A new secret: `whsec_`, then 32 bytes from the operating system in base64."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key in a secret. Raises ValueError if that is no secret of 24 to 64 bytes."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"a secret has base64 after {PREFIX}") from None
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise ValueError(f"a secret has {SHORTEST_SECRET} to {LONGEST_SECRET} bytes")
    return key


def headers(id: str, at_ms: int, body: bytes, valid: Iterable[str]) -> dict[str, str]:
    """The three headers of a message: its id, its time, and a signature by each valid secret.

    `id`: the same at each try, without a dot. `at_ms`: the time of the try in milliseconds; the
    header has whole seconds. `body`: exactly the bytes that are sent. `valid`: the secrets, the
    newest first. Raises ValueError if there is none, or one is malformed.
    """
    if "." in id:
        raise ValueError("an id has no dot, because a dot ends it in what is signed")
    timestamp = str(at_ms // 1000)
    signed = b".".join((id.encode(), timestamp.encode(), body))
    signatures = [f"v1,{_signature(key_of(secret), signed)}" for secret in valid]
    if not signatures:
        raise ValueError("there is no valid secret")
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(key: bytes, signed: bytes) -> str:
    return b64encode(hmac.digest(key, signed, sha256)).decode()
