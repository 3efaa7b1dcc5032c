"""Rate limits: a client's requests in the current hour, and the headers about them."""

from dataclasses import dataclass
from math import ceil

WINDOW_MS = 3600 * 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """A client's use of a limited endpoint in the current window, a full hour of UTC.

    `used` includes this request; `now` is in ms.
    """

    limit: int
    used: int
    now: int

    def headers(self) -> dict[str, str]:
        """The `RateLimit-…` headers of IETF draft 07; the reset is in seconds from now."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.reset_seconds),
        }

    @property
    def reset_seconds(self) -> int:
        """Seconds until the next window opens."""
        return ceil((WINDOW_MS - self.now % WINDOW_MS) / 1000)
