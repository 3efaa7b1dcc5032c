"""Who asks for a token, and in which of the two places the credentials are."""

import base64

import pytest

from motorpool.api.gateway_event import Authorization
from motorpool.api.oauth import TokenRequest
from motorpool.errors import InvalidClient, InvalidTokenRequest, OAuthError, UnsupportedGrantType

GRANT = {"grant_type": "client_credentials"}
OWN = GRANT | {"client_id": "cli_1", "client_secret": "secret"}


def basic(text: str) -> Authorization:
    return Authorization("Basic " + base64.b64encode(text.encode()).decode())


def credentials(form: dict[str, str], authorization: str = "") -> tuple[str, str]:
    return TokenRequest.model_validate(form).credentials(Authorization(authorization))


def test_the_credentials_are_in_the_form_or_in_the_header() -> None:
    assert credentials(OWN) == ("cli_1", "secret")
    assert credentials(GRANT, basic("cli_1:secret")) == ("cli_1", "secret")
    assert credentials(GRANT | {"client_id": "cli_1"}, basic("cli_1:s")) == ("cli_1", "s")


def test_in_the_header_they_are_form_encoded_and_the_first_colon_parts_them() -> None:
    assert credentials(GRANT, basic("a%3Ab:c+d%25:e")) == ("a:b", "c d%:e")


@pytest.mark.parametrize(
    ("form", "authorization", "refused"),
    [
        ({}, "", InvalidTokenRequest),
        ({"grant_type": ""}, "", UnsupportedGrantType),
        ({"grant_type": "Client_Credentials"}, "", UnsupportedGrantType),
        (GRANT, "", InvalidClient),
        (GRANT | {"client_id": "a"}, "", InvalidClient),
        (GRANT | {"client_secret": "a"}, "", InvalidClient),
        (OWN, basic("a:b"), InvalidTokenRequest),
        (GRANT, "Bearer abc", InvalidClient),
        (GRANT, "Basic", InvalidClient),
        (GRANT, "Basic !", InvalidClient),
        (GRANT, "Basic /w==", InvalidClient),
        (GRANT, "Basic é", InvalidClient),
        (GRANT, basic("no colon"), InvalidClient),
    ],
)
def test_what_is_wrong_is_one_of_the_rfcs_errors(
    form: dict[str, str], authorization: str, refused: type[OAuthError]
) -> None:
    with pytest.raises(refused):
        credentials(form, authorization)
    assert set(refused().body("supplier")) == {"error", "error_description"}
    assert refused.headers["Cache-Control"] == "no-store"
