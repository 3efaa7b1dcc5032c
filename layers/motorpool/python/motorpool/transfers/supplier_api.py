"""Transfers over the wire: the requests and answers of the supplier API."""

from typing import Self

from pydantic import Field

from motorpool.api.public_url import PublicUrl
from motorpool.api.schemas import Id, SupplierModel
from motorpool.clock import iso
from motorpool.transfers.model import Standing, Transfer, TransferContext, TransferStatus
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.supplier_api import SupplierVehicle


class TransferVehicle(SupplierModel):
    """Where a vehicle is to go."""

    new_owner_id: Id = Field(
        description="ID of the new vehicle supplier who will own the vehicle.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f61"],
    )
    new_user_id: Id | None = Field(
        None,
        description="A user of the new owner who will own the vehicle; nobody, unless given.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1c"],
    )


class TransferSummary(SupplierModel):
    """Which transfer, and how far it is."""

    id: str = Field(examples=["trf_019aa8f7a1b2c3d4e5f60718293a4b5c"])
    status: TransferStatus = Field(examples=["accepted"])


class TransferredVehicle(SupplierModel):
    """The vehicle as it will be, and its transfer (null when it was the owner's from the start)."""

    vehicle: SupplierVehicle
    transfer: TransferSummary | None

    @classmethod
    def accepted(cls, reserved: Vehicle, transfer: Transfer) -> Self:
        """The answer to a transfer that starts."""
        return cls(
            vehicle=SupplierVehicle.of(reserved, owner_id=transfer.to_owner_id),
            transfer=TransferSummary(id=transfer.id, status="accepted"),
        )

    @classmethod
    def standing(cls, context_of_transfer: TransferContext, standing: Standing) -> Self:
        """The answer to a transfer that is accepted or done already."""
        transfer_id, status = standing
        return cls(
            vehicle=SupplierVehicle.of(
                context_of_transfer.vehicle, owner_id=context_of_transfer.new_owner.id
            ),
            transfer=TransferSummary(id=transfer_id, status=status) if transfer_id else None,
        )

    def location(self, here: PublicUrl) -> dict[str, str]:
        """The header that says where the transfer is to be looked at."""
        if self.transfer is None:
            return {}
        return {"Location": f"{here}/vehicle-suppliers/transfers/{self.transfer.id}"}


class TransferView(SupplierModel):
    """A transfer."""

    id: str = Field(examples=["trf_019aa8f7a1b2c3d4e5f60718293a4b5c"])
    vehicle_id: str = Field(examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"])
    from_owner_id: str = Field(examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"])
    to_owner_id: str = Field(examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f61"])
    status: TransferStatus = Field(examples=["completed"])
    failure: str | None = Field(examples=[None])
    accepted_at: str = Field(examples=["2026-11-21T09:30:00.000Z"])
    completed_at: str | None = Field(examples=["2026-11-21T09:30:00.412Z"])
    freshness_ms: int | None = Field(
        description="From accepted to completed, in milliseconds.", examples=[412]
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
    """A transfer."""

    transfer: TransferView
