"""Transfers: a vehicle's way from one organization of a supplier to another, and its custody.

A transfer is accepted when every check has passed and the vehicle is reserved for it; it is then
applied by the queue's consumer.
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

    def ended(
        self, vehicle: Vehicle | None, new_user: User | None
    ) -> tuple[Self, Vehicle | None, Custody | None]:
        """The transfer as it ends: completed, or failed when it cannot succeed.

        With the vehicle after it (None is one that is not there) and the custody that begins.
        """
        if vehicle is None or vehicle.pending_transfer_id != self.id:
            return *self.failed("The vehicle is not reserved for this transfer", vehicle), None
        if self.new_user_id and (new_user is None or new_user.org_id != self.to_owner_id):
            return *self.failed("The new user is not one of the new owner's", vehicle), None
        return self.completed(vehicle, new_user)

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


class Standing(NamedTuple):
    """A transfer that is accepted or done already. `transfer_id`: None for the first owner."""

    transfer_id: str | None
    status: TransferStatus


@dataclass(frozen=True, slots=True)
class TransferContext:
    """What a transfer is decided on: the vehicle, its new owner, and the new user, if any."""

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
        """The parties as they were found; None is what is not there.

        Raises VehicleNotFound, OrganizationNotFound and UserNotFound, also on what the caller does
        not see, and on a named user who is not one of the new owner's.
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
        """The transfer to this owner that is accepted or done already, if there is one."""
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
        TransferInProgress (to another owner).
        """
        if self.new_owner.supplier_type != self.vehicle.supplier_type:
            raise OrganizationNotFound
        if self.vehicle.driver_id:
            raise TransferOfAssignedVehicle
        if self.vehicle.pending_transfer_id:
            raise TransferInProgress
        return Transfer.accepted(self.vehicle, self.new_owner, self.new_user)
