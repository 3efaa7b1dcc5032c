"""Storage of vehicles, and of the claims of active ones on their VINs, plates and external ids.

Every write of a vehicle has what happened and who did it: it is also an entry of its history.
"""

from collections.abc import Callable

from motorpool.access.callers import Actor, Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, Key, Page, TransactItem
from motorpool.errors import (
    InvalidParameters,
    MotorpoolError,
    NoPermission,
    VehicleAlreadyExists,
    VehicleNotFound,
)
from motorpool.history import store as history
from motorpool.history.model import Entry, Event, VehicleEvent
from motorpool.ids import is_id
from motorpool.tenants import organization_store as organizations
from motorpool.tenants.users import User
from motorpool.vehicles import plates
from motorpool.vehicles.model import Vehicle

# A page, and the key after which the next one starts.
Found = tuple[list[Vehicle], Item | None]

# A transaction has 100 writes at most: two for each vehicle, and some for the user.
MOST_RENUMBERED = 40

STILL_ITS_OWN = "vehicleId = :vehicle"


def get(
    vehicle_id: str, *, visible_to: Caller, outside: type[MotorpoolError] = NoPermission
) -> Vehicle:
    """The vehicle with that id.

    Raises VehicleNotFound (also for another partner's), and `outside` when it is outside the
    caller's subtree: on the supplier API that is the same error.
    """
    key = keys.vehicle(vehicle_id)
    item = table.get(key) if is_id("veh", vehicle_id) else None
    vehicle = from_batch({key: item} if item else {}, vehicle_id, visible_to.partner_id)
    if vehicle is None:
        raise VehicleNotFound
    if not visible_to.sees(vehicle.owner_path) or not visible_to.sees_user(vehicle.user_id):
        raise outside
    return vehicle


def find(vehicle_id: str) -> Vehicle | None:
    """The vehicle with that id, of any partner; None when there is none."""
    item = table.get(keys.vehicle(vehicle_id)) if is_id("veh", vehicle_id) else None
    return from_attributes(Vehicle, item) if item else None


def from_batch(items: dict[Key, Item], vehicle_id: str, partner_id: str) -> Vehicle | None:
    """The partner's vehicle with that id among items read together; None when it is not there."""
    item = items.get(keys.vehicle(vehicle_id))
    if item is None or item["partnerId"] != partner_id:
        return None
    return from_attributes(Vehicle, item)


def of_user(user_id: str, *, limit: int, after: Item | None, active: bool | None = None) -> Found:
    """A page of a user's vehicles, oldest first.

    `active`: only the active ones, or only the others.
    """
    partition = keys.vehicles_of_user(user_id)
    return _found(
        table.chained_page(
            [("", partition)], index="gsi2", limit=limit, after=after, keep=_that_are(active)
        )
    )


def of_organization(
    organization_id: str, *, limit: int, after: Item | None, active: bool | None = None
) -> Found:
    """A page of an organization's vehicles, oldest first. `active` as in `of_user`."""
    partition = keys.vehicles_of_organization(organization_id)
    return _found(
        table.chained_page(
            [("", partition)], index="gsi1", limit=limit, after=after, keep=_that_are(active)
        )
    )


def of_subtree(
    caller: Caller, *, limit: int, after: Item | None, active: bool | None = None
) -> Found:
    """A page of all vehicles that the caller sees. `active` as in `of_user`.

    They come by organization, in the order of the organizations' paths; those of one oldest first.
    """
    partitions = organizations.partitions_below(caller, keys.vehicles_of_organization, after=after)
    return _found(
        table.chained_page(
            partitions, index="gsi1", limit=limit, after=after, keep=_that_are(active)
        )
    )


def _found(page: Page) -> Found:
    return [from_attributes(Vehicle, item) for item in page.items], page.last_key


def _that_are(active: bool | None) -> Callable[[Item], bool]:
    return lambda item: active in (None, item["active"])


def with_phone_of(user: User, *, by: Actor) -> tuple[TransactItem, ...]:
    """The writes that give a user's vehicles the user's present phone number.

    Raises InvalidParameters when they do not fit into the transaction, and VersionConflict.
    """
    found, more = of_user(user.id, limit=MOST_RENUMBERED, after=None)
    if more:
        raise InvalidParameters(
            ("phone", f"cannot change while the user has more than {MOST_RENUMBERED} vehicles")
        )
    renumbered = [(vehicle, vehicle.with_phone_of(user)) for vehicle in found]
    return tuple(
        write
        for vehicle, after in renumbered
        for write in changed(vehicle, after, "vehicle.updated", by=by)
    )


