"""GET /vehicle-suppliers/vehicles/{vehicle_id}: one vehicle.

200 the vehicle · 404 no such vehicle, or outside the client's subtree
"""

from motorpool.callers import Caller
from motorpool.endpoint import endpoint
from motorpool.errors import VehicleNotFound
from motorpool.store import vehicles
from motorpool.supplier_vehicles import SupplierVehicleAnswer


@endpoint(raises=(VehicleNotFound,))
def handler(vehicle_id: str, caller: Caller) -> SupplierVehicleAnswer:
    vehicle = vehicles.get(vehicle_id, seen_by=caller, outside=VehicleNotFound)
    return SupplierVehicleAnswer.of(vehicle)
