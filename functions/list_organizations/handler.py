"""GET /vehicle-suppliers/organizations: the client's subtree, each organization after its parent.

200 the organizations
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.tenants import organization_store as organizations
from motorpool.tenants.supplier_api import SupplierOrganizationsAnswer


@endpoint()
def handler(caller: Caller) -> SupplierOrganizationsAnswer:
    subtree = organizations.of_partner(caller.partner_id, below=caller.org_path)
    return SupplierOrganizationsAnswer.of(subtree)
