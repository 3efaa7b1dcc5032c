"""What browsers need before a script of a web page may read an answer (CORS).

https://fetch.spec.whatwg.org/#http-cors-protocol

Without these headers, a browser keeps an answer from the page. They protect nothing else: whoever
calls without a browser needs no permission, and every caller needs credentials.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from motorpool import budget, telemetry
from motorpool.access import origin_store as origins
from motorpool.access.callers import CREDENTIAL_HEADERS
from motorpool.api.gateway_event import GatewayEvent

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
METHODS = "GET, POST, PUT, DELETE"
SENT = (*CREDENTIAL_HEADERS, "Content-Type", "Idempotency-Key", "Motorpool-Version")
READ = ("x-request-id", "Idempotent-Replayed", "Retry-After", "Deprecation", "Sunset")
# A browser asks again after that time; it is the authorizer's cache time too.
MAX_AGE_SECONDS = 60


def headers_for(asked: GatewayEvent, allowed: tuple[str, ...]) -> dict[str, str]:
    """The headers of an answer to a caller whose partner allows those origins."""
    if not allowed:
        return {}
    given = asked.header("Origin")
    if len(given) != 1 or given[0] not in allowed:
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        ALLOW_ORIGIN: given[0],
        "Access-Control-Expose-Headers": ", ".join(READ),
    }


def preflight(event: Mapping[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """The answer to OPTIONS: yes when any partner allows the origin, since nobody is known yet."""
    asked = GatewayEvent(event)
    request = telemetry.Request(
        function=telemetry.function_of(context),
        route=asked.route,
        request_id=asked.gateway["requestId"],
    )
    headers = {"x-request-id": request.request_id, "Vary": "Origin"}
    given = asked.header("Origin")
    try:
        with budget.of_one_request():
            allowed = len(given) == 1 and origins.anybody_allows(given[0])
    except Exception as fault:
        request.answered(500, "INTERNAL_SERVER_ERROR", fault)
        return {"statusCode": 500, "headers": headers, "body": ""}
    if allowed:
        headers |= {
            ALLOW_ORIGIN: given[0],
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": ", ".join(SENT),
            "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
        }
    request.answered(204, None)
    return {"statusCode": 204, "headers": headers, "body": ""}
