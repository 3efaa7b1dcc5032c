"""POST /oauth/token: a client's id and secret for a token, and nothing for anything else."""

import base64
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from motorpool.access import client_store as clients
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.secret_keys import token_key
from motorpool.access.tokens import Token
from tests.functions import world
from tests.functions.conftest import Answer, Caller
from tests.functions.wire import Fault

Somebody = Callable[[], Caller]

FORM = {
    "grant_type": "client_credentials",
    "client_id": world.CLIENT,
    "client_secret": world.SECRET,
}


@pytest.fixture(autouse=True)
def _client() -> None:
    world.client()


def sent(somebody: Somebody, form: dict[str, str], *, authorization: str | None = None) -> Answer:
    caller = somebody()
    caller.event["body"] = urlencode(form)
    headers: list[tuple[str, str]] = [("Authorization", authorization)] if authorization else []
    return caller.with_headers(*headers).calls()


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def test_a_client_gets_a_token_of_its_own_in_one_read(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "access_token": answer.body["access_token"],
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "vehicle_suppliers.vehicles.write",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    token = Token.read(answer.body["access_token"], [token_key()])
    client = clients.find(world.CLIENT)
    assert token is not None
    assert client is not None
    assert client.accepts_token(token)
    assert token.scopes == {"vehicle_suppliers.vehicles.write"}
    assert answer.calls == ("GetItem",)


def test_without_a_scope_all_of_the_clients_are_granted(somebody: Somebody) -> None:
    assert set(sent(somebody, FORM).body["scope"].split()) == ALL_SCOPES


def test_credentials_may_come_by_basic_with_escapes(somebody: Somebody) -> None:
    form = {"grant_type": "client_credentials"}
    escaped = world.SECRET.replace("-", "%2D")
    for value in (basic(world.CLIENT, world.SECRET), basic(world.CLIENT, escaped)):
        assert sent(somebody, form, authorization=value).status == 200
    same = sent(
        somebody, form | {"client_id": world.CLIENT}, authorization=basic(world.CLIENT, escaped)
    )
    assert same.status == 200


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"grant_type": None}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"client_secret": None}, (401, "invalid_client")),
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_id": None}, (401, "invalid_client")),
        ({"client_id": "cli_" + "9" * 32}, (401, "invalid_client")),
        ({"client_id": "\ud83d\ude97"}, (401, "invalid_client")),
        ({"scope": "unheard.of"}, (400, "invalid_scope")),
        ({"scope": "checkins.review unheard.of"}, (400, "invalid_scope")),
    ],
    ids=str,
)
def test_what_is_wrong_is_answered_in_the_shape_of_the_rfc(
    somebody: Somebody, changes: dict[str, str | None], refusal: tuple[int, str]
) -> None:
    form = {k: v for k, v in (FORM | changes).items() if v is not None}
    form = {k: v.encode("utf-16", "surrogatepass").decode("utf-16") for k, v in form.items()}
    answer = sent(somebody, form)
    assert answer.refusal == refusal
    assert set(answer.body) == {"error", "error_description"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (refusal[0] == 401)


@pytest.mark.parametrize(
    "body", ["", "{}", "a=b&a=c", "grant_type=%ff", "\ud800", "&".join(["a=b"] * 50), "x" * 10_000]
)
def test_a_body_that_is_no_form_of_each_field_once_is_an_invalid_request(
    somebody: Somebody, body: str
) -> None:
    caller = somebody()
    caller.event["body"] = body
    assert caller.calls().refusal == (400, "invalid_request")


def test_nothing_of_the_credentials_is_logged(
    somebody: Somebody, capsys: pytest.CaptureFixture[str]
) -> None:
    token = somebody().calls().body["access_token"]
    sent(somebody, FORM | {"client_secret": "wrong-secret"})
    printed = "".join(capsys.readouterr())
    for secret in (world.SECRET, "wrong-secret", token):
        assert secret not in printed


def test_a_failing_table_is_a_503(somebody: Somebody, faulty: Callable[..., Fault]) -> None:
    faulty("GetItem", 400, "ThrottlingException")
    answer = somebody().calls()
    assert answer.refusal == (503, "service_unavailable")
    assert answer.headers["Retry-After"] == "1"
