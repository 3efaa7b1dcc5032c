"""Vehicles, as items, and the claims of the active ones on their VINs and plates."""

from motorpool import plates
from motorpool.callers import Caller
from motorpool.errors import NoPermission, VehicleAlreadyExists, VehicleNotFound
from motorpool.ids import is_id
from motorpool.store import keys, table
from motorpool.store.items import Item, from_attributes, to_attributes
from motorpool.store.table import FREE, Key, Write
from motorpool.vehicles import Vehicle


def get(vehicle_id: str, *, seen_by: Caller) -> Vehicle:
    """The vehicle with that id.

    Raises VehicleNotFound (also for another partner's) and NoPermission (outside the subtree).
    """
    item = table.get(keys.vehicle(vehicle_id)) if is_id("veh", vehicle_id) else None
    if item is None or item["partnerId"] != seen_by.partner_id:
        raise VehicleNotFound
    vehicle = from_attributes(Vehicle, item)
    if not seen_by.sees(vehicle.owner_path):
        raise NoPermission
    return vehicle


def add(vehicle: Vehicle) -> tuple[Write, ...]:
    """A new vehicle and its claims. Raises VehicleAlreadyExists when its VIN or plate is taken."""
    return (
        *_claims(vehicle),
        table.put(keys.vehicle(vehicle.id), to_attributes(vehicle) | _index(vehicle), only_if=FREE),
    )


def _claims(vehicle: Vehicle) -> tuple[Write, ...]:
    vin = _claim(vehicle, keys.vin_claim(vehicle.partner_id, vehicle.vin), "VIN")
    if not (vehicle.plate and vehicle.state):
        return (vin,)
    compared = plates.compared(vehicle.plate)
    plate = keys.plate_claim(vehicle.partner_id, vehicle.state, compared)
    return vin, _claim(vehicle, plate, "license plate in that state")


def _claim(vehicle: Vehicle, key: Key, what: str) -> Write:
    taken = VehicleAlreadyExists(f"An active vehicle with this {what} exists")
    return table.put(key, {"vehicleId": vehicle.id}, only_if=FREE, refused=taken)


def _index(vehicle: Vehicle) -> Item:
    entry = {
        "gsi1pk": keys.vehicles_of_organization(vehicle.owner_id),
        "gsi1sk": f"{vehicle.date_added:013d}#{vehicle.id}",
    }
    if vehicle.user_id:
        entry["gsi2pk"] = keys.vehicles_of_user(vehicle.user_id)
        entry["gsi2sk"] = entry["gsi1sk"]
    return entry
