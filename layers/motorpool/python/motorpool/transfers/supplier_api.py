"""The supplier API's requests and answers about transfers."""

from typing import Self

from pydantic import Field

from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import Id, SupplierModel
from motorpool.clock import iso
from motorpool.transfers.model import Standing, Transfer, TransferContext, TransferStatus
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.supplier_api import SupplierVehicle


class TransferVehicle(SupplierModel):
    """The new owner of the vehicle."""

    new_owner_id: Id = Field(
        description="ID of the organization that will own the vehicle.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f61"],
    )
    new_user_id: Id | None = Field(
        None,
        description="ID of the user who will own the vehicle: a user of the new owner. Without it, "
        "the vehicle has no user after the transfer.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1c"],
    )


class TransferSummary(SupplierModel):
    """The id and status of a transfer."""

    id: str = Field(
        description="ID of the transfer.", examples=["trf_019aa8f7a1b2c3d4e5f60718293a4b5c"]
    )
    status: TransferStatus = Field(
        description="`accepted`: checked, not applied yet; `completed`: the vehicle has the new "
        "owner.",
        examples=["accepted"],
    )


class TransferredVehicle(SupplierModel):
    """The vehicle as it will be after the transfer, and the transfer."""

    vehicle: SupplierVehicle
    transfer: TransferSummary | None = Field(
        description="The transfer; null when the vehicle belongs to the new owner without any."
    )

    @classmethod
    def accepted(cls, reserved: Vehicle, transfer: Transfer) -> Self:
        """The answer to a new transfer."""
        return cls(
            vehicle=SupplierVehicle.of(reserved, owner_id=transfer.to_owner_id),
            transfer=TransferSummary(id=transfer.id, status="accepted"),
        )

    @classmethod
    def standing(cls, context_of_transfer: TransferContext, standing: Standing) -> Self:
        """The answer to a transfer that was accepted or completed before."""
        transfer_id, status = standing
        return cls(
            vehicle=SupplierVehicle.of(
                context_of_transfer.vehicle, owner_id=context_of_transfer.new_owner.id
            ),
            transfer=TransferSummary(id=transfer_id, status=status) if transfer_id else None,
        )

    def location(self, here: PublicUrl) -> dict[str, str]:
        """The `Location` header: the URL of the transfer, if there is one."""
        if self.transfer is None:
            return {}
        return {"Location": f"{here}/vehicle-suppliers/transfers/{self.transfer.id}"}


class TransferView(SupplierModel):
    """A transfer."""

    id: str = Field(
        description="ID of the transfer.", examples=["trf_019aa8f7a1b2c3d4e5f60718293a4b5c"]
    )
    vehicle_id: str = Field(
        description="ID of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    from_owner_id: str = Field(
        description="ID of the previous owner.", examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"]
    )
    to_owner_id: str = Field(
        description="ID of the new owner.", examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f61"]
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
    freshness_ms: int | None = Field(
        description="Milliseconds from accepted to completed; null unless it is completed.",
        examples=[412],
    )

    @classmethod
    def of(cls, transfer: Transfer) -> Self:
        """The transfer as the supplier API shows it."""
        return cls(
            id=transfer.id,
            vehicle_id=transfer.vehicle_id,
            from_owner_id=transfer.from_owner_id,
            to_owner_id=transfer.to_owner_id,
            status=transfer.transfer_status,
            failure=transfer.failure,
            accepted_at=iso(transfer.accepted_at),
            completed_at=iso(at) if (at := transfer.completed_at) else None,
            freshness_ms=transfer.freshness_ms,
        )


class TransferAnswer(SupplierModel):
    """One transfer."""

    transfer: TransferView
