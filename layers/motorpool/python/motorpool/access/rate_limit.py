"""Rates: how many requests a client has left in the hour, and how it is told."""

from dataclasses import dataclass
from math import ceil

WINDOW_MS = 3600 * 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """A client's use of a limited endpoint in the present window (a full hour of UTC).

    `used` counts this request as well; `now` in ms.
    """

    limit: int
    used: int
    now: int

    def headers(self) -> dict[str, str]:
        """`RateLimit-…`; the reset is in seconds from now, as in the IETF's draft (07)."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.reset_seconds),
        }

    @property
    def reset_seconds(self) -> int:
        """Seconds until the next window opens."""
        return ceil((WINDOW_MS - self.now % WINDOW_MS) / 1000)
