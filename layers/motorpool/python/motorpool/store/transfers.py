"""Transfers, their outbox entries, and the chain of custody, as items."""

from dataclasses import dataclass

from motorpool.callers import Caller
from motorpool.custody import Custody
from motorpool.errors import OrganizationNotFound, TransferNotFound, UserNotFound, VehicleNotFound
from motorpool.ids import is_id
from motorpool.organizations import Organization
from motorpool.store import keys, table, vehicles
from motorpool.store.items import Item, from_attributes, to_attributes
from motorpool.store.table import FREE, Write
from motorpool.transfers import Transfer, TransferVehicle
from motorpool.users import User
from motorpool.vehicles import Vehicle

OUTBOX_KEPT_MS = 7 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Parties:
    """What a transfer is decided on: the vehicle, its new owner, and the new user, if any."""

    vehicle: Vehicle
    new_owner: Organization
    new_user: User | None


def parties(vehicle_id: str, request: TransferVehicle, caller: Caller) -> Parties:
    """Vehicle, new owner and new user, in one call.

    Raises VehicleNotFound, OrganizationNotFound and UserNotFound, also on what is outside the
    caller's subtree, and on a user who is not one of the new owner's.
    """
    new_user_id = request.new_user_id or ""
    wanted = {
        keys.vehicle(vehicle_id): is_id("veh", vehicle_id),
        keys.organization(request.new_owner_id): is_id("org", request.new_owner_id),
        keys.user(new_user_id): is_id("usr", new_user_id),
    }
    known = [key for key, possible in wanted.items() if possible]
    items = table.get_many(*known) if known else {}
    vehicle = vehicles.among(items, vehicle_id, caller.partner_id)
    if vehicle is None or not caller.sees(vehicle.owner_path):
        raise VehicleNotFound
    item = items.get(keys.organization(request.new_owner_id))
    if item is None or item["partnerId"] != caller.partner_id or not caller.sees(item["path"]):
        raise OrganizationNotFound
    new_user = None
    if request.new_user_id:
        user = items.get(keys.user(request.new_user_id))
        if user is None or user["orgId"] != request.new_owner_id:
            raise UserNotFound
        new_user = from_attributes(User, user)
    return Parties(vehicle, from_attributes(Organization, item), new_user)


def get(transfer_id: str, *, seen_by: Caller) -> Transfer:
    """The transfer with that id.

    Raises TransferNotFound, also when the caller sees neither of its organizations.
    """
    transfer = find(transfer_id)
    if transfer is None or transfer.partner_id != seen_by.partner_id:
        raise TransferNotFound
    if not (seen_by.sees(transfer.from_owner_path) or seen_by.sees(transfer.to_owner_path)):
        raise TransferNotFound
    return transfer


def find(transfer_id: str) -> Transfer | None:
    """The transfer with that id, whosever it is; None when there is none."""
    item = table.get(keys.transfer(transfer_id)) if is_id("trf", transfer_id) else None
    return from_attributes(Transfer, item) if item else None


def of_partner(partner_id: str, status: str) -> list[Transfer]:
    """The partner's transfers that are `accepted` (not done yet) or `failed`, oldest first."""
    items = table.query(keys.transfers_of_partner(partner_id, status), index="gsi1")
    return [from_attributes(Transfer, item) for item in items]


def add(transfer: Transfer, vehicle: Vehicle, reserved: Vehicle) -> tuple[Write, ...]:
    """An accepted transfer: the reservation, the transfer, and the outbox entry. Raises Stale."""
    entry = {
        "transferId": transfer.id,
        "vehicleId": transfer.vehicle_id,
        "partnerId": transfer.partner_id,
        "expiresAt": (transfer.accepted_at + OUTBOX_KEPT_MS) // 1000,
    }
    return (
        *vehicles.changed(vehicle, reserved),
        table.put(keys.transfer(transfer.id), _item(transfer), only_if=FREE),
        table.put(keys.outbox(transfer.id), entry, only_if=FREE),
    )


@dataclass(frozen=True, slots=True)
class Applicable:
    """What the application of a transfer is decided on; None is what is not there."""

    transfer: Transfer | None
    vehicle: Vehicle | None


def applicable(transfer_id: str, vehicle_id: str) -> Applicable:
    """The transfer and its vehicle, in one call."""
    items = table.get_many(keys.transfer(transfer_id), keys.vehicle(vehicle_id))
    transfer, vehicle = items.get(keys.transfer(transfer_id)), items.get(keys.vehicle(vehicle_id))
    return Applicable(
        from_attributes(Transfer, transfer) if transfer else None,
        from_attributes(Vehicle, vehicle) if vehicle else None,
    )


def replaced(read: Transfer, after: Transfer) -> Write:
    """`after` in the place of the transfer that was read. Raises Stale."""
    return table.replace(keys.transfer(read.id), _item(after), read_version=read.version)


def custody_begun(custody: Custody) -> Write:
    """The next link of a vehicle's chain of custody."""
    key = keys.custody(custody.vehicle_id, custody.number)
    return table.put(key, to_attributes(custody), only_if=FREE)


def custody_of(
    vehicle_id: str, *, limit: int, after: Item | None
) -> tuple[list[Custody], Item | None]:
    """A page of a vehicle's chain of custody, oldest first, and the key before the next one."""
    page = table.page(
        keys.vehicle(vehicle_id).pk, begins_with=keys.CUSTODY, limit=limit, after=after
    )
    return [from_attributes(Custody, item) for item in page.items], page.last_key


def _item(transfer: Transfer) -> Item:
    """What operators look for is in the index: what is not done yet, and what failed."""
    attributes = to_attributes(transfer)
    if transfer.transfer_status == "completed":
        return attributes
    return attributes | {
        "gsi1pk": keys.transfers_of_partner(transfer.partner_id, transfer.transfer_status),
        "gsi1sk": f"{transfer.accepted_at:013d}#{transfer.id}",
    }
