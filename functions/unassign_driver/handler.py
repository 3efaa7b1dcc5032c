"""POST /vehicle-suppliers/vehicles/{vehicle_id}/unassign: no driver for a vehicle.

204 it is so, also when there was none · 404 no such vehicle, or outside the client's subtree
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import VehicleNotFound
from motorpool.vehicles import store as vehicles


@endpoint(raises=(VehicleNotFound,), idempotent=True)
def handler(vehicle_id: str, caller: Caller) -> Result[None]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller, outside=VehicleNotFound)
    return Result(None, vehicles.changed(vehicle, vehicle.unassigned()))
