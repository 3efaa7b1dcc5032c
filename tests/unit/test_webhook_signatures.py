"""Signatures of webhooks, as Standard Webhooks' own library verifies them; secrets at rest."""

import time
from base64 import b64encode
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from motorpool.webhooks import sealing
from motorpool.webhooks.sealing import opened, sealed
from motorpool.webhooks.signature import headers, key_of, new_secret

BODY = '{"type":"vehicle.created","plate":"MÜ-1"}'.encode()


def now_ms() -> int:
    return int(time.time() * 1000)


def test_the_library_of_receivers_verifies_a_message() -> None:
    secret = new_secret()
    made = headers("evt_1", now_ms(), BODY, [secret])
    assert Webhook(secret).verify(BODY, made)["type"] == "vehicle.created"


def test_it_refuses_another_body_id_or_time_and_another_secret() -> None:
    secret = new_secret()
    made = headers("evt_1", now_ms(), BODY, [secret])
    for changed in (
        made | {"webhook-id": "evt_2"},
        made | {"webhook-timestamp": str(int(made["webhook-timestamp"]) + 1)},
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY, changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", made)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, made)


def test_during_a_rotation_either_secret_verifies() -> None:
    new, old = new_secret(), new_secret()
    made = headers("evt_1", now_ms(), BODY, [new, old])
    for secret in (new, old):
        Webhook(secret).verify(BODY, made)
    assert [part[:3] for part in made["webhook-signature"].split(" ")] == ["v1,", "v1,"]


def test_a_known_message_has_the_signature_of_the_specification_s_example() -> None:
    """The example of the reference implementations' tests."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330_999, body, [secret])
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_new_secret_has_32_bytes_and_no_two_are_the_same() -> None:
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(key_of(secret)) for secret in made} == {32}


@pytest.mark.parametrize("length", [24, 64])
def test_a_secret_may_have_24_to_64_bytes(length: int) -> None:
    assert len(key_of("whsec_" + b64encode(b"k" * length).decode())) == length


@pytest.mark.parametrize(
    "malformed",
    [
        b64encode(b"k" * 32).decode(),
        "whsec_" + b64encode(b"k" * 23).decode(),
        "whsec_" + b64encode(b"k" * 65).decode(),
        "whsec_not base64!",
        "whsec_ü",
        "whsec_",
    ],
)
def test_anything_else_is_no_secret(malformed: str) -> None:
    with pytest.raises(ValueError, match=r"secret"):
        headers("evt_1", 0, BODY, [malformed])


def test_nothing_is_sent_without_a_signature_or_with_an_ambiguous_id() -> None:
    with pytest.raises(ValueError, match="no valid secret"):
        headers("evt_1", 0, BODY, [])
    with pytest.raises(ValueError, match="dot"):
        headers("evt.1", 0, BODY, [new_secret()])


class TestAtRest:
    @pytest.fixture(autouse=True)
    def keys(self, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
        """The keys, the newest first."""
        keys = [b"a key of the webhooks" * 2]
        monkeypatch.setattr(sealing, "webhook_key", lambda: keys[0])

        def valid() -> Iterator[bytes]:
            yield from keys

        monkeypatch.setattr(sealing, "webhook_keys", valid)
        return keys

    def test_a_secret_is_read_back_and_does_not_show(self) -> None:
        secret = new_secret()
        item = sealed(secret, "whk_1")
        assert opened(item, "whk_1") == secret
        assert secret.removeprefix("whsec_") not in item
        assert sealed(secret, "whk_1") != item

    def test_it_cannot_be_used_for_another_webhook(self) -> None:
        with pytest.raises(ValueError, match="not a sealed secret"):
            opened(sealed(new_secret(), "whk_1"), "whk_2")

    def test_after_a_rotation_of_the_key_it_is_still_read(self, keys: list[bytes]) -> None:
        secret = new_secret()
        item = sealed(secret, "whk_1")
        keys.insert(0, b"a newer key")
        assert opened(item, "whk_1") == secret
        keys.pop()
        with pytest.raises(ValueError, match="not a sealed secret"):
            opened(item, "whk_1")

    @given(st.text(max_size=120))
    def test_anything_else_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="not a sealed secret"):
            opened(text, "whk_1")
