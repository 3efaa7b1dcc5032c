"""What a client is told of its hour."""

import pytest

from motorpool.access.rate_limit import WINDOW_MS, Rate

OPENED = 500_000 * WINDOW_MS


@pytest.mark.parametrize(
    ("after_ms", "seconds"),
    [(0, 3600), (1, 3600), (999, 3600), (1000, 3599), (WINDOW_MS - 1000, 1), (WINDOW_MS - 1, 1)],
)
def test_the_reset_is_the_seconds_until_the_next_full_hour_rounded_up(
    after_ms: int, seconds: int
) -> None:
    assert Rate(10, 1, OPENED + after_ms).reset_seconds == seconds


@pytest.mark.parametrize(("used", "left"), [(1, "9"), (10, "0"), (11, "0")])
def test_what_remains_is_never_less_than_nothing(used: int, left: str) -> None:
    assert Rate(10, used, OPENED).headers() == {
        "RateLimit-Limit": "10",
        "RateLimit-Remaining": left,
        "RateLimit-Reset": "3600",
    }
