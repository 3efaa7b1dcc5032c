"""GET /vehicle-suppliers/organizations: list the organizations that the client can see.

These are the organization that the client is linked to and all below it, or all of the partner's.
A parent comes before its children.

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
