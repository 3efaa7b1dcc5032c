"""Cursors: encrypted, and good for one list and one subtree only. A page's parameters."""

import base64
import hmac
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from pydantic import ValidationError

from motorpool.access.callers import Caller
from motorpool.api import pages
from motorpool.api.pages import PageQuery, SupplierPageQuery, cursor_after, key_before
from motorpool.errors import InvalidParameters

KEY = {"pk": "VEHICLE#veh_1", "sk": "CHECKIN#chk_1", "gsi1pk": "ü12"}
LIST = "check-ins of veh_1"
CALLER = Caller(
    partner_id="ptr_1", client_id="cli_1", org_id="org_1", org_path="org_1", scopes=frozenset()
)


@pytest.fixture(autouse=True)
def _keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "cursor_key", lambda: b"a key")


def refused(cursor: str, list_name: str = LIST, caller: Caller = CALLER) -> None:
    with pytest.raises(InvalidParameters, match=r"^cursor: "):
        key_before(cursor, list_name, caller)


def cursor() -> str:
    made = cursor_after(KEY, LIST, CALLER)
    assert made is not None
    assert made.endswith("=")  # so that the changes below reach the padding
    return made


def test_a_cursor_leads_back_to_its_key() -> None:
    assert key_before(cursor(), LIST, CALLER) == KEY


def test_at_the_end_there_is_no_cursor_and_without_one_a_list_begins() -> None:
    assert cursor_after(None, LIST, CALLER) is None
    assert key_before(None, LIST, CALLER) is None


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


def test_a_cursor_of_another_partner_or_subtree_is_refused() -> None:
    refused(cursor(), caller=replace(CALLER, partner_id="ptr_2"))
    refused(cursor(), caller=replace(CALLER, org_path="org_1/org_2"))
    refused(cursor(), caller=replace(CALLER, org_path=""))


def test_another_client_of_the_same_organization_can_read_on() -> None:
    assert key_before(cursor(), LIST, replace(CALLER, client_id="cli_2")) == KEY


def test_a_cursor_made_with_another_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    given = cursor()
    monkeypatch.setattr(pages, "cursor_key", lambda: b"another key")
    refused(given)


def test_a_cursor_that_an_older_version_signed_is_refused() -> None:
    payload = json.dumps(KEY).encode()
    signature = hmac.digest(b"a key", f"{LIST}\0".encode() + payload, sha256)
    refused(base64.urlsafe_b64encode(signature + payload).decode())


def test_a_cursor_shows_nothing_of_its_key_and_no_two_are_alike() -> None:
    one, other = (base64.urlsafe_b64decode(cursor()) for _ in range(2))
    for part in (b"VEHICLE", b"veh_1", b"chk_1", b"gsi1pk"):
        assert part not in one
    alike = sum(a == b for a, b in zip(one, other, strict=True))
    assert alike < len(one) / 4


def test_list_partner_and_subtree_cannot_be_shifted_into_each_other() -> None:
    given = cursor_after(KEY, "a", replace(CALLER, partner_id="b", org_path="c"))
    assert given is not None
    refused(given, "ab", replace(CALLER, partner_id="", org_path="c"))
    refused(given, "a", replace(CALLER, partner_id="bc", org_path=""))


@pytest.mark.parametrize(
    ("query", "given", "instead"),
    [
        (PageQuery, "page_size", "limit"),
        (PageQuery, "page_token", "cursor"),
        (SupplierPageQuery, "limit", "page_size"),
        (SupplierPageQuery, "cursor", "page_token"),
    ],
)
def test_a_paging_parameter_of_the_other_api_is_refused_and_ours_is_named(
    query: type[PageQuery | SupplierPageQuery], given: str, instead: str
) -> None:
    with pytest.raises(ValidationError, match=f"{given}: is not .* use {instead}"):
        query.model_validate({given: "1"}, strict=False)


@pytest.mark.parametrize(
    ("given", "limit"), [({}, 25), ({"limit": "1"}, 1), ({"limit": "100"}, 100)]
)
def test_a_page_has_25_items_or_1_to_100(given: dict[str, str], limit: int) -> None:
    assert PageQuery.model_validate(given, strict=False).limit == limit
