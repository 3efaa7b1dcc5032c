"""Times: integers of milliseconds since 1970 inside, ISO 8601 in UTC with `Z` outside."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """The time, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def iso(ms: int) -> str:
    """`1585340476000` as `2020-03-27T20:21:16.000Z`."""
    moment = datetime.fromtimestamp(ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
