"""GET /vehicles/{vehicleId}: get a vehicle.

200 the vehicle · 403 the vehicle is outside the client's organizations · 404 no such vehicle
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.errors import NoPermission, VehicleNotFound
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import VehicleAnswer


@endpoint(raises=(NoPermission, VehicleNotFound))
def handler(vehicle_id: str, caller: Caller) -> VehicleAnswer:
    return VehicleAnswer.of(vehicles.get(vehicle_id, visible_to=caller))
