"""GET /vehicle-suppliers/vehicles/{vehicle_id}/custody: list who owned a vehicle, and since when.

200 a page of the vehicle's owners, oldest first · 400 invalid parameters · 404 no such vehicle, or
outside the client's organizations
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import SupplierPageQuery, cursor_after, key_before
from motorpool.errors import InvalidParameters, VehicleNotFound
from motorpool.transfers import store as transfers
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.custody_api import CustodyAnswer


@endpoint(raises=(InvalidParameters, VehicleNotFound))
def handler(vehicle_id: str, query: SupplierPageQuery, caller: Caller) -> CustodyAnswer:
    name = f"custody of {vehicle_id}"
    after = key_before(query.page_token, name, caller, field="page_token")
    vehicles.get(vehicle_id, visible_to=caller, outside=VehicleNotFound)
    chain, last = transfers.custody_of(vehicle_id, limit=query.page_size, after=after)
    return CustodyAnswer.of(chain, cursor_after(last, name, caller))