def active_with(
    caller: Caller,
    *,
    vin: str | None = None,
    plate: tuple[str, str] | None = None,
    external_id: str | None = None,
) -> Vehicle | None:
    """The active vehicle that has all that is given, if the caller sees it. Two reads.

    `plate`: state and plate. Raises TypeError when nothing is given.
    """
    partner_id = caller.partner_id
    claims = {
        *([keys.vin_claim(partner_id, vin)] if vin else []),
        *([keys.plate_claim(partner_id, plate[0], plates.compared(plate[1]))] if plate else []),
        *([keys.external_id_claim(partner_id, external_id)] if external_id else []),
    }
    if not claims:
        raise TypeError("what shall it have?")
    holders = {item["vehicleId"] for item in table.get_many(*sorted(claims)).values()}
    vehicle = find(holders.pop()) if len(holders) == 1 else None
    # It may have changed since its claims were read, and another vehicle may hold one of them.
    if vehicle is None or not claims <= _claims(vehicle).keys():
        return None
    return vehicle if caller.sees(vehicle.owner_path) else None


def add(vehicle: Vehicle, *, by: Actor) -> tuple[TransactItem, ...]:
    """The writes of a new vehicle, its claims, and the first entry of its history.

    Raises VehicleAlreadyExists when its VIN, plate or external id is taken.
    """
    event = vehicle.event("vehicle.registered")
    entry = Entry.create(event, subject_id=vehicle.id, after=None, by=by)
    added = vehicle.with_head(entry.head)
    return (
        *(_taken(vehicle, key, what) for key, what in _claims(vehicle).items()),
        table.put(keys.vehicle(vehicle.id), to_attributes(added) | _index(added), only_if=FREE),
        history.add(entry),
    )


def changed(
    read: Vehicle, after: Vehicle, happened: VehicleEvent, *, by: Actor
) -> tuple[TransactItem, ...]:
    """The writes of a changed vehicle, as `recorded`. Empty when nothing changed."""
    return recorded(read, after, after.event(happened), by=by) if after != read else ()


def recorded(read: Vehicle, after: Vehicle, event: Event, *, by: Actor) -> tuple[TransactItem, ...]:
    """The writes that replace the vehicle that was read, its claims, and the entry of the event.

    The vehicle may be as it was read: what happened to a check-in or transfer of it is an entry of
    its history all the same. Raises VehicleAlreadyExists when a new claim is taken, and
    VersionConflict when the vehicle was changed after it was read.
    """
    entry = Entry.create(
        event,
        subject_id=read.id,
        after=read.head or history.head_of(read.id),
        by=by,
        changed=after.changed_since(read),
    )
    after = after.with_head(entry.head)
    before, now = _claims(read), _claims(after)
    return (
        # First, so that the same change by a concurrent request is a VersionConflict and not
        # refused because of the vehicle's own new claim.
        table.replace(
            keys.vehicle(after.id), to_attributes(after) | _index(after), read_version=read.version
        ),
        *(_taken(after, key, what) for key, what in now.items() if key not in before),
        *(_given_up(after, key) for key in before if key not in now),
        history.add(entry),
    )


def _claims(vehicle: Vehicle) -> dict[Key, str]:
    """The claims that the vehicle has while it is active, each with its name for messages."""
    if not vehicle.active:
        return {}
    claims = {keys.vin_claim(vehicle.partner_id, vehicle.vin): "VIN"}
    if vehicle.plate and vehicle.state:
        compared = plates.compared(vehicle.plate)
        claims[keys.plate_claim(vehicle.partner_id, vehicle.state, compared)] = (
            "license plate in that state"
        )
    if vehicle.external_id:
        claims[keys.external_id_claim(vehicle.partner_id, vehicle.external_id)] = "externalId"
    return claims


def _taken(vehicle: Vehicle, key: Key, what: str) -> TransactItem:
    taken = VehicleAlreadyExists(f"An active vehicle with this {what} exists")
    return table.put(key, {"vehicleId": vehicle.id}, only_if=FREE, refused=taken)


def _given_up(vehicle: Vehicle, key: Key) -> TransactItem:
    return table.delete(key, only_if=STILL_ITS_OWN, values={":vehicle": vehicle.id})


def _index(vehicle: Vehicle) -> Item:
    entry = {
        "gsi1pk": keys.vehicles_of_organization(vehicle.owner_id),
        "gsi1sk": f"{vehicle.date_added:013d}#{vehicle.id}",
    }
    if vehicle.user_id:
        entry["gsi2pk"] = keys.vehicles_of_user(vehicle.user_id)
        entry["gsi2sk"] = entry["gsi1sk"]
    return entry
