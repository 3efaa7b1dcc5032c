"""Transfers of vehicles between the organizations of a supplier: the rules.

Accepting a transfer checks everything and reserves the vehicle; the queue's consumer applies it.
"""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, Self

from motorpool.access.callers import Caller
from motorpool.clock import now_ms
from motorpool.dynamodb.items import from_attributes
from motorpool.errors import (
    OrganizationNotFound,
    TransferInProgress,
    TransferOfAssignedVehicle,
    UserNotFound,
    VehicleNotFound,
)
from motorpool.history.model import Entry, Event, TransferEvent, shown
from motorpool.ids import new_id
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
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
            vehicle,
            pending_transfer_id=transfer.id,
            pending_owner_id=new_owner.id,
            pending_user_id=transfer.new_user_id,
            updated=now,
        )
        return transfer, reserved

    def ended(self, vehicle: Vehicle | None, new_user: User | None) -> tuple[Self, Vehicle | None]:
        """The transfer completed, or failed when it cannot succeed, and the vehicle after it."""
        if vehicle is None or vehicle.pending_transfer_id != self.id:
            return self.failed("The vehicle is not reserved for this transfer", vehicle)
        if self.new_user_id and (new_user is None or new_user.org_id != self.to_owner_id):
            return self.failed("The new user is not one of the new owner's", vehicle)
        return self.completed(vehicle, new_user)

    def completed(self, vehicle: Vehicle, new_user: User | None) -> tuple[Self, Vehicle]:
        """The completed transfer, and the vehicle with its new owner.

        An open check-in stays with the former owner, and so does what it gave the vehicle.
        """
        now = now_ms()
        moved = replace(
            vehicle,
            owner_id=self.to_owner_id,
            owner_path=self.to_owner_path,
            user_id=new_user.id if new_user else None,
            customer_phone=new_user.phone if new_user else None,
            pending_transfer_id=None,
            pending_owner_id=None,
            pending_user_id=None,
            plate_is_given=None,
            last_transfer_id=self.id,
            custody_number=vehicle.custody_number + 1,
            updated=now,
        )
        return replace(self, transfer_status="completed", completed_at=now), moved

    def failed(self, because: str, vehicle: Vehicle | None) -> tuple[Self, Vehicle | None]:
        """The failed transfer, and the vehicle, released if it was reserved for this transfer."""
        now = now_ms()
        if vehicle and vehicle.pending_transfer_id == self.id:
            vehicle = replace(
                vehicle,
                pending_transfer_id=None,
                pending_owner_id=None,
                pending_user_id=None,
                updated=now,
            )
        return replace(self, transfer_status="failed", failure=because, completed_at=now), vehicle

    @property
    def freshness_ms(self) -> int | None:
        """Milliseconds from accepted to completed; None unless it is completed."""
        if self.transfer_status != "completed" or self.completed_at is None:
            return None
        return self.completed_at - self.accepted_at

    def event(self) -> Event:
        """What happened to the transfer; it belongs to the former owner and to the new one."""
        return Event(
            type=_CHANGED_TO[self.transfer_status],
            at=self.completed_at or self.accepted_at,
            partner_id=self.partner_id,
            owner_paths=(self.from_owner_path, self.to_owner_path),
            thing=shown(self, "id", "new_user_id", "failure", "accepted_at"),
            personal={},
        )

    @classmethod
    def as_in(cls, entry: Entry) -> Self:
        """The transfer as an entry about it shows it."""
        from_owner, to_owner = entry.owner_paths
        ended = entry.type != "transfer.accepted"
        return from_attributes(
            cls,
            {
                **entry.thing,
                "partnerId": entry.partner_id,
                "vehicleId": entry.subject_id,
                "fromOwnerId": from_owner.rpartition("/")[2],
                "fromOwnerPath": from_owner,
                "toOwnerId": to_owner.rpartition("/")[2],
                "toOwnerPath": to_owner,
                "transferStatus": entry.type.removeprefix("transfer."),
                "completedAt": entry.at if ended else None,
            },
        )


_CHANGED_TO: dict[TransferStatus, TransferEvent] = {
    "accepted": "transfer.accepted",
    "completed": "transfer.completed",
    "failed": "transfer.failed",
}


class Standing(NamedTuple):
    """An existing transfer to the same owner; `transfer_id` is None for the first owner."""

    transfer_id: str | None
    status: TransferStatus


@dataclass(frozen=True, slots=True)
class TransferContext:
    """What accepting a transfer depends on: the vehicle, its new owner, and the new user.

    `earlier`: the transfer that `standing` names, if it was read.
    """

    vehicle: Vehicle
    new_owner: Organization
    new_user: User | None
    earlier: "Transfer | None" = None

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

    @property
    def names_standing_user(self) -> bool:
        """Whether the vehicle itself says that a standing transfer is repeated with its user."""
        vehicle = self.vehicle
        standing = vehicle.pending_user_id if vehicle.pending_transfer_id else vehicle.user_id
        return self.new_user is None or self.new_user.id == standing

    def repeated(self) -> Vehicle:
        """The vehicle after its standing transfer is asked for again.

        Another new user than the accepted one owns it, once the transfer is completed. Raises
        TransferInProgress before that.
        """
        if self.new_user is None or self.names_standing_user:
            return self.vehicle
        if self.earlier and self.earlier.new_user_id == self.new_user.id:
            return self.vehicle
        if self.vehicle.pending_transfer_id:
            raise TransferInProgress
        return self.vehicle.owned_by(self.new_user)

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
