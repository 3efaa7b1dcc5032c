"""How many requests are let through. The OpenAPI documents publish these numbers."""

from motorpool.access.limits import CLIENT as CLIENT
from motorpool.access.limits import Limit as Limit

# One operation, all clients together.
OPERATION = Limit(500, 1000)
# An operation without an authorizer (the token endpoint), where nobody is known. A token is valid
# for an hour, so clients need few; a flood of wrong secrets costs a tenth of other operations'.
PUBLIC_OPERATION = Limit(50, 100)
# One address, both APIs together: what two clients behind it may send.
ADDRESS_PER_MINUTE = 2 * 60 * CLIENT.per_second
