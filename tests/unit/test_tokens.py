"""A token is ours, unexpired and unchanged, or it is nothing."""

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motorpool.access import tokens
from motorpool.access.clients import Client
from motorpool.access.tokens import Token, key_id

KEY = b"k" * 64
TOKEN = Token("cli_" + "2" * 32, "mark", frozenset({"b.read", "a.write"}))


def forged(key: Any = KEY, algorithm: str = "HS256", kid: str | None = None, **changes: Any) -> str:
    """The token with other claims (None: without them), header or key."""
    text = TOKEN.signed(KEY)
    claims = jwt.decode(text, KEY, ["HS256"], audience=tokens.AUDIENCE) | changes
    present = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(present, key, algorithm, headers={"kid": kid or key_id(KEY)})


def test_a_signed_token_is_read_again() -> None:
    assert Token.read(TOKEN.signed(KEY), [KEY]) == TOKEN
    assert Token.read(forged(), [KEY]) == TOKEN


def test_a_token_without_scopes_has_none() -> None:
    nothing = Token("cli_" + "2" * 32, "mark", frozenset())
    assert Token.read(nothing.signed(KEY), [KEY]) == nothing


def test_no_two_tokens_are_the_same_text() -> None:
    assert TOKEN.signed(KEY) != TOKEN.signed(KEY)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1}, {"exp": None}, {"iat": None}, {"iat": 2**33}, {"sub": None}, {"sid": None},
        {"scope": None}, {"aud": None}, {"aud": "motorpool"}, {"iss": None}, {"iss": "x"},
        {"kid": "another"}, {"key": b"x" * 64}, {"algorithm": "HS512"}, {"algorithm": "none"},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_as_ours_are_is_nothing(changes: dict[str, Any]) -> None:
    unsigned = {"key": None} if changes.get("algorithm") == "none" else {}
    assert Token.read(forged(**changes | unsigned), [KEY]) is None


@given(text=st.text() | st.builds(lambda parts: ".".join(parts), st.lists(st.text(), max_size=5)))
def test_no_text_whatsoever_is_more_than_nothing(text: str) -> None:
    assert Token.read(text, [KEY]) is None


def test_a_lone_surrogate_is_nothing() -> None:
    assert Token.read("\ud800", [KEY]) is None


def test_the_name_of_a_key_tells_nothing_of_it() -> None:
    assert key_id(KEY) != key_id(b"x" * 64)
    assert len(key_id(KEY)) == 16
    assert key_id(KEY).encode() not in KEY


def test_a_client_stands_by_the_tokens_of_its_valid_secrets_only() -> None:
    pepper = b"pepper"
    client = Client.create("ptr_1", "x", frozenset(), secret="one", pepper=pepper)
    both = client.with_new_secret("two", pepper)
    old, new = (
        Token(client.id, mark, frozenset())
        for secret in ("one", "two")
        if (mark := both.mark_of(secret, pepper))
    )
    assert both.mark_of("three", pepper) is None
    assert (both.accepts_token(old), both.accepts_token(new)) == (True, True)
    newest = both.without_old_secret()
    assert (newest.accepts_token(old), newest.accepts_token(new)) == (False, True)
    assert not both.revoked().accepts_token(new)
