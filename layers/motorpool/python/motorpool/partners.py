"""Partners: the tenants. Nothing of one partner is ever visible to another."""

from dataclasses import dataclass

from motorpool.clock import now_ms
from motorpool.ids import new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """A company that calls the API."""

    id: str
    name: str
    created: int

    @classmethod
    def signed(cls, name: str) -> "Partner":
        """A new partner."""
        return cls(id=new_id("ptr"), name=name, created=now_ms())
