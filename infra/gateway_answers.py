"""The error answers that API Gateway itself makes, in each API's error format.

Every text is fixed, so that nothing a caller sent is repeated. The codes equal those of
`motorpool.errors` where a function can give the same answer.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from infra.spec import ApiName
from motorpool.errors import ENVELOPES

RETRY_AFTER_SECONDS = 1

# How API Gateway renames headers of a function's answer; those of its own answers keep their names.
# docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
RENAMED = {"WWW-Authenticate": "x-amzn-remapped-www-authenticate"}


class Answer(NamedTuple):
    """An error answer: status, code, message, and the headers that other answers do not have.

    `envelope`: the names of the code and the message, if they differ from the API's. `meaning`:
    when the error occurs, for the OpenAPI document; without it, the message.
    """

    status: int
    code: str
    message: str
    headers: tuple[tuple[str, str], ...] = ()
    envelope: tuple[str, str] | None = None
    meaning: str = ""

    def body(self, api: ApiName) -> str:
        """The error body, as JSON."""
        names = self.envelope or ENVELOPES[api]
        return json.dumps(dict(zip(names, (self.code, self.message), strict=True)))


_RETRY = (("Retry-After", str(RETRY_AFTER_SECONDS)),)
_WRONG_CREDENTIALS = "The credentials are missing or wrong."
_THROTTLED = "Too many requests: see the limits in this document's description."
_WITHOUT_KEY = "The client is revoked, or not set up completely"
_BEARER = (("WWW-Authenticate", 'Bearer realm="motorpool"'),)

# Each row: the gateway's response types, then the partner API's and the supplier API's answer.
# Every method has the authorizer, so only requests to an unknown path or method are checked for an
# AWS signature (a bearer token is a malformed one): hence 404 for the signature types as well.
_ANSWERS: tuple[tuple[tuple[str, ...], Answer, Answer], ...] = (
    (
        ("UNAUTHORIZED", "ACCESS_DENIED"),
        Answer(
            401,
            "ERROR_UNAUTHORIZED",
            "Invalid partnerId, clientId or clientSecret provided",
            meaning=_WRONG_CREDENTIALS,
        ),
        Answer(
            401,
            "unauthorized",
            "Invalid OAuth 2.0 credentials provided",
            _BEARER,
            meaning=_WRONG_CREDENTIALS,
        ),
    ),
    (
        # The authorizer accepts the client, but its API key is gone: the answer about a client that
        # was revoked may still be in the cache.
        ("INVALID_API_KEY",),
        Answer(401, "ERROR_UNAUTHORIZED", _WITHOUT_KEY, meaning=f"{_WITHOUT_KEY}."),
        Answer(401, "unauthorized", _WITHOUT_KEY, _BEARER, meaning=f"{_WITHOUT_KEY}."),
    ),
    (
        (
            "MISSING_AUTHENTICATION_TOKEN",
            "RESOURCE_NOT_FOUND",
            "INVALID_SIGNATURE",
            "EXPIRED_TOKEN",
            "DEFAULT_4XX",
        ),
        Answer(404, "ERROR_NOT_FOUND", "There is no such path, or it has no such method"),
        Answer(404, "not_found", "There is no such path, or it has no such method"),
    ),
    (
        ("BAD_REQUEST_BODY", "BAD_REQUEST_PARAMETERS"),
        Answer(400, "ERROR_INVALID_PARAMETERS", "The request parameters are invalid"),
        Answer(400, "bad_request", "The request parameters are invalid"),
    ),
    (
        ("REQUEST_TOO_LARGE",),
        Answer(413, "ERROR_REQUEST_TOO_LARGE", "The request is too large"),
        Answer(413, "request_too_large", "The request is too large"),
    ),
    (
        ("UNSUPPORTED_MEDIA_TYPE",),
        Answer(415, "ERROR_UNSUPPORTED_MEDIA_TYPE", "The content type is not supported"),
        Answer(415, "unsupported_media_type", "The content type is not supported"),
    ),
    (
        # WAF filters requests by their rate: see infra/firewall.py.
        ("THROTTLED", "QUOTA_EXCEEDED", "WAF_FILTERED"),
        Answer(
            429,
            "ERROR_RATE_LIMITED",
            "Number of requests exceeds allowed limit",
            _RETRY,
            meaning=_THROTTLED,
        ),
        Answer(
            429,
            "rate_limited",
            "Number of requests exceeds allowed limit",
            _RETRY,
            meaning=_THROTTLED,
        ),
    ),
    (
        ("INTEGRATION_TIMEOUT",),
        Answer(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Answer(503, "service_unavailable", "Service unavailable", _RETRY),
    ),
    (
        (
            "INTEGRATION_FAILURE",
            "AUTHORIZER_FAILURE",
            "AUTHORIZER_CONFIGURATION_ERROR",
            "API_CONFIGURATION_ERROR",
            "DEFAULT_5XX",
        ),
        Answer(500, "INTERNAL_SERVER_ERROR", "Internal server error"),
        Answer(500, "internal_server_error", "Internal server error"),
    ),
)


def answers(api: ApiName) -> Iterator[tuple[str, Answer]]:
    """Each of the gateway's response types, with this API's answer."""
    for response_types, partner, supplier in _ANSWERS:
        for response_type in response_types:
            yield response_type, partner if api == "partner" else supplier
