"""GET /vehicles/{vehicleId}/checkins/mileage: list a vehicle's mileage check-ins, newest first.

Of a check-in of an organization that the client does not see (a former owner) it has mileage, date
and status.

200 a page of check-ins · 400 invalid parameters · 403 the vehicle is outside the client's
organizations · 404 no such vehicle
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import PageQuery, cursor_after, key_before
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.partner_api import CheckInsAnswer
from motorpool.errors import InvalidParameters, NoPermission, VehicleNotFound
from motorpool.vehicles import store as vehicles


@endpoint(raises=(InvalidParameters, NoPermission, VehicleNotFound))
def handler(vehicle_id: str, query: PageQuery, caller: Caller, here: PublicUrl) -> CheckInsAnswer:
    name = f"check-ins of {vehicle_id}"
    after = key_before(query.cursor, name, caller)
    vehicles.get(vehicle_id, visible_to=caller)
    found, last = checkins.of_vehicle(vehicle_id, limit=query.limit, after=after)
    # A device sees its own user's only, not those of the user before.
    found = [check_in for check_in in found if caller.sees_user(check_in.user_id)]
    return CheckInsAnswer.of(found, caller, here, cursor_after(last, name, caller))
