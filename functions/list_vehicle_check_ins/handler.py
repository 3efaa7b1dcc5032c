"""GET /vehicles/{vehicleId}/checkins/mileage: a vehicle's check-ins, newest first, by the page.

200 a page · 400 wrong parameters · 403 outside the client's organizations · 404 no such vehicle
"""

from motorpool.callers import Caller
from motorpool.checkins import CheckInsAnswer
from motorpool.endpoint import endpoint
from motorpool.errors import InvalidParameters, NoPermission, VehicleNotFound
from motorpool.lists import PageQuery, cursor_after, key_before
from motorpool.public_url import PublicUrl
from motorpool.store import checkins, vehicles


@endpoint(raises=(InvalidParameters, NoPermission, VehicleNotFound))
def handler(vehicle_id: str, query: PageQuery, caller: Caller, here: PublicUrl) -> CheckInsAnswer:
    name = f"check-ins of {vehicle_id}"
    after = key_before(query.cursor, name)
    vehicles.get(vehicle_id, seen_by=caller)
    found, last = checkins.of_vehicle(vehicle_id, limit=query.limit, after=after)
    return CheckInsAnswer.of(found, here, cursor_after(last, name))
