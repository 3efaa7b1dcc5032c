"""When a partner's vehicles are to be checked in."""

from typing import Any

import pytest

from motorpool.errors import InvalidParameters
from motorpool.tenants.partners import DAY_MS, Cadence, Partner

THEN = 1_795_253_400_000


def test_without_a_cadence_nothing_is_due_and_everything_open() -> None:
    assert Cadence().next_after(THEN) is None
    assert Cadence().opens_at(THEN) == 0
    assert str(Cadence()) == "at any time"


@pytest.mark.parametrize(
    ("days", "before", "opens_after_days"), [(30, 5, 25), (30, 0, 30), (30, 30, 0), (1, 1, 0)]
)
def test_with_one_the_next_is_due_after_its_days_and_opens_before(
    days: int, before: int, opens_after_days: int
) -> None:
    cadence = Cadence(days, before)
    assert cadence.next_after(THEN) == THEN + days * DAY_MS
    assert cadence.opens_at(THEN) == THEN + opens_after_days * DAY_MS


def test_the_first_check_in_is_always_open() -> None:
    assert Cadence(30, 5).opens_at(None) == 0


def test_a_new_partner_has_none_and_may_get_and_lose_one() -> None:
    partner = Partner.create("Motors")
    assert partner.cadence == Cadence()
    with_one = partner.with_cadence(30, 5)
    assert with_one.cadence == Cadence(30, 5)
    assert with_one.with_cadence(None, 0) == partner


@pytest.mark.parametrize(
    ("days", "before", "field"),
    [
        (0, 0, "checkInCadenceDays"), (-1, 0, "checkInCadenceDays"),
        (3651, 0, "checkInCadenceDays"), (30, 31, "checkInOpensDaysBefore"),
        (30, -1, "checkInOpensDaysBefore"), (None, 1, "checkInOpensDaysBefore"),
    ],
)  # fmt: skip
def test_a_window_is_within_a_cadence_of_1_to_3650_days(
    days: int | None, before: int, field: str
) -> None:
    with pytest.raises(InvalidParameters, match=f"^{field}: "):
        Partner.create("Motors").with_cadence(days, before)


@pytest.mark.parametrize("window", [(1, 0), (3650, 3650), (30, 30)])
def test_the_edges_are_within(window: Any) -> None:
    assert Partner.create("Motors").with_cadence(*window).cadence == Cadence(*window)
