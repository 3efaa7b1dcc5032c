"""PUT /vehicles/{vehicleId}: update a vehicle's license plate, state, photo, color, user,
externalId or metadata.

Fields that are missing from the request stay as they are; null or an empty string clears a field.

200 the vehicle · 400 invalid parameters, a plate without a state, or a user of an organization that
does not own the vehicle · 403 the vehicle or the user is outside the client's organizations · 404
no such vehicle or user · 409 another active vehicle of the partner has the plate in that state, or
the externalId
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import (
    InvalidParameters,
    NoPermission,
    UserNotFound,
    VehicleAlreadyExists,
    VehicleNotFound,
)
from motorpool.tenants import user_store as users
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import UpdateVehicle, VehicleAnswer


@endpoint(
    raises=(InvalidParameters, NoPermission, VehicleNotFound, UserNotFound, VehicleAlreadyExists),
    idempotent=True,
)
def handler(vehicle_id: str, request: UpdateVehicle, caller: Caller) -> Result[VehicleAnswer]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller)
    user = users.get(request.user_id, visible_to=caller) if request.user_id else None
    after = vehicle.updated_with(request.changes())
    if request.names_user:
        after = after.owned_by(user)
    writes = vehicles.changed(vehicle, after, "vehicle.updated", by=caller.actor)
    return Result(VehicleAnswer.of(after), writes)
