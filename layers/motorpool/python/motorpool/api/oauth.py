"""The token endpoint's request and answer (RFC 6749, client credentials)."""

import base64
import binascii
from urllib.parse import unquote_plus

from pydantic import Field

from motorpool.access.clients import Client
from motorpool.access.secret_keys import pepper, token_key
from motorpool.access.tokens import LIFETIME_SECONDS, Token
from motorpool.api.gateway_event import Authorization
from motorpool.api.schemas import SupplierModel
from motorpool.errors import InvalidClient, InvalidScope, InvalidTokenRequest, UnsupportedGrantType

GRANT = "client_credentials"


class TokenRequest(SupplierModel):
    """The form fields. The client's id and secret can be in an HTTP Basic header instead."""

    grant_type: str | None = Field(
        None, description="Required: `client_credentials`.", examples=[GRANT]
    )
    client_id: str | None = Field(
        None, description="Id of the client.", examples=["cli_019aa8f1a0b1c2d3e4f5a6b7c8d9e0f1"]
    )
    client_secret: str | None = Field(
        None, description="Secret of the client.", examples=["motorpool_secret_…"]
    )
    scope: str | None = Field(
        None,
        description="The scopes to ask for, separated by spaces. Without it, all scopes that the "
        "client has.",
        examples=["vehicle_suppliers.vehicles.write"],
    )

    def credentials(self, authorization: Authorization) -> tuple[str, str]:
        """The client's id and secret.

        Raises UnsupportedGrantType, InvalidTokenRequest (no grant, or credentials in both places)
        and InvalidClient (no credentials, or malformed ones).
        """
        if self.grant_type is None:
            raise InvalidTokenRequest("grant_type is required")
        if self.grant_type != GRANT:
            raise UnsupportedGrantType
        if authorization:
            if self.client_secret is not None:
                raise InvalidTokenRequest("The client's credentials are given in two places")
            return _basic(authorization)
        if self.client_id is None or self.client_secret is None:
            raise InvalidClient
        return self.client_id, self.client_secret


class TokenAnswer(SupplierModel):
    """A bearer token for the supplier API."""

    access_token: str = Field(
        description="The token, to send as `Authorization: Bearer …`.",
        examples=["eyJhbGciOiJIUzI1NiIsImtpZCI6IjNm…"],
    )
    token_type: str = Field(description="Always `Bearer`.", examples=["Bearer"])
    expires_in: int = Field(
        description="Seconds until the token expires.", examples=[LIFETIME_SECONDS]
    )
    scope: str = Field(
        description="The scopes of the token, separated by spaces.",
        examples=["vehicle_suppliers.vehicles.write"],
    )


def issue_token(client: Client | None, secret: str, scope: str | None) -> TokenAnswer:
    """A token with those scopes (default: all of its). Raises InvalidClient, InvalidScope."""
    mark = client.mark_of(secret, pepper()) if client else None
    if client is None or mark is None:
        raise InvalidClient
    own = frozenset[str](client.scopes)
    scopes = own if scope is None else frozenset(scope.split())
    if not scopes <= own:
        raise InvalidScope
    return TokenAnswer(
        access_token=Token(client.id, mark, scopes).signed(token_key()),
        token_type="Bearer",  # noqa: S106
        expires_in=LIFETIME_SECONDS,
        scope=" ".join(sorted(scopes)),
    )


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret from HTTP Basic; each is form-encoded in it (RFC 6749, 2.3.1)."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        if scheme.lower() != "basic":
            raise InvalidClient
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidClient from None
    client_id, colon, secret = text.partition(":")
    if not colon:
        raise InvalidClient
    return unquote_plus(client_id), unquote_plus(secret)
