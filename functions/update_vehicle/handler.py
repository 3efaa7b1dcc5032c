"""PUT /vehicles/{vehicleId}: change a vehicle's plate, state, photo, color or user.

200 the vehicle · 400 wrong parameters · 403 vehicle or user is outside the client's organizations ·
404 no such vehicle or user · 409 the plate is taken
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
    return Result(VehicleAnswer.of(after), vehicles.changed(vehicle, after))
