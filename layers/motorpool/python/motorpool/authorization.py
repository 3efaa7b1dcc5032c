"""Authorization: a caller from a request's headers, and the policy that the gateway asks for."""

from typing import Any

from motorpool.callers import CREDENTIAL_HEADERS, Caller
from motorpool.pepper import pepper
from motorpool.store import clients
from motorpool.telemetry import logger


def by_partner_headers(event: dict[str, Any]) -> Caller | None:
    """The client that the three headers name and whose secret they hold, None if there is none.

    One read. Header names are matched in any case; one given twice, with whatever values, is
    nobody's.
    """
    given: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        given.setdefault(name.lower(), []).extend(values)
    headers = [given.get(name.lower(), []) for name in CREDENTIAL_HEADERS]
    if any(len(values) != 1 for values in headers):
        return None
    [partner_id], [client_id], [secret] = headers
    client = clients.find(partner_id, client_id)
    return client.as_caller() if client and client.accepts(secret, pepper()) else None


def policy(method_arn: str, caller: Caller | None) -> dict[str, Any]:
    """Allow a caller, or refuse nobody, on every route of the stage that the method is of."""
    api_and_stage = "/".join(method_arn.split("/")[:2])
    logger().info("authorized" if caller else "refused")
    return {
        "principalId": caller.client_id if caller else "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if caller else "Deny",
                    "Resource": f"{api_and_stage}/*",
                }
            ],
        },
        "context": caller.as_context() if caller else {},
    }
