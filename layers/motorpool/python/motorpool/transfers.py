"""Transfers: a vehicle's way from one organization of a supplier to another, and its custody.

A transfer is accepted when every check has passed and the vehicle is reserved for it; it is then
applied by the queue's consumer.
"""

from dataclasses import dataclass, replace
from typing import Literal, Self

from pydantic import Field

from motorpool.clock import iso, now_ms
from motorpool.custody import Custody
from motorpool.errors import (
    OrganizationNotFound,
    TransferInProgress,
    TransferOfAssignedVehicle,
)
from motorpool.ids import new_id
from motorpool.organizations import Organization
from motorpool.public_url import PublicUrl
from motorpool.supplier_vehicles import SupplierVehicle
from motorpool.users import User
from motorpool.vehicles import Vehicle
from motorpool.wire import Id, SupplierModel

TransferStatus = Literal["accepted", "completed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer. Times in ms; `failure` says why it failed, `new_user_id` who is to own it."""

    id: str
    partner_id: str
    vehicle_id: str
    from_owner_id: str
    from_owner_path: str
    to_owner_id: str
    to_owner_path: str
    new_user_id: str | None
    transfer_status: TransferStatus
    failure: str | None = None
    accepted_at: int
    completed_at: int | None = None
    version: int = 1

    @classmethod
    def accepted(
        cls, vehicle: Vehicle, new_owner: Organization, new_user: User | None
    ) -> tuple[Self, Vehicle]:
        """A new transfer, and the vehicle reserved for it."""
        now = now_ms()
        transfer = cls(
            id=new_id("trf"),
            partner_id=vehicle.partner_id,
            vehicle_id=vehicle.id,
            from_owner_id=vehicle.owner_id,
            from_owner_path=vehicle.owner_path,
            to_owner_id=new_owner.id,
            to_owner_path=new_owner.path,
            new_user_id=new_user.id if new_user else None,
            transfer_status="accepted",
            accepted_at=now,
        )
        reserved = replace(
            vehicle, pending_transfer_id=transfer.id, pending_owner_id=new_owner.id, updated=now
        )
        return transfer, reserved

    def completed(self, vehicle: Vehicle, new_user: User | None) -> tuple[Self, Vehicle, Custody]:
        """The transfer done, the vehicle in its new hands, and the custody that begins."""
        now = now_ms()
        moved = replace(
            vehicle,
            owner_id=self.to_owner_id,
            owner_path=self.to_owner_path,
            user_id=new_user.id if new_user else None,
            customer_phone=new_user.phone if new_user else None,
            pending_transfer_id=None,
            pending_owner_id=None,
            last_transfer_id=self.id,
            custody_number=vehicle.custody_number + 1,
            updated=now,
        )
        custody = Custody.begun(moved, since=now, transfer_id=self.id)
        return replace(self, transfer_status="completed", completed_at=now), moved, custody

    def failed(self, because: str, vehicle: Vehicle | None) -> tuple[Self, Vehicle | None]:
        """The transfer given up, and the vehicle released if it was reserved for this one."""
        now = now_ms()
        if vehicle and vehicle.pending_transfer_id == self.id:
            vehicle = replace(vehicle, pending_transfer_id=None, pending_owner_id=None, updated=now)
        return replace(self, transfer_status="failed", failure=because, completed_at=now), vehicle

    @property
    def freshness_ms(self) -> int | None:
        """From accepted to completed; None until then."""
        if self.transfer_status != "completed" or self.completed_at is None:
            return None
        return self.completed_at - self.accepted_at


def must_be_possible(vehicle: Vehicle, new_owner: Organization) -> None:
    """The rules of a transfer that would start now.

    Raises OrganizationNotFound (another supplier type), TransferOfAssignedVehicle and
    TransferInProgress.
    """
    if new_owner.supplier_type != vehicle.supplier_type:
        raise OrganizationNotFound
    if vehicle.driver_id:
        raise TransferOfAssignedVehicle
    if vehicle.pending_transfer_id and vehicle.pending_owner_id != new_owner.id:
        raise TransferInProgress


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
    def already(cls, vehicle: Vehicle, new_owner: Organization) -> Self | None:
        """The answer to a transfer that is accepted or done already; None to any other."""
        if vehicle.pending_transfer_id and vehicle.pending_owner_id == new_owner.id:
            summary: TransferSummary | None = TransferSummary(
                id=vehicle.pending_transfer_id, status="accepted"
            )
        elif not vehicle.pending_transfer_id and vehicle.owner_id == new_owner.id:
            last = vehicle.last_transfer_id
            summary = TransferSummary(id=last, status="completed") if last else None
        else:
            return None
        return cls(vehicle=SupplierVehicle.of(vehicle, owner_id=new_owner.id), transfer=summary)

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
