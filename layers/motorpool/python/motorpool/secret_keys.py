"""The keys under which the service hashes and signs: one value each in Secrets Manager."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

# They hardly ever change, and a wrong one is noticed at once.
MAX_AGE_SECONDS = 3600


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
    value = provider().get(os.environ[variable], max_age=MAX_AGE_SECONDS)
    return value if isinstance(value, bytes) else str(value).encode()


@cache
def provider() -> "SecretsProvider":
    """The client of Secrets Manager, made on first use."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from botocore.config import Config

    patience = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard"})
    return SecretsProvider(boto_config=patience)
