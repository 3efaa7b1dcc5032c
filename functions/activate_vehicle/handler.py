"""PUT /vehicles/{vehicleId}/activate: put a vehicle back on the books, with its VIN and plate.

200 the vehicle, also when it was active before · 403 outside the client's organizations · 404 no
such vehicle · 409 its VIN or plate was taken meanwhile
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
    return Result(VehicleAnswer.of(after), vehicles.changed(vehicle, after))
