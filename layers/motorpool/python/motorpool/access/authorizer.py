"""Authorization: a caller from a request's headers, and the policy that the gateway asks for."""

from collections.abc import Mapping
from typing import Any

from motorpool import budget, telemetry
from motorpool.access import client_store as clients
from motorpool.access.callers import CREDENTIAL_HEADERS, Caller
from motorpool.access.secret_keys import pepper, token_keys
from motorpool.access.tokens import Token
from motorpool.errors import Unavailable

BEARER = "bearer "


def authorized(event: Mapping[str, Any]) -> dict[str, Any]:
    """The policy for a request. Raises Unavailable, without what the fault says, when it fails."""
    try:
        return policy(event, caller_of(event))
    except Exception as fault:
        # The gateway answers 500 to what is raised, and Lambda logs its message.
        telemetry.failed(fault)
        raise Unavailable from None


@budget.of_one_request()
def caller_of(event: Mapping[str, Any]) -> Caller | None:
    """The caller that a request's credentials prove, None if they prove nobody. One read.

    The partner's three headers, or on the supplier API a bearer token; there, both at once prove
    nobody. The partner API takes no token: what is in its `Authorization` header is ignored,
    because a refusal is cached under the three headers and would lock their owner out.
    """
    headers = _headers(event)
    bearer = headers.get("authorization", []) if _takes_tokens(event) else []
    partners = [headers.get(name.lower(), []) for name in CREDENTIAL_HEADERS]
    if not bearer:
        return _by_partner_headers(partners)
    if any(partners) or len(bearer) != 1:
        return None
    return _by_token(bearer[0])


def policy(event: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
    """Allow a caller, or refuse nobody, on every route of the stage that the method is of."""
    api_and_stage = "/".join(event["methodArn"].split("/")[:2])
    # The local engine's event has no id.
    known = {"correlation_id": event["requestContext"].get("requestId")}
    telemetry.logger.info("authorized" if caller else "refused", extra=known)
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


def _headers(event: Mapping[str, Any]) -> dict[str, list[str]]:
    """All values of each header, by its name in lower case: AWS keeps the caller's case."""
    given: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        given.setdefault(name.lower(), []).extend(values)
    return given


def _takes_tokens(event: Mapping[str, Any]) -> bool:
    """Only the supplier API's authorizer is not cached by the three headers."""
    return str(event["methodArn"]).split("/")[1] == "v1"


def _by_partner_headers(values: list[list[str]]) -> Caller | None:
    """A header given twice, with whatever values, is nobody's."""
    if any(len(given) != 1 for given in values):
        return None
    [partner_id], [client_id], [secret] = values
    client = clients.find(client_id, partner_id=partner_id)
    return client.as_caller() if client and client.accepts(secret, pepper()) else None


def _by_token(value: str) -> Caller | None:
    if not value.lower().startswith(BEARER):
        return None
    token = Token.read(value[len(BEARER) :].strip(), token_keys())
    client = clients.find(token.client_id) if token else None
    if token is None or client is None or not client.stands_by(token):
        return None
    return client.as_caller(token.scopes)
