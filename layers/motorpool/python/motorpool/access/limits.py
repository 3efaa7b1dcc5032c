"""How many requests a client may make, as `GET /client` and the OpenAPI documents tell it.

API Gateway counts requests a second, and lets some come at once (a token bucket):
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from typing import NamedTuple


class Limit(NamedTuple):
    """`per_second`: on average. `at_once`: how many may come at once after a quiet time."""

    per_second: int
    at_once: int


# One client, all operations of both APIs together: a tenth of what an operation takes
# (`infra/limits.py`).
CLIENT = Limit(50, 100)
# By the contract; `functions/transfer_vehicle/route.py` says it to the function.
TRANSFERS_PER_HOUR = 1800
