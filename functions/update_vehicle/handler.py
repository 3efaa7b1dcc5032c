"""PUT /vehicles/{vehicleId}: change a vehicle's plate, state, photo, color or user.

200 the vehicle · 400 wrong parameters · 403 vehicle or user is outside the client's organizations ·
404 no such vehicle or user · 409 the plate is taken
"""

from motorpool.callers import Caller
from motorpool.endpoint import Change, endpoint
from motorpool.errors import (
    InvalidParameters,
    NoPermission,
    UserNotFound,
    VehicleAlreadyExists,
    VehicleNotFound,
)
from motorpool.store import users, vehicles
from motorpool.vehicles import UpdateVehicle, VehicleAnswer


@endpoint(
    raises=(InvalidParameters, NoPermission, VehicleNotFound, UserNotFound, VehicleAlreadyExists),
    idempotent=True,
)
def handler(vehicle_id: str, request: UpdateVehicle, caller: Caller) -> Change[VehicleAnswer]:
    vehicle = vehicles.get(vehicle_id, seen_by=caller)
    user = users.get(request.user_id, seen_by=caller) if request.user_id else None
    after = vehicle.updated_with(request, user)
    return Change(VehicleAnswer.of(after), vehicles.changed(vehicle, after))
