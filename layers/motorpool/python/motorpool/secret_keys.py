"""The keys under which the service hashes and signs: one value each in Secrets Manager."""

import os
import time
from functools import cache

from motorpool.aws.service import JsonService

# They hardly ever change, and a wrong one is noticed at once.
MAX_AGE_SECONDS = 3600
SECRETS = JsonService("secretsmanager", "secretsmanager", version="1.1", timeout=2.0)


def pepper() -> bytes:
    """Keys the hashes of client secrets. It changes only when every client's secret does."""
    return _value("PEPPER_SECRET_ARN")


def token_key() -> bytes:
    """Signs access tokens. With a new one, clients ask for new tokens."""
    return _value("TOKEN_KEY_SECRET_ARN")


def cursor_key() -> bytes:
    """Signs the cursors of lists. With a new one, callers begin their lists again."""
    return _value("CURSOR_KEY_SECRET_ARN")


def _value(variable: str) -> bytes:
    """The secret that a variable names, which `Uses(secrets=…)` has set."""
    return _read(os.environ[variable], int(time.time()) // MAX_AGE_SECONDS)


@cache
def _read(secret: str, _hour: int) -> bytes:
    value: str = SECRETS.call("GetSecretValue", SecretId=secret)["SecretString"]
    return value.encode()


def forget() -> None:
    """Read every secret anew."""
    _read.cache_clear()
