"""Storage of transfers, and the chain of custody."""

from dataclasses import dataclass, replace

from motorpool.access.callers import Actor, Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import TransferNotFound
from motorpool.history import store as history
from motorpool.ids import is_id
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.transfers.model import Transfer, TransferContext
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.custody import BEGINS_CUSTODY, Custody
from motorpool.vehicles.model import Vehicle

# Version 0.1.0 wrote custody as items without a type, before the vehicle had a history.
CUSTODY_BEGAN = "attribute_not_exists(#type) OR #type IN (:registered, :completed)"


def context_of_transfer(
    vehicle_id: str, new_owner_id: str, new_user_id: str | None, *, caller: Caller
) -> TransferContext:
    """Read vehicle, new owner and new user in one call, and the transfer that is repeated.

    That takes another call, if it seems to have another new user. Raises as
    `TransferContext.visible_to`.
    """
    wanted = {
        keys.vehicle(vehicle_id): is_id("veh", vehicle_id),
        keys.organization(new_owner_id): is_id("org", new_owner_id),
        keys.user(new_user_id or ""): is_id("usr", new_user_id or ""),
    }
    known = [key for key, possible in wanted.items() if possible]
    items = table.get_many(*known) if known else {}
    vehicle, new_owner, new_user = map(items.get, wanted)
    context = TransferContext.visible_to(
        caller,
        from_attributes(Vehicle, vehicle) if vehicle else None,
        from_attributes(Organization, new_owner) if new_owner else None,
        from_attributes(User, new_user) if new_user else None,
        names_user=bool(new_user_id),
    )
    standing = context.standing
    if standing is None or standing.transfer_id is None or context.names_standing_user:
        return context
    # The vehicle names it, and a transfer's user never changes.
    return replace(context, earlier=find(standing.transfer_id))


def get(transfer_id: str, *, visible_to: Caller) -> Transfer:
    """The transfer with that id.

    Raises TransferNotFound, also when the caller sees neither of its organizations.
    """
    transfer = find(transfer_id)
    if transfer is None or transfer.partner_id != visible_to.partner_id:
        raise TransferNotFound
    if not (visible_to.sees(transfer.from_owner_path) or visible_to.sees(transfer.to_owner_path)):
        raise TransferNotFound
    return transfer


def find(transfer_id: str) -> Transfer | None:
    """The transfer with that id, of any partner; None when there is none."""
    item = table.get(keys.transfer(transfer_id)) if is_id("trf", transfer_id) else None
    return from_attributes(Transfer, item) if item else None


def of_partner(partner_id: str, status: str) -> list[Transfer]:
    """The partner's transfers with the status `accepted` or `failed`, oldest first."""
    items = table.query(keys.transfers_of_partner(partner_id, status), index="gsi1")
    return [from_attributes(Transfer, item) for item in items]


def add(
    transfer: Transfer, vehicle: Vehicle, reserved: Vehicle, *, by: Actor
) -> tuple[TransactItem, ...]:
    """The writes of an accepted transfer: the transfer, and the reserved vehicle.

    The stream tells of the new transfer, and so its queue gets a message. Raises VersionConflict.
    """
    return (
        table.put(keys.transfer(transfer.id), _item(transfer), only_if=FREE),
        *vehicles.recorded(vehicle, reserved, transfer.event(), by=by),
    )


@dataclass(frozen=True, slots=True)
class Applicable:
    """What applying a transfer depends on; None is what does not exist."""

    transfer: Transfer | None
    vehicle: Vehicle | None


def applicable(transfer_id: str, vehicle_id: str) -> Applicable:
    """Read the transfer and its vehicle in one call."""
    items = table.get_many(keys.transfer(transfer_id), keys.vehicle(vehicle_id))
    transfer, vehicle = items.get(keys.transfer(transfer_id)), items.get(keys.vehicle(vehicle_id))
    return Applicable(
        from_attributes(Transfer, transfer) if transfer else None,
        from_attributes(Vehicle, vehicle) if vehicle else None,
    )


def replaced(read: Transfer, after: Transfer) -> TransactItem:
    """The write that replaces the transfer that was read. Raises VersionConflict."""
    return table.replace(keys.transfer(read.id), _item(after), read_version=read.version)


def custody_of(
    vehicle_id: str, *, limit: int, after: Item | None
) -> tuple[list[Custody], Item | None]:
    """A page of a vehicle's chain of custody, oldest first, and the key before the next page."""
    registered, completed = BEGINS_CUSTODY
    page = table.filtered_page(
        keys.vehicle(vehicle_id).pk,
        between=(keys.CUSTODY, keys.END_OF_HISTORY),
        only_if=CUSTODY_BEGAN,
        names={"#type": "type"},
        values={":registered": registered, ":completed": completed},
        limit=limit,
        after=after,
    )
    return [_custody(item) for item in page.items], page.last_key


def _custody(item: Item) -> Custody:
    if "type" in item:
        return Custody.begun(history.from_item(item))
    return from_attributes(Custody, item)


def _item(transfer: Transfer) -> Item:
    """The item; only pending and failed transfers have an index entry, for operators."""
    attributes = to_attributes(transfer)
    if transfer.transfer_status == "completed":
        return attributes
    return attributes | {
        "gsi1pk": keys.transfers_of_partner(transfer.partner_id, transfer.transfer_status),
        "gsi1sk": f"{transfer.accepted_at:013d}#{transfer.id}",
    }
