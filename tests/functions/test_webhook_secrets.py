"""Secrets of webhooks, with the key from Secrets Manager."""

import os

import pytest

from motorpool.access import secret_keys
from motorpool.webhooks.sealing import opened, sealed
from motorpool.webhooks.signature import new_secret
from tests.functions import wire


def test_an_older_secret_is_still_read_after_one_rotation_of_the_key_but_not_after_two() -> None:
    secret = new_secret()
    item = sealed(secret, "whk_1")

    def rotate() -> None:
        key = os.environ[secret_keys.WEBHOOK_KEY]
        wire.aws("secretsmanager").put_secret_value(SecretId=key, SecretString=new_secret())
        secret_keys.forget()

    rotate()
    assert opened(item, "whk_1") == secret
    again = sealed(secret, "whk_1")
    rotate()
    assert opened(again, "whk_1") == secret
    with pytest.raises(ValueError, match="not a sealed secret of this webhook"):
        opened(item, "whk_1")
