"""GET /client: get the client that the request's credentials are of, and its limits.

200 the client
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.tenants import partner_store as partners
from motorpool.tenants.partner_api import ClientAnswer


@endpoint()
def handler(caller: Caller) -> ClientAnswer:
    return ClientAnswer.of(caller, *partners.account_of(caller))
