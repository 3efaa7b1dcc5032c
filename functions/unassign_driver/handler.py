"""POST /vehicle-suppliers/vehicles/{vehicle_id}/unassign: remove the driver of a vehicle.

204 the vehicle has no driver now, also if it had none before · 404 no such vehicle, or outside the
client's organizations
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import VehicleNotFound
from motorpool.vehicles import store as vehicles


@endpoint(raises=(VehicleNotFound,), idempotent=True)
def handler(vehicle_id: str, caller: Caller) -> Result[None]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller, outside=VehicleNotFound)
    after = vehicle.unassigned()
    writes = vehicles.changed(vehicle, after, "vehicle.driver_unassigned", by=caller.actor)
    return Result(None, writes)
