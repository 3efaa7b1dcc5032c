"""Cursors: opaque, signed, and good for one list only."""

import base64

import pytest

from motorpool.api import pages
from motorpool.api.pages import PageQuery, cursor_after, key_before
from motorpool.errors import InvalidParameters

KEY = {"pk": "VEHICLE#veh_1", "sk": "CHECKIN#chk_1", "gsi1pk": "ü1"}
LIST = "check-ins of veh_1"


@pytest.fixture(autouse=True)
def _signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "cursor_key", lambda: b"a key")


def refused(cursor: str, list_name: str = LIST) -> None:
    with pytest.raises(InvalidParameters, match=r"^cursor: "):
        key_before(cursor, list_name)


def cursor() -> str:
    made = cursor_after(KEY, LIST)
    assert made is not None
    assert made.endswith("=")  # so that the changes below reach the padding
    return made


def test_a_cursor_leads_back_to_its_key() -> None:
    assert key_before(cursor(), LIST) == KEY


def test_at_the_end_there_is_no_cursor_and_without_one_a_list_begins() -> None:
    assert cursor_after(None, LIST) is None
    assert key_before(None, LIST) is None


def test_a_cursor_can_stand_in_a_query_string() -> None:
    assert set(cursor()) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=")


def test_no_changed_character_goes_unnoticed() -> None:
    given = cursor()
    for place, character in enumerate(given):
        for other in "Ab-_=+/ \n":
            if other != character:
                refused(given[:place] + other + given[place + 1 :])


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:-1], lambda c: c[1:], lambda c: c + "=", lambda c: c + "AAAA",
        lambda c: c.rstrip("="), lambda c: f" {c}", lambda c: f"{c}\n", lambda c: c.swapcase(),
        lambda c: "", lambda c: "ü", lambda c: "\ud800", lambda c: "\0", lambda c: "=" * 8,
    ],
)  # fmt: skip
def test_no_other_text_is_a_cursor(change: object) -> None:
    assert callable(change)
    refused(change(cursor()))


def test_a_cursor_of_another_list_is_refused() -> None:
    refused(cursor(), "check-ins of veh_2")
    refused(cursor(), "")


def test_a_cursor_signed_with_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given = cursor()
    monkeypatch.setattr(pages, "cursor_key", lambda: b"another key")
    refused(given)


def test_a_list_name_and_a_key_cannot_be_shifted_into_each_other() -> None:
    payload = base64.urlsafe_b64decode(cursor())[32:].decode()
    assert pages._signature(payload.encode(), LIST) != pages._signature(
        payload[1:].encode(), LIST + payload[0]
    )


@pytest.mark.parametrize(
    ("given", "limit"), [({}, 25), ({"limit": "1"}, 1), ({"limit": "100"}, 100)]
)
def test_a_page_has_25_items_or_1_to_100(given: dict[str, str], limit: int) -> None:
    assert PageQuery.model_validate(given, strict=False).limit == limit
