"""Times go out as ISO 8601 in UTC, with `Z` and always three digits of milliseconds."""

import time

import pytest

from motorpool.clock import iso, now_ms


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1585340476000, "2020-03-27T20:21:16.000Z"),
        (1585340476007, "2020-03-27T20:21:16.007Z"),
        (1585340476999, "2020-03-27T20:21:16.999Z"),
        (4102444799999, "2099-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_written_to_the_millisecond_in_utc(ms: int, text: str) -> None:
    assert iso(ms) == text


def test_now_is_the_machines_time_in_milliseconds() -> None:
    assert abs(now_ms() - time.time() * 1000) < 1000
    assert len(str(now_ms())) == 13
