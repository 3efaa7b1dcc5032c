"""Times: milliseconds since 1970 as integers in the code, ISO 8601 in UTC with `Z` in the APIs."""

import time
from datetime import UTC, datetime

DAY_SECONDS = 24 * 3600


def now_ms() -> int:
    """The current time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def iso(ms: int) -> str:
    """A time in ISO 8601: `1585340476000` is `2020-03-27T20:21:16.000Z`."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
