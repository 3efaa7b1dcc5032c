"""The keys with which the service hashes, signs and encrypts; each is a value in Secrets Manager.

A key is cached for an hour. If it cannot be read after that, the cached value stays in use and is
read again every minute, so that an outage of Secrets Manager affects new environments only.
"""

import os
import time
from collections.abc import Iterator
from functools import cache, lru_cache

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from motorpool import aws
from motorpool.errors import Unavailable
from motorpool.priming import prime

PEPPER = "PEPPER_SECRET_ARN"
TOKEN_KEY = "TOKEN_KEY_SECRET_ARN"  # noqa: S105  # a variable's name
CURSOR_KEY = "CURSOR_KEY_SECRET_ARN"
WEBHOOK_KEY = "WEBHOOK_KEY_SECRET_ARN"

MAX_AGE_SECONDS = 3600
MINUTE = 60


def pepper() -> bytes:
    """The HMAC key of client secrets' hashes. A new one invalidates every client secret.

    Raises Unavailable, as the other keys do, when it cannot be read and is not cached.
    """
    return _value(PEPPER)


def token_key() -> bytes:
    """The key that signs access tokens."""
    return _value(TOKEN_KEY)


def token_keys() -> Iterator[bytes]:
    """The keys that a token may be signed with: the cached one, then the current and previous ones.

    The latter are for rotations. They are read only when iteration gets there, once a minute.
    """
    yield token_key()
    yield from _rotated(os.environ[TOKEN_KEY], _minute())


def cursor_key() -> bytes:
    """The key that encrypts cursors. A new one invalidates the cursors of lists in progress."""
    return _value(CURSOR_KEY)


def webhook_key() -> bytes:
    """The key that encrypts the secrets of webhooks."""
    return _value(WEBHOOK_KEY)


def webhook_keys() -> Iterator[bytes]:
    """The keys that a webhook's secret may be encrypted under, like `token_keys`."""
    yield webhook_key()
    yield from _rotated(os.environ[WEBHOOK_KEY], _minute())


def forget() -> None:
    """Clear the caches: every secret is read again."""
    for kept in (_provider, _read, _rotated):
        kept.cache_clear()
    _last.clear()


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=aws.secrets_manager())


_last: dict[str, bytes] = {}


def _value(variable: str) -> bytes:
    """The secret whose ARN is in that environment variable, set by `Uses(secrets=…)`."""
    return _read(os.environ[variable], _minute())


@lru_cache(maxsize=8)
def _read(secret: str, _minute: int) -> bytes:
    try:
        value = _provider().get(secret, max_age=MAX_AGE_SECONDS)
    except GetParameterError as fault:
        if secret not in _last:
            raise Unavailable from fault
        return _last[secret]
    _last[secret] = str(value).encode()
    return _last[secret]


@lru_cache(maxsize=2)
def _rotated(secret: str, _minute: int) -> tuple[bytes, ...]:
    """The current and the previous version of the secret, without those that cannot be read."""
    # Another provider, because a provider caches one version of each secret.
    provider = SecretsProvider(boto3_client=aws.secrets_manager())
    found = []
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        try:
            value = provider.get(secret, force_fetch=True, VersionStage=stage)
        except GetParameterError:
            continue
        found.append(str(value).encode())
    return tuple(found)


def _minute() -> int:
    return int(time.monotonic()) // MINUTE


prime(
    aws.secrets_manager,
    PEPPER,
    TOKEN_KEY,
    CURSOR_KEY,
    WEBHOOK_KEY,
    get_secret_value={"SecretId": "any"},
)
