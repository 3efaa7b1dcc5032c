"""GET /vehicle-suppliers/vehicles/{vehicle_id}/custody: who owned it, from when, by which transfer.

200 a page, oldest first · 400 wrong parameters · 404 no such vehicle, or outside the subtree
"""

from motorpool.callers import Caller
from motorpool.endpoint import endpoint
from motorpool.errors import InvalidParameters, VehicleNotFound
from motorpool.lists import cursor_after, key_before
from motorpool.store import transfers, vehicles
from motorpool.supplier_vehicles import SupplierPageQuery
from motorpool.transfers import CustodyAnswer


@endpoint(raises=(InvalidParameters, VehicleNotFound))
def handler(vehicle_id: str, query: SupplierPageQuery, caller: Caller) -> CustodyAnswer:
    name = f"custody of {vehicle_id}"
    after = key_before(query.page_token, name, field="page_token")
    vehicles.get(vehicle_id, seen_by=caller, outside=VehicleNotFound)
    chain, last = transfers.custody_of(vehicle_id, limit=query.page_size, after=after)
    return CustodyAnswer.of(chain, cursor_after(last, name))
