"""POST /oauth/token: issue an access token (OAuth 2.0 client credentials, RFC 6749).

The client's id and secret are form fields, or the user name and password of HTTP Basic. The token
is valid for an hour, and becomes invalid when its secret is revoked.

200 the token · 400 `invalid_request`, `invalid_scope` or `unsupported_grant_type` · 401
`invalid_client`
"""

from motorpool.access import client_store as clients
from motorpool.access import tokens
from motorpool.api import oauth
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.gateway_event import Authorization
from motorpool.api.oauth import TokenAnswer, TokenRequest
from motorpool.errors import InvalidClient, InvalidScope, InvalidTokenRequest, UnsupportedGrantType
from motorpool.snapshot import before_snapshot

before_snapshot(tokens.load_library)


@endpoint(
    raises=(InvalidTokenRequest, UnsupportedGrantType, InvalidClient, InvalidScope),
    headers=("Cache-Control",),
    form=True,
)
def handler(request: TokenRequest, authorization: Authorization) -> Result[TokenAnswer]:
    client_id, secret = request.credentials(authorization)
    token = oauth.issue_token(clients.find(client_id), secret, request.scope)
    return Result(token, headers={"Cache-Control": "no-store"})
