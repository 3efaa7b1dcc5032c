"""PUT /vehicles/{vehicleId}/deactivate: deactivate a vehicle and free its VIN, plate and
externalId.

Another vehicle can then be created with the same VIN, plate or externalId. Deactivating a
deactivated vehicle changes nothing and answers 200.

200 the vehicle · 403 the vehicle is outside the client's organizations · 404 no such vehicle
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import NoPermission, VehicleNotFound
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import VehicleAnswer


@endpoint(raises=(NoPermission, VehicleNotFound), idempotent=True)
def handler(vehicle_id: str, caller: Caller) -> Result[VehicleAnswer]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller)
    after = vehicle.made_active(False)
    writes = vehicles.changed(vehicle, after, "vehicle.deactivated", by=caller.actor)
    return Result(VehicleAnswer.of(after), writes)
