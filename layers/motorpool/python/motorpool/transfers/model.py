"""Transfers of vehicles between the organizations of a supplier: the rules.

Accepting a transfer checks everything and reserves the vehicle; the queue's consumer applies it.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self

from motorpool.access.callers import Caller
from motorpool.clock import now_ms
from motorpool.errors import (
    OrganizationNotFound,
    TransferInProgress,
    TransferOfAssignedVehicle,
    UserNotFound,
    VehicleNotFound,
)
from motorpool.ids import new_id
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles.custody import Custody
from motorpool.vehicles.model import Vehicle

TransferStatus = Literal["accepted", "completed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A transfer. Times are in ms; `new_user_id` is the user who will own the vehicle."""

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

    def ended(
        self, vehicle: Vehicle | None, new_user: User | None
    ) -> tuple[Self, Vehicle | None, Custody | None]:
        """The transfer completed, or failed when it cannot succeed.

        With the vehicle after it (None when there is no vehicle) and the new owner's custody.
        """
        if vehicle is None or vehicle.pending_transfer_id != self.id:
            return *self.failed("The vehicle is not reserved for this transfer", vehicle), None
        if self.new_user_id and (new_user is None or new_user.org_id != self.to_owner_id):
            return *self.failed("The new user is not one of the new owner's", vehicle), None
        return self.completed(vehicle, new_user)

    def completed(self, vehicle: Vehicle, new_user: User | None) -> tuple[Self, Vehicle, Custody]:
        """The completed transfer, the vehicle with its new owner, and that owner's custody."""
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
        """The failed transfer, and the vehicle, released if it was reserved for this transfer."""
        now = now_ms()
        if vehicle and vehicle.pending_transfer_id == self.id:
            vehicle = replace(vehicle, pending_transfer_id=None, pending_owner_id=None, updated=now)
        return replace(self, transfer_status="failed", failure=because, completed_at=now), vehicle

    @property
    def freshness_ms(self) -> int | None:
        """Milliseconds from accepted to completed; None unless it is completed."""
        if self.transfer_status != "completed" or self.completed_at is None:
            return None
        return self.completed_at - self.accepted_at


class Standing(NamedTuple):
    """An existing transfer to the same owner; `transfer_id` is None for the first owner."""

    transfer_id: str | None
    status: TransferStatus


@dataclass(frozen=True, slots=True)
class TransferContext:
    """What accepting a transfer depends on: the vehicle, its new owner, and the new user."""

    vehicle: Vehicle
    new_owner: Organization
    new_user: User | None

    @classmethod
    def visible_to(
        cls,
        caller: Caller,
        vehicle: Vehicle | None,
        new_owner: Organization | None,
        new_user: User | None,
        *,
        names_user: bool,
    ) -> Self:
        """The context, from what was read; None is what does not exist.

        Raises VehicleNotFound and OrganizationNotFound for what does not exist or the caller does
        not see. `names_user`: raises UserNotFound unless the user is one of the new owner's.
        """
        if vehicle is None or not caller.sees_of(vehicle.partner_id, vehicle.owner_path):
            raise VehicleNotFound
        if new_owner is None or not caller.sees_of(new_owner.partner_id, new_owner.path):
            raise OrganizationNotFound
        if names_user and (new_user is None or new_user.org_id != new_owner.id):
            raise UserNotFound
        return cls(vehicle, new_owner, new_user)

    @property
    def standing(self) -> Standing | None:
        """The pending or completed transfer to this owner, if there is one."""
        vehicle = self.vehicle
        if vehicle.pending_transfer_id:
            same = vehicle.pending_owner_id == self.new_owner.id
            return Standing(vehicle.pending_transfer_id, "accepted") if same else None
        if vehicle.owner_id == self.new_owner.id:
            return Standing(vehicle.last_transfer_id, "completed")
        return None

    def accepted(self) -> tuple[Transfer, Vehicle]:
        """A new transfer, and the vehicle reserved for it.

        Raises OrganizationNotFound (another supplier type), TransferOfAssignedVehicle and
        TransferInProgress.
        """
        if self.new_owner.supplier_type != self.vehicle.supplier_type:
            raise OrganizationNotFound
        if self.vehicle.driver_id:
            raise TransferOfAssignedVehicle
        if self.vehicle.pending_transfer_id:
            raise TransferInProgress
        return Transfer.accepted(self.vehicle, self.new_owner, self.new_user)
