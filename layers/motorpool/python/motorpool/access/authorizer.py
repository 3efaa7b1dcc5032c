"""The authorizer: finds the caller by a request's headers and makes the policy for the gateway."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from motorpool import budget, telemetry
from motorpool.access import client_store as clients
from motorpool.access.callers import CREDENTIAL_HEADERS, FINGERPRINT, Caller
from motorpool.access.devices import client_of
from motorpool.access.secret_keys import pepper, token_keys
from motorpool.access.tokens import Token
from motorpool.errors import Unavailable
from motorpool.ids import fingerprint, is_id

BEARER = "bearer "


def authorize(event: Mapping[str, Any]) -> dict[str, Any]:
    """The policy for a request. Raises Unavailable, with no details, when anything fails."""
    try:
        return policy(event, caller_of(event))
    except Exception as fault:
        # Lambda logs the message of what is raised, and the gateway answers 500.
        telemetry.failed(fault, **_request_of(event))
        raise Unavailable from None


@budget.of_one_request()
def caller_of(event: Mapping[str, Any]) -> Caller | None:
    """The caller whose credentials the request has; None if they are missing or wrong. One read.

    The credentials are the three headers or, on the supplier API, a bearer token; both together are
    refused there, and so is a device. The partner API ignores the `Authorization` header: a refusal
    because of it would be cached under the three headers and shut out their owner.
    """
    headers = _headers(event)
    bearer = headers.get("authorization", []) if _takes_tokens(event) else []
    partners = [headers.get(name.lower(), []) for name in CREDENTIAL_HEADERS]
    if not bearer:
        caller = _by_partner_headers(partners)
        return None if caller and caller.device_id and _takes_tokens(event) else caller
    if any(partners) or len(bearer) != 1:
        return None
    return _by_token(bearer[0])


def policy(event: Mapping[str, Any], caller: Caller | None) -> dict[str, Any]:
    """A policy for every route of the method's stage: Allow for a caller, Deny for None.

    `usageIdentifierKey` chooses the client's share of the usage plan. API Gateway looks at it only
    where methods need an API key, and refuses without it there:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    api_and_stage = "/".join(event["methodArn"].split("/")[:2])
    telemetry.logger.info("authorized" if caller else "refused", extra=_request_of(event))
    client_id = caller.client_id if caller else _claimed(event)
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
        "context": (caller.as_context() if caller else {})
        | ({FINGERPRINT: fingerprint(client_id)} if client_id else {}),
        **({"usageIdentifierKey": caller.usage_key} if caller else {}),
    }


def _claimed(event: Mapping[str, Any]) -> str:
    """The client's id that a refused caller sent; empty without one, or if it is malformed.

    A malformed one may be a password in the wrong place, whose digest could be guessed.
    """
    [*_, claimed] = ["", *_headers(event).get("clientid", [])]
    claimed = client_of(claimed) or claimed
    return claimed if is_id("cli", claimed) else ""


def _request_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What the log lines have of a request: its id, which the caller gets as `x-request-id`."""
    return {"correlation_id": event["requestContext"].get("requestId")}


def _headers(event: Mapping[str, Any]) -> dict[str, list[str]]:
    """All values of each header, by lower-case name: AWS keeps the caller's case."""
    given: dict[str, list[str]] = {}
    for name, values in (event.get("multiValueHeaders") or {}).items():
        given.setdefault(name.lower(), []).extend(values)
    return given


def _takes_tokens(event: Mapping[str, Any]) -> bool:
    """Whether the request is for the supplier API, whose authorizer is not cached."""
    return str(event["methodArn"]).split("/")[1] == "v1"


def _by_partner_headers(values: list[list[str]]) -> Caller | None:
    """The caller by the three headers; None if one is missing, wrong or given twice."""
    if any(len(given) != 1 for given in values):
        return None
    [partner_id], [client_id], [secret] = values
    account = clients.account(partner_id, client_id)
    if account is None:
        return None
    client, device = account.client, account.device
    if not (device or client).accepts(secret, pepper()):
        return None
    caller = device.as_caller(client) if device else client.as_caller()
    return replace(caller, origins=account.origins) if caller else None


def _by_token(value: str) -> Caller | None:
    if not value.lower().startswith(BEARER):
        return None
    token = Token.read(value[len(BEARER) :].strip(), token_keys())
    client = clients.find(token.client_id) if token else None
    if token is None or client is None or not client.accepts_token(token):
        return None
    return client.as_caller(token.scopes)
