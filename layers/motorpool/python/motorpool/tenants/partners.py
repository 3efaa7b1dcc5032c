"""Partners, the tenants, and their settings. No partner sees anything of another."""

from dataclasses import dataclass, replace
from typing import Self

from motorpool import names
from motorpool.access import origins as allowed
from motorpool.clock import now_ms
from motorpool.errors import InvalidParameters
from motorpool.ids import new_id

DAY_MS = 24 * 3600 * 1000
LONGEST_CADENCE_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a partner's vehicles check in: every `days` days, or at any time (None).

    A check-in is accepted from `opens_days_before` days before it is due.
    """

    days: int | None = None
    opens_days_before: int = 0

    def __str__(self) -> str:
        if self.days is None:
            return "at any time"
        return f"every {self.days} days, from {self.opens_days_before} days before"

    def next_after(self, checked_in_at: int) -> int | None:
        """When the next check-in is due after one at that time (ms); None without a cadence."""
        return None if self.days is None else checked_in_at + self.days * DAY_MS

    def opens_at(self, last_check_in_at: int | None) -> int:
        """The time (ms) from which the next check-in is accepted; 0 when it always is."""
        if last_check_in_at is None or (due := self.next_after(last_check_in_at)) is None:
            return 0
        return due - self.opens_days_before * DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A company that calls the APIs. The settings of check-ins are as in `Cadence`.

    `origins`: of which web pages scripts may call the partner API; the authorizer reads them too.
    """

    id: str
    name: str
    created: int
    check_in_cadence_days: int | None = None
    check_in_opens_days_before: int | None = None
    origins: tuple[str, ...] = ()
    version: int = 1

    @classmethod
    def create(cls, name: str) -> Self:
        """A new partner.

        Raises InvalidParameters on a name that is not 1 to 64 printable characters.
        """
        return cls(id=new_id("ptr"), name=names.checked(name), created=now_ms())

    @property
    def cadence(self) -> Cadence:
        """The cadence of the partner's check-ins."""
        return Cadence(self.check_in_cadence_days, self.check_in_opens_days_before or 0)

    def with_cadence(self, days: int | None, opens_days_before: int) -> Self:
        """The partner with that cadence, or without one (None).

        Raises InvalidParameters unless the cadence has 1 to 3650 days and the window fits in it.
        """
        if days is not None and not 1 <= days <= LONGEST_CADENCE_DAYS:
            raise InvalidParameters(
                ("checkInCadenceDays", f"must be between 1 and {LONGEST_CADENCE_DAYS}")
            )
        if not 0 <= opens_days_before <= (days or 0):
            raise InvalidParameters(
                ("checkInOpensDaysBefore", "must be between 0 and the days of the cadence")
            )
        return replace(
            self,
            check_in_cadence_days=days,
            check_in_opens_days_before=None if days is None else opens_days_before,
        )

    def with_origins(self, *origins: str) -> Self:
        """The partner that allows those origins and no others. Raises InvalidParameters."""
        return replace(self, origins=allowed.checked(origins))
