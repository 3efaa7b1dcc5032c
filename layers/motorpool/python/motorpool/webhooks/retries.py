"""When a delivery that failed is tried again, and when a webhook is disabled.

Times are milliseconds since 1970.
"""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE

# After the first failed try, after the second, and so on. Together they are 75.6 h.
WAITS = (
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
GIVEN_UP_AFTER = 76 * HOUR
DISABLED_AFTER = 72 * HOUR


def next_try(
    *, failures: int, failed_at: int, since: int, retry_after_seconds: int | None = None
) -> int | None:
    """The earliest time of the next try; None if the delivery is given up.

    `failures`: the tries so far, 1 or more, all of which failed; the last at `failed_at`. `since`:
    the time of the event, or of its replay. `retry_after_seconds`: what the receiver asked for: it
    makes the wait longer, never shorter, and never goes beyond the deadline.
    """
    if failures > len(WAITS):
        return None
    deadline = since + GIVEN_UP_AFTER
    due = failed_at + WAITS[failures - 1]
    if due > deadline:
        return None
    asked = failed_at + (retry_after_seconds or 0) * SECOND
    return max(due, min(asked, deadline))


def failing_since(before: int | None, *, at: int, delivered: bool) -> int | None:
    """Since when all tries have failed, after one at `at`; None if it delivered.

    `before`: the same before that try. Tries may end in another order than they began, so the
    earlier failure counts.
    """
    if delivered:
        return None
    return at if before is None else min(before, at)


def is_to_be_disabled(failing_since: int | None, *, now: int) -> bool:
    """Whether a webhook has had nothing but failures for three days."""
    return failing_since is not None and now - failing_since >= DISABLED_AFTER
