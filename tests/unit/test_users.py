"""What a user's request must say."""

from typing import Any

import pytest
from pydantic import ValidationError

from motorpool.tenants.partner_api import CreateUser

REQUEST = {
    "firstName": "Dana",
    "lastName": "Reyes",
    "phone": "+14155550123",
    "email": "dana@example.com",
    "address": {"state": "CA"},
}


def refused(**changes: Any) -> str:
    with pytest.raises(ValidationError) as raised:
        CreateUser.model_validate(REQUEST | changes)
    [error] = raised.value.errors()
    return ".".join(map(str, error["loc"]))


@pytest.mark.parametrize(
    "phone",
    ["", "4155550123", "+0155550123", "+1 415 555 0123", "+1415", "+" + "1" * 16, "+1415555\n",
     "+١٤١٥٥٥٥٠١٢٣", "+1415555012#", None, 14155550123],
)  # fmt: skip
def test_a_phone_is_e164(phone: Any) -> None:
    assert refused(phone=phone) == "phone"


@pytest.mark.parametrize("email", ["dana", "@x", "dana@", "d d@x", "d@x y", "a@b@c", "d\0@x", 5])
def test_an_email_has_one_at_with_text_around_it(email: Any) -> None:
    assert refused(email=email) == "email"


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_an_email_may_be_left_out(nothing: Any) -> None:
    assert CreateUser.model_validate(REQUEST | {"email": nothing}).email is None


@pytest.mark.parametrize("field", ["firstName", "lastName"])
@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", "a\x85b", "a\ufffdb", None, 5])
def test_a_name_is_printable_text_of_1_to_64_characters(field: str, name: Any) -> None:
    assert refused(**{field: name}) == field


@pytest.mark.parametrize(
    "character",
    ["\u2028", "\u2029", "\u061c", "\u200e", "\u200f",
     *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))],
    ids=ascii,
)  # fmt: skip
def test_a_name_has_no_line_separator_and_nothing_that_sets_the_direction_of_text(
    character: str,
) -> None:
    assert refused(firstName=f"Dana{character}Reyes") == "firstName"


@pytest.mark.parametrize(
    "name", ["Jörg", "李", "O'Brien-Smith", "\U0001f697", "دانا", "x\u202f\u200dy", "x" * 64]
)
def test_people_may_be_called_what_they_are_called(name: str) -> None:
    assert CreateUser.model_validate(REQUEST | {"firstName": name}).first_name == name


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (None, "address"),
        ("CA", "address"),
        ({}, "address.state"),
        ({"state": "X"}, "address.state"),
    ],
)
def test_an_address_has_a_state(address: Any, field: str) -> None:
    assert refused(address=address) == field
