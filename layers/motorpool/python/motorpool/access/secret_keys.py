"""The keys under which the service hashes and signs: one value each in Secrets Manager.

A key is kept for an hour. One that cannot be read again then is used on, and asked for once a
minute; so an outage of Secrets Manager is noticed only by functions that start during it.
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

MAX_AGE_SECONDS = 3600
MINUTE = 60


def pepper() -> bytes:
    """Keys the hashes of client secrets. It changes only when every client's secret does.

    This and the other keys raise Unavailable when they were never read and cannot be.
    """
    return _value(PEPPER)


def token_key() -> bytes:
    """Signs access tokens."""
    return _value(TOKEN_KEY)


def token_keys() -> Iterator[bytes]:
    """The keys that a token may be signed with: the present one, then those of a rotation.

    Only who asks on reads on: the key anew, and the one before it, at most once a minute.
    """
    yield token_key()
    yield from _rotated(os.environ[TOKEN_KEY], _minute())


def cursor_key() -> bytes:
    """Signs the cursors of lists. With a new one, callers begin their lists again."""
    return _value(CURSOR_KEY)


def forget() -> None:
    """Read every secret anew."""
    for kept in (_provider, _read, _rotated):
        kept.cache_clear()
    _last.clear()


@cache
def _provider() -> SecretsProvider:
    return SecretsProvider(boto3_client=aws.secrets_manager())


_last: dict[str, bytes] = {}


def _value(variable: str) -> bytes:
    """The secret that a variable names, which `Uses(secrets=…)` has set."""
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


@lru_cache(maxsize=1)
def _rotated(secret: str, _minute: int) -> tuple[bytes, ...]:
    """The secret as it is now, and its previous version; without those that cannot be read."""
    # A provider of its own: one keeps a single version of each secret.
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
    get_secret_value={"SecretId": "any"},
)
