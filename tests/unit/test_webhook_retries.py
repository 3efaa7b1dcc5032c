"""When a delivery is tried again, when it is given up, and when a webhook is disabled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motorpool.webhooks.retries import (
    DISABLED_AFTER,
    GIVEN_UP_AFTER,
    HOUR,
    MINUTE,
    SECOND,
    WAITS,
    failing_since,
    is_to_be_disabled,
    next_try,
)

EVENT = 1_700_000_000_000


def test_the_waits_grow_from_5_seconds_to_a_day_and_then_it_is_given_up() -> None:
    now, waits = EVENT, []
    for failures in range(1, 20):
        due = next_try(failures=failures, failed_at=now, since=EVENT)
        if due is None:
            break
        waits.append(due - now)
        now = due
    assert waits == [
        5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR,
        24 * HOUR,
    ]  # fmt: skip
    assert now - EVENT == 75 * HOUR + 35 * MINUTE + 5 * SECOND


def test_nothing_is_tried_later_than_76_hours_after_the_event() -> None:
    late = EVENT + GIVEN_UP_AFTER - 5 * SECOND
    assert next_try(failures=1, failed_at=late, since=EVENT) == EVENT + GIVEN_UP_AFTER
    assert next_try(failures=1, failed_at=late + 1, since=EVENT) is None


def test_a_receiver_may_ask_for_a_longer_wait_but_not_for_a_shorter_one() -> None:
    def wait(asked: int) -> int | None:
        due = next_try(failures=2, failed_at=EVENT, since=EVENT, retry_after_seconds=asked)
        return None if due is None else (due - EVENT) // SECOND

    assert wait(3600) == 3600
    assert wait(10) == 300
    assert wait(0) == 300


def test_a_longer_wait_ends_at_the_deadline_with_a_last_try() -> None:
    asked = GIVEN_UP_AFTER // SECOND + 1
    due = next_try(failures=1, failed_at=EVENT, since=EVENT, retry_after_seconds=asked)
    assert due == EVENT + GIVEN_UP_AFTER


@given(
    failures=st.integers(1, 20),
    after=st.integers(0, 2 * GIVEN_UP_AFTER),
    asked=st.none() | st.integers(0, 10**6),
)
def test_a_next_try_waits_as_long_as_it_must_and_keeps_the_deadline(
    failures: int, after: int, asked: int | None
) -> None:
    failed_at = EVENT + after
    due = next_try(failures=failures, failed_at=failed_at, since=EVENT, retry_after_seconds=asked)
    plain = next_try(failures=failures, failed_at=failed_at, since=EVENT)
    # What a receiver asks for decides when it is tried, never whether.
    assert (due is None) == (plain is None)
    if due is not None:
        assert failed_at + WAITS[failures - 1] <= due <= EVENT + GIVEN_UP_AFTER
        assert due == EVENT + GIVEN_UP_AFTER or due >= failed_at + (asked or 0) * SECOND


def test_three_days_of_nothing_but_failures_disable() -> None:
    since = failing_since(None, at=EVENT, delivered=False)
    since = failing_since(since, at=EVENT + HOUR, delivered=False)
    assert not is_to_be_disabled(since, now=EVENT + DISABLED_AFTER - 1)
    assert is_to_be_disabled(since, now=EVENT + DISABLED_AFTER)


def test_one_delivery_starts_the_three_days_anew() -> None:
    since = failing_since(EVENT, at=EVENT + 71 * HOUR, delivered=True)
    assert since is None
    assert not is_to_be_disabled(since, now=EVENT + 100 * HOUR)


@pytest.mark.parametrize("times", [(5, 9), (9, 5)])
def test_failures_count_from_the_first_in_whichever_order_they_end(times: tuple[int, int]) -> None:
    since = None
    for at in times:
        since = failing_since(since, at=at, delivered=False)
    assert since == 5
