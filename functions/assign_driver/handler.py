"""POST /vehicle-suppliers/vehicles/{vehicle_id}/assign: assign a driver to a vehicle.

The driver must be a user of the organization that owns the vehicle. Assigning replaces any previous
driver. A vehicle with a driver cannot be transferred.

204 driver assigned · 400 invalid parameters · 404 no such vehicle, or the driver is not a user of
the organization that owns it · 422 the vehicle is deactivated, or a transfer of it is pending
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import (
    DriverNotFound,
    InactiveVehicle,
    InvalidParameters,
    TransferInProgress,
    VehicleNotFound,
)
from motorpool.tenants import user_store as users
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.supplier_api import AssignDriver


@endpoint(
    raises=(
        InvalidParameters,
        VehicleNotFound,
        DriverNotFound,
        InactiveVehicle,
        TransferInProgress,
    ),
    idempotent=True,
)
def handler(vehicle_id: str, request: AssignDriver, caller: Caller) -> Result[None]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller, outside=VehicleNotFound)
    after = vehicle.assigned_to(users.find(request.driver_id))
    writes = vehicles.changed(vehicle, after, "vehicle.driver_assigned", by=caller.actor)
    return Result(None, writes)
