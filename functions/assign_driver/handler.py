"""POST /vehicle-suppliers/vehicles/{vehicle_id}/assign: a driver for a vehicle.

204 it is so (a driver who was assigned before makes way) · 400 wrong parameters · 404 no such
vehicle, or the driver is no user of its owner · 422 the vehicle is deactivated, or a transfer is
pending
"""

from motorpool.callers import Caller
from motorpool.endpoint import Change, endpoint
from motorpool.errors import (
    DriverNotFound,
    InactiveVehicle,
    InvalidParameters,
    TransferInProgress,
    VehicleNotFound,
)
from motorpool.store import users, vehicles
from motorpool.supplier_vehicles import AssignDriver


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
def handler(vehicle_id: str, request: AssignDriver, caller: Caller) -> Change[None]:
    vehicle = vehicles.get(vehicle_id, seen_by=caller, outside=VehicleNotFound)
    driver = users.find(request.driver_id)
    if driver is None or driver.org_id != vehicle.owner_id:
        raise DriverNotFound
    return Change(None, vehicles.changed(vehicle, vehicle.driven_by(driver)))
