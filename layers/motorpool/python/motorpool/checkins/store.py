"""Storage of mileage check-ins, in their vehicle's partition."""

from dataclasses import dataclass, replace

from motorpool.access.callers import Actor, Caller
from motorpool.checkins import queue_store as queues
from motorpool.checkins.model import CheckIn, vehicle_of
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.checkins.readings import Readings
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, Key, Page, TransactItem
from motorpool.errors import CheckInNotFound, NoPermission, VehicleNotFound
from motorpool.ids import is_id
from motorpool.photos import store as photos
from motorpool.photos.model import Photo
from motorpool.tenants import user_store as users
from motorpool.tenants.partners import Cadence, Partner
from motorpool.vehicles import plates
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle

# The ids of the license photo and the odometer photo; None for a URL that is not a `photoUrl`.
PhotoIds = tuple[str | None, str | None]
# A page, and the key after which the next one starts.
Found = tuple[list[CheckIn], Item | None]


@dataclass(frozen=True, slots=True)
class CheckInContext:
    """What a new check-in depends on. `vehicle` is None unless it is of the caller's partner.

    `state`: what the caller states, or, for a first plate, the vehicle's or its user's.
    """

    vehicle: Vehicle | None
    photos: PhotoPair
    cadence: Cadence
    state: str | None
    plate_is_taken: bool

    def vehicle_visible_to(self, caller: Caller) -> Vehicle:
        """The vehicle. Raises VehicleNotFound and NoPermission."""
        if self.vehicle is None:
            raise VehicleNotFound
        mine = caller.sees_user(self.vehicle.user_id)
        if not caller.sees(self.vehicle.owner_path) or not mine:
            raise NoPermission
        return self.vehicle


def context_of(
    vehicle_id: str, photo_ids: PhotoIds, *, plate: str, state: str | None, caller: Caller
) -> CheckInContext:
    """Everything that the rules of a new check-in need, in one call.

    Two more tell a first plate without a state: the user, and the claim on the plate in that state.
    """
    claim = state and keys.plate_claim(caller.partner_id, state, plates.compared(plate))
    vehicle = keys.vehicle(vehicle_id) if is_id("veh", vehicle_id) else None
    items = table.get_many(
        keys.partner(caller.partner_id),
        *_photo_keys(photo_ids),
        *(key for key in (claim, vehicle) if key),
    )
    partner = from_attributes(Partner, items[keys.partner(caller.partner_id)])
    found = CheckInContext(
        vehicle=vehicles.from_batch(items, vehicle_id, caller.partner_id),
        photos=_pair(items, photo_ids, caller.partner_id),
        cadence=partner.cadence,
        state=state,
        plate_is_taken=claim in items,
    )
    return found if state else _with_state_of_first_plate(found, plate)


def _with_state_of_first_plate(found: CheckInContext, plate: str) -> CheckInContext:
    vehicle = found.vehicle
    if vehicle is None or vehicle.plate is not None:
        return found
    user = users.find(vehicle.user_id) if vehicle.user_id and not vehicle.state else None
    state = vehicle.state or (user and user.state)
    if not state:
        return found
    claim = table.get(keys.plate_claim(vehicle.partner_id, state, plates.compared(plate)))
    return replace(found, state=state, plate_is_taken=claim is not None)


def get(
    check_in_id: str,
    *,
    visible_to: Caller,
    with_photos: PhotoIds = (None, None),
    of_vehicles: bool = False,
) -> tuple[CheckIn, Vehicle, PhotoPair]:
    """The check-in with that id, its vehicle, and the photos with those ids, in one call.

    Raises CheckInNotFound (also for another partner's) and NoPermission (the organization that made
    it is outside the subtree). `of_vehicles`: not if the vehicle's present owner is in the subtree;
    of such a check-in the caller sees a part.
    """
    vehicle_id = vehicle_of(check_in_id)
    if vehicle_id is None:
        raise CheckInNotFound
    key = keys.check_in(vehicle_id, check_in_id)
    items = table.get_many(key, keys.vehicle(vehicle_id), *_photo_keys(with_photos))
    vehicle = vehicles.from_batch(items, vehicle_id, visible_to.partner_id)
    if vehicle is None or key not in items:
        raise CheckInNotFound
    check_in = from_attributes(CheckIn, items[key])
    mine = visible_to.sees_user(check_in.user_id)
    seen = (check_in.owner_path, vehicle.owner_path) if of_vehicles else (check_in.owner_path,)
    if not any(map(visible_to.sees, seen)) or not mine:
        raise NoPermission
    return check_in, vehicle, _pair(items, with_photos, visible_to.partner_id)


