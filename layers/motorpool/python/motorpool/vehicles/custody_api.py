"""The supplier API's answers about the chain of custody."""

from typing import Self

from pydantic import Field

from motorpool.api.schemas import SupplierModel
from motorpool.clock import iso
from motorpool.vehicles.custody import Custody


class CustodyEntry(SupplierModel):
    """One owner of the vehicle."""

    owner_id: str = Field(
        description="ID of the organization that owned the vehicle.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    since: str = Field(
        description="When its ownership began (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    transfer_id: str | None = Field(
        description="ID of the transfer that began it; null for the first owner.", examples=[None]
    )


class CustodyAnswer(SupplierModel):
    """A page of the owners of a vehicle, oldest first."""

    custody: list[CustodyEntry] = Field(description="The owners of the page.")
    next_page_token: str | None = Field(
        description="The `page_token` of the next page; null on the last page.", examples=[None]
    )

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
