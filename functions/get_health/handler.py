"""GET /health: see whether the API answers. It touches no data, and takes no credentials.

200 the API answers
"""

from motorpool.api.endpoint import endpoint
from motorpool.tenants.partner_api import HealthAnswer


@endpoint()
def handler() -> HealthAnswer:
    return HealthAnswer(status="ok")
