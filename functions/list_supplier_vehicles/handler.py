"""GET /vehicle-suppliers/vehicles: list the vehicles that an organization owns, oldest first.

The list does not include the vehicles of the organizations below it.

200 a page of vehicles · 400 invalid parameters, or `owner_id` is missing and the client has no
default organization · 404 no such organization, or outside the client's organizations
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import cursor_after, key_before
from motorpool.errors import InvalidParameters, OrganizationNotFound
from motorpool.tenants import organization_store as organizations
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.supplier_api import OwnedVehiclesQuery, SupplierVehiclesAnswer


@endpoint(raises=(InvalidParameters, OrganizationNotFound))
def handler(query: OwnedVehiclesQuery, caller: Caller) -> SupplierVehiclesAnswer:
    owner_id = query.owner_id or caller.org_id
    if owner_id is None:
        raise InvalidParameters(("owner_id", "required: the client has no default organization"))
    name = f"vehicles of {owner_id}"
    after = key_before(query.page_token, name, caller, field="page_token")
    organizations.get(owner_id, visible_to=caller, outside=OrganizationNotFound)
    found, last = vehicles.of_organization(owner_id, limit=query.page_size, after=after)
    return SupplierVehiclesAnswer.of(found, cursor_after(last, name, caller))
