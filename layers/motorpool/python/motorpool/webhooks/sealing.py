"""The secrets of webhooks at rest: encrypted under one key, each bound to its webhook.

Decision 0012 compares this with a secret in Secrets Manager, or calls of KMS, for each webhook.
"""

import hmac
import os
from base64 import b64decode, b64encode
from hashlib import sha256

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from motorpool.access.secret_keys import webhook_key, webhook_keys


def sealed(secret: str, webhook_id: str) -> str:
    """The secret as an item has it: XChaCha20-Poly1305, in base64.

    Raises Unavailable, as `opened` does, when the key cannot be read and is not cached.
    """
    # From the operating system: what is seeded before a snapshot is the same in each copy of it.
    nonce = os.urandom(Aead.NONCE_SIZE)
    return b64encode(
        _cipher(webhook_key()).encrypt(secret.encode(), _bound_to(webhook_id), nonce)
    ).decode()


def opened(item: str, webhook_id: str) -> str:
    """The secret that `sealed` made this of, for the same webhook.

    After a rotation of the key, what the previous one sealed can still be opened. Raises ValueError
    for anything else.
    """
    try:
        box = b64decode(item, validate=True)
    except ValueError:
        raise ValueError("not a sealed secret") from None
    for key in webhook_keys():
        try:
            return _cipher(key).decrypt(box, _bound_to(webhook_id)).decode()
        except (CryptoError, ValueError):
            continue
    raise ValueError("not a sealed secret of this webhook")


def _bound_to(webhook_id: str) -> bytes:
    return webhook_id.encode()


def _cipher(key: bytes) -> Aead:
    return Aead(hmac.digest(key, b"webhook secrets are encrypted", sha256))
