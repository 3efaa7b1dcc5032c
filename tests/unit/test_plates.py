"""Plates are compared as people read them: upper-case, without spaces, dots and dashes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from motorpool.api.schemas import StateCode
from motorpool.vehicles.plates import LicensePlate, compared

PLATE: TypeAdapter[str] = TypeAdapter(LicensePlate)
STATE: TypeAdapter[str] = TypeAdapter(StateCode)


@pytest.mark.parametrize("written", ["TEST-123", "test 123", "Te.St-1 2.3", " test123", "TEST123-"])
def test_one_plate_may_be_written_in_many_ways(written: str) -> None:
    assert compared(written) == "TEST123"


def test_another_plate_stays_another_plate() -> None:
    assert compared("TEST-123") != compared("TEST-132")
    assert compared("O0") != compared("00")


@given(st.from_regex(r"[A-Za-z0-9 .\-]{1,16}", fullmatch=True))
def test_comparing_twice_changes_nothing(plate: str) -> None:
    assert compared(compared(plate)) == compared(plate)


@pytest.mark.parametrize(
    "written", ["", " ", "---", " . - ", "TEST_123", "TEST#123", "ÄB 12", "١٢٣", "A\0B", "A" * 17]
)
def test_what_no_state_stamps_is_no_plate(written: str) -> None:
    with pytest.raises(ValidationError):
        PLATE.validate_python(written)


@given(st.text(max_size=20))
def test_whatever_is_accepted_can_be_compared(text: str) -> None:
    try:
        plate = PLATE.validate_python(text)
    except ValidationError:
        return
    assert compared(plate).isascii()
    assert compared(plate).isalnum()


def test_there_are_fifty_states_and_a_district_written_in_any_case() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = {first + second for first in letters for second in letters}
    accepted = set()
    for code in codes:
        try:
            accepted.add(STATE.validate_python(code.lower()))
        except ValidationError:
            continue
    assert len(accepted) == 51
    assert {"DC", "CA", "WY"} <= accepted
    assert not {"PR", "GU", "XX"} & accepted


@pytest.mark.parametrize("written", ["\u0131l", "\u0131L", "m\u017f", "\u017fc", "\u0131d"])
def test_a_state_is_written_in_ascii_even_where_unicode_has_the_same_upper_case(
    written: str,
) -> None:
    assert written.upper().isascii()
    with pytest.raises(ValidationError):
        STATE.validate_python(written)
