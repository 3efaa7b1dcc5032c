"""GET /vehicles/{vehicleId}/history: list what happened to a vehicle, newest first.

Entries are numbered without gaps, and each has the hash of the entry before it. An entry about an
organization that the client does not see (a former owner, or the one that made the check-in) shows
only its type, date, mileage and hashes. Vehicles that were changed by version 0.1.0 have a history
since their next change.

200 a page of the history · 400 invalid parameters · 403 the vehicle is outside the client's
organizations · 404 no such vehicle
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import PageQuery, cursor_after, key_before
from motorpool.api.public_url import PublicUrl
from motorpool.errors import InvalidParameters, NoPermission, VehicleNotFound
from motorpool.events.partner_api import HistoryAnswer
from motorpool.history import store as history
from motorpool.vehicles import store as vehicles


@endpoint(raises=(InvalidParameters, NoPermission, VehicleNotFound))
def handler(vehicle_id: str, query: PageQuery, caller: Caller, here: PublicUrl) -> HistoryAnswer:
    name = f"history of {vehicle_id}"
    after = key_before(query.cursor, name, caller)
    vehicles.get(vehicle_id, visible_to=caller)
    entries, last = history.of_vehicle(vehicle_id, limit=query.limit, after=after)
    return HistoryAnswer.of(entries, caller, here, cursor_after(last, name, caller))
