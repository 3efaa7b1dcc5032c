"""PUT /vehicles/{vehicleId}/activate: activate a vehicle, with its VIN, plate and externalId.

While a vehicle is active, no other active vehicle of the partner can have its VIN, its plate in
that state, or its externalId. Activating an active vehicle changes nothing and answers 200.

200 the vehicle · 403 the vehicle is outside the client's organizations · 404 no such vehicle · 409
another active vehicle has the VIN, the plate or the externalId
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import NoPermission, VehicleAlreadyExists, VehicleNotFound
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import VehicleAnswer


@endpoint(raises=(NoPermission, VehicleNotFound, VehicleAlreadyExists), idempotent=True)
def handler(vehicle_id: str, caller: Caller) -> Result[VehicleAnswer]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller)
    after = vehicle.made_active(True)
    writes = vehicles.changed(vehicle, after, "vehicle.activated", by=caller.actor)
    return Result(VehicleAnswer.of(after), writes)
