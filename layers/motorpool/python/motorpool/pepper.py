"""The pepper under which client secrets are hashed: one value in Secrets Manager."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

# It changes only when every client's secret does.
MAX_AGE_SECONDS = 3600


def pepper() -> bytes:
    """The pepper, read from the secret that `Uses(secrets=("pepper",))` names."""
    value = _provider().get(os.environ["PEPPER_SECRET_ARN"], max_age=MAX_AGE_SECONDS)
    return value if isinstance(value, bytes) else str(value).encode()


@cache
def _provider() -> "SecretsProvider":
    from aws_lambda_powertools.utilities.parameters import SecretsProvider
    from botocore.config import Config

    patience = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard"})
    return SecretsProvider(boto_config=patience)