def add(
    check_in: CheckIn, read: Vehicle, after: Vehicle, pair: PhotoPair, *, by: Actor
) -> tuple[TransactItem, ...]:
    """The writes of a new check-in: to it, the vehicle, its plate's claim, photos and queues."""
    key = keys.check_in(check_in.vehicle_id, check_in.id)
    return (
        *vehicles.recorded(read, after, check_in.event("checkin.created"), by=by),
        *_used(pair, check_in),
        table.put(key, _attributes(check_in), only_if=FREE),
        *queues.moved(None, check_in),
    )


def changed(
    read: CheckIn,
    after: CheckIn,
    vehicle: Vehicle,
    vehicle_after: Vehicle,
    pair: PhotoPair,
    *,
    by: Actor,
) -> tuple[TransactItem, ...]:
    """The writes of a changed check-in, its vehicle and its photos. Raises VersionConflict."""
    return (
        *vehicles.recorded(vehicle, vehicle_after, after.event(), by=by),
        *_used(pair, after),
        *replaced(read, after),
    )


def replaced(read: CheckIn, after: CheckIn) -> tuple[TransactItem, ...]:
    """The writes that replace the check-in that was read, and move it to its review queues.

    Raises VersionConflict.
    """
    key = keys.check_in(read.vehicle_id, read.id)
    return (
        table.replace(key, _attributes(after), read_version=read.version),
        *queues.moved(read, after),
    )


def inspection_writes(photo: Photo) -> tuple[TransactItem, ...]:
    """The writes of the check-in that uses an inspected photo, if any. Raises VersionConflict.

    It is in the vehicle's history only if the photo put the check-in on hold.
    """
    check_in = find(photo.used_by) if photo.used_by else None
    if check_in is None:
        return ()
    after = check_in.with_inspected(photo)
    put_on_hold = after.check_in_status != check_in.check_in_status
    vehicle = vehicles.find(check_in.vehicle_id) if put_on_hold else None
    if vehicle is None:
        return replaced(check_in, after)
    entry = vehicles.recorded(vehicle, vehicle, after.event(), by=Actor("worker", photo.id))
    return (*entry, *replaced(check_in, after))


def readings_of(vehicle: Vehicle) -> Readings:
    """The readings of a vehicle. Reads its open check-in unless the vehicle keeps what is needed.

    A change of that check-in changes the vehicle too, whose version condition so holds for both.
    """
    needed = vehicle.open_check_in_id if not vehicle.open_readings else None
    return Readings.of(vehicle, find(needed) if needed else None)


def find(check_in_id: str) -> CheckIn | None:
    """The check-in with that id, of any partner; None when there is none."""
    vehicle_id = vehicle_of(check_in_id)
    item = table.get(keys.check_in(vehicle_id, check_in_id)) if vehicle_id else None
    return from_attributes(CheckIn, item) if item else None


def of_vehicle(vehicle_id: str, *, limit: int, after: Item | None) -> Found:
    """A page of a vehicle's check-ins, newest first."""
    page = table.page(
        keys.vehicle(vehicle_id).pk,
        begins_with=keys.CHECK_INS,
        newest_first=True,
        limit=limit,
        after=after,
    )
    return _found(page)


def _found(page: Page) -> Found:
    return [from_attributes(CheckIn, item) for item in page.items], page.last_key


def _attributes(check_in: CheckIn) -> Item:
    return to_attributes(replace(check_in, in_queues=bool(queues.entries(check_in))))


def _used(pair: PhotoPair, check_in: CheckIn) -> list[TransactItem]:
    return [photos.used(photo, check_in.id) for photo in (pair.license, pair.odometer) if photo]


def _photo_keys(ids: PhotoIds) -> list[Key]:
    return [keys.photo(photo_id) for photo_id in ids if photo_id]


def _pair(items: dict[Key, Item], ids: PhotoIds, partner_id: str) -> PhotoPair:
    license_id, odometer_id = ids
    return PhotoPair(
        photos.from_batch(items, license_id, partner_id),
        photos.from_batch(items, odometer_id, partner_id),
    )
