"""GET /vehicle-suppliers/vehicles/{vehicle_id}: get a vehicle.

200 the vehicle · 404 no such vehicle, or outside the client's organizations
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.errors import VehicleNotFound
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.supplier_api import SupplierVehicleAnswer


@endpoint(raises=(VehicleNotFound,))
def handler(vehicle_id: str, caller: Caller) -> SupplierVehicleAnswer:
    vehicle = vehicles.get(vehicle_id, visible_to=caller, outside=VehicleNotFound)
    return SupplierVehicleAnswer.of(vehicle)
