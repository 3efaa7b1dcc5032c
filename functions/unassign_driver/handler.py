"""POST /vehicle-suppliers/vehicles/{vehicle_id}/unassign: no driver for a vehicle.

204 it is so, also when there was none · 404 no such vehicle, or outside the client's subtree
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Change, endpoint
from motorpool.errors import VehicleNotFound
from motorpool.vehicles import store as vehicles


@endpoint(raises=(VehicleNotFound,), idempotent=True)
def handler(vehicle_id: str, caller: Caller) -> Change[None]:
    vehicle = vehicles.get(vehicle_id, seen_by=caller, outside=VehicleNotFound)
    return Change(None, vehicles.changed(vehicle, vehicle.unassigned()))
