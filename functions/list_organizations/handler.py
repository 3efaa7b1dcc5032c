"""GET /vehicle-suppliers/organizations: the client's subtree, each organization after its parent.

200 the organizations
"""

from motorpool.callers import Caller
from motorpool.endpoint import endpoint
from motorpool.store import organizations
from motorpool.supplier_organizations import SupplierOrganizationsAnswer


@endpoint()
def handler(caller: Caller) -> SupplierOrganizationsAnswer:
    subtree = organizations.of_partner(caller.partner_id, below=caller.org_path)
    return SupplierOrganizationsAnswer.of(subtree)
