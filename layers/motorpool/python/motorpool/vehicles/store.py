"""Storage of vehicles, and of the claims of active ones on their VINs and plates."""

from motorpool.access.callers import Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, Key, TransactItem
from motorpool.errors import MotorpoolError, NoPermission, VehicleAlreadyExists, VehicleNotFound
from motorpool.ids import is_id
from motorpool.vehicles import plates
from motorpool.vehicles.custody import Custody
from motorpool.vehicles.model import Vehicle

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
    if not visible_to.sees(vehicle.owner_path):
        raise outside
    return vehicle


def from_batch(items: dict[Key, Item], vehicle_id: str, partner_id: str) -> Vehicle | None:
    """The partner's vehicle with that id among items read together; None when it is not there."""
    item = items.get(keys.vehicle(vehicle_id))
    if item is None or item["partnerId"] != partner_id:
        return None
    return from_attributes(Vehicle, item)


def of_user(user_id: str, *, limit: int, after: Item | None) -> tuple[list[Vehicle], Item | None]:
    """A page of a user's vehicles, oldest first, and the key before the next page."""
    page = table.page(keys.vehicles_of_user(user_id), index="gsi2", limit=limit, after=after)
    return [from_attributes(Vehicle, item) for item in page.items], page.last_key


def of_organization(
    organization_id: str, *, limit: int, after: Item | None
) -> tuple[list[Vehicle], Item | None]:
    """A page of an organization's vehicles, oldest first, and the key before the next page."""
    page = table.page(
        keys.vehicles_of_organization(organization_id), index="gsi1", limit=limit, after=after
    )
    return [from_attributes(Vehicle, item) for item in page.items], page.last_key


def add(vehicle: Vehicle) -> tuple[TransactItem, ...]:
    """The writes of a new vehicle, its claims, and the first entry of its custody.

    Raises VehicleAlreadyExists when its VIN or plate is taken.
    """
    return (
        *(_taken(vehicle, key, what) for key, what in _claims(vehicle).items()),
        table.put(keys.vehicle(vehicle.id), to_attributes(vehicle) | _index(vehicle), only_if=FREE),
        table.put(
            keys.custody(vehicle.id, vehicle.custody_number),
            to_attributes(Custody.begun(vehicle, since=vehicle.date_added)),
            only_if=FREE,
        ),
    )


def changed(read: Vehicle, after: Vehicle) -> tuple[TransactItem, ...]:
    """The writes that replace the vehicle that was read, and add and remove its claims.

    Empty when nothing changed. Raises VehicleAlreadyExists when a new claim is taken, and
    VersionConflict when the vehicle was changed after it was read.
    """
    if after == read:
        return ()
    before, now = _claims(read), _claims(after)
    return (
        # First, so that the same change by a concurrent request is a VersionConflict and not
        # refused because of the vehicle's own new claim.
        table.replace(
            keys.vehicle(after.id), to_attributes(after) | _index(after), read_version=read.version
        ),
        *(_taken(after, key, what) for key, what in now.items() if key not in before),
        *(_given_up(after, key) for key in before if key not in now),
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
