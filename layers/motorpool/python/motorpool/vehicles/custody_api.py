"""The chain of custody over the wire: the answers of the supplier API."""

from typing import Self

from pydantic import Field

from motorpool.api.schemas import SupplierModel
from motorpool.clock import iso
from motorpool.vehicles.custody import Custody


class CustodyEntry(SupplierModel):
    """Who owned the vehicle, from when, by which transfer (null: it was registered)."""

    owner_id: str = Field(examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"])
    since: str = Field(examples=["2026-11-21T09:30:00.000Z"])
    transfer_id: str | None = Field(examples=[None])


class CustodyAnswer(SupplierModel):
    """The chain of custody of a vehicle, oldest first."""

    custody: list[CustodyEntry]
    next_page_token: str | None = Field(examples=[None])

    @classmethod
    def of(cls, chain: list[Custody], next_page_token: str | None) -> Self:
        """The chain as the supplier API shows it."""
        return cls(
            custody=[
                CustodyEntry(
                    owner_id=link.owner_id, since=iso(link.since), transfer_id=link.transfer_id
                )
                for link in chain
            ],
            next_page_token=next_page_token,
        )
