"""How many requests are let through. The OpenAPI documents publish these numbers.

API Gateway counts requests a second, and lets some come at once (a token bucket):
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from typing import NamedTuple


class Limit(NamedTuple):
    """`per_second`: on average. `at_once`: how many may come at once after a quiet time."""

    per_second: int
    at_once: int


# One operation, all clients together.
OPERATION = Limit(500, 1000)
# An operation without an authorizer (the token endpoint), where nobody is known. A token is valid
# for an hour, so clients need few; a flood of wrong secrets costs a tenth of other operations'.
PUBLIC_OPERATION = Limit(50, 100)
# One client, all operations of both APIs together: a tenth of what an operation takes.
CLIENT = Limit(50, 100)
# One address, both APIs together: what two clients behind it may send.
ADDRESS_PER_MINUTE = 2 * 60 * CLIENT.per_second
