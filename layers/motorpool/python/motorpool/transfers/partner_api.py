"""The partner API's answers about transfers."""

from typing import Self

from pydantic import Field

from motorpool.api.schemas import PartnerModel
from motorpool.clock import iso
from motorpool.transfers.model import Transfer, TransferStatus


class PartnerTransfer(PartnerModel):
    """A transfer of a vehicle to another organization."""

    id: str = Field(
        description="Id of the transfer.", examples=["trf_019aa8f7a1b2c3d4e5f60718293a4b5c"]
    )
    from_organization_id: str = Field(
        description="Id of the previous owner.", examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"]
    )
    to_organization_id: str = Field(
        description="Id of the new owner.", examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f61"]
    )
    user_id: str | None = Field(
        description="Id of the user who owns the vehicle after it; null when none was named.",
        examples=[None],
    )
    status: TransferStatus = Field(
        description="`accepted`: checked, not applied yet; `completed`: the vehicle has the new "
        "owner; `failed`: it could not be applied, and the vehicle stays with its owner.",
        examples=["completed"],
    )
    failure: str | None = Field(
        description="Why the transfer failed; null unless it did.", examples=[None]
    )
    accepted_at: str = Field(
        description="When the transfer was accepted (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    completed_at: str | None = Field(
        description="When it was completed or failed (ISO 8601, UTC); null before that.",
        examples=["2026-11-21T09:30:00.412Z"],
    )

    @classmethod
    def of(cls, transfer: Transfer) -> Self:
        """The transfer as the partner API shows it."""
        return cls(
            id=transfer.id,
            from_organization_id=transfer.from_owner_id,
            to_organization_id=transfer.to_owner_id,
            user_id=transfer.new_user_id,
            status=transfer.transfer_status,
            failure=transfer.failure,
            accepted_at=iso(transfer.accepted_at),
            completed_at=iso(at) if (at := transfer.completed_at) else None,
        )
