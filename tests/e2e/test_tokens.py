"""Tokens: a standard client gets one and works with it; nothing else is taken for one."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import httpx
import jwt
import pytest
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]

from infra.gateway_answers import RENAMED
from infra.local.stack import LocalStack
from infra.names import DEFAULT
from motorpool.access import client_store as clients
from motorpool.access import tokens
from motorpool.access.clients import new_secret
from motorpool.access.scopes import ALL_SCOPES, Scope
from motorpool.access.secret_keys import pepper, token_key
from motorpool.access.tokens import Token
from motorpool.dynamodb import table
from tests.e2e.api import TOKEN, VEHICLES, Api, Supplier, message, refusal
from tests.e2e.tenant import Tenant

READ: Scope = "vehicle_suppliers.vehicles.read"
WRITE: Scope = "vehicle_suppliers.vehicles.write"
UNAUTHORIZED = (401, "unauthorized")
SERVED = (404, "vehicle_not_found")


@pytest.fixture(scope="module")
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture(scope="module")
def key(stack: dict[str, Any]) -> bytes:
    """The key that tokens are signed with."""
    pages = boto3.client("secretsmanager").get_paginator("list_secrets").paginate()
    [arn] = [
        secret["ARN"]
        for page in pages
        for secret in page["SecretList"]
        if "access tokens" in secret.get("Description", "")
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN_KEY_SECRET_ARN", arn)
        return token_key()


def asked(supplier: Supplier) -> tuple[int, str]:
    """What somebody is answered who asks for a vehicle that is not there."""
    answer = supplier.get(f"{VEHICLES}/veh_1")
    if answer.status_code == 401:
        assert message(answer) == "Invalid OAuth 2.0 credentials provided"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    return refusal(answer)


# A standard client


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_standard_oauth_client_gets_a_token_and_transfers_with_it(
    fleet: Tenant, method: str
) -> None:
    vehicle_id = fleet.vehicle_id()
    with OAuth2Client(
        fleet.supplier.credentials["clientId"],
        fleet.supplier.credentials["clientSecret"],
        token_endpoint_auth_method=method,
        token_endpoint=fleet.supplier.url + TOKEN,
        scope=WRITE,
        timeout=30,
    ) as session:
        token = session.fetch_token()
        path = f"{VEHICLES}/{vehicle_id}/transfer"
        answer = session.post(fleet.supplier.url + path, json={"new_owner_id": fleet.west.id})
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 3600, WRITE)
    assert answer.status_code == 200
    assert answer.json()["vehicle"]["owner_id"] == fleet.west.id


def test_a_token_is_answered_as_the_rfc_says_and_kept_by_nobody(fleet: Tenant) -> None:
    answer = fleet.supplier.token()
    body = answer.json()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert body["scope"].split() == sorted(ALL_SCOPES)
    assert jwt.get_unverified_header(body["access_token"])["alg"] == "HS256"


def test_both_credentials_work_on_the_supplier_api(fleet: Tenant) -> None:
    assert asked(fleet.supplier) == SERVED
    assert asked(fleet.supplier.with_token()) == SERVED


def test_the_scheme_is_bearer_in_any_case_and_no_other(fleet: Tenant) -> None:
    token = fleet.supplier.token().json()["access_token"]
    for value, expected in (
        (f"bearer {token}", SERVED),
        (f"BEARER {token}", SERVED),
        (f"Basic {token}", UNAUTHORIZED),
        (token, UNAUTHORIZED),
    ):
        assert asked(Supplier(fleet.supplier.url, {"Authorization": value})) == expected


# What is refused


def sent(fleet: Tenant, content: str, **headers: str) -> httpx.Response:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    return Supplier(fleet.supplier.url, {}).call(
        "POST", TOKEN, content=content, headers=form | headers
    )


def test_a_wrong_client_or_secret_is_an_invalid_client(fleet: Tenant) -> None:
    for wrong in (
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": "cli_" + "0" * 32},
        {"client_id": "x" * 10_000},
        {"client_secret": new_secret()},
    ):
        answer = fleet.supplier.token(**wrong)
        assert refusal(answer) == (401, "invalid_client")
        assert answer.headers[RENAMED["WWW-Authenticate"]].startswith("Basic")
        assert answer.headers["Cache-Control"] == "no-store"


def test_without_credentials_there_is_no_client(fleet: Tenant) -> None:
    assert refusal(sent(fleet, "grant_type=client_credentials")) == (401, "invalid_client")


@pytest.mark.parametrize(
    "value",
    ["Basic", "Basic !!!", "Basic eDp5", "Bearer x", "Basic " + base64.b64encode(b"x").decode()],
)
def test_basic_credentials_that_are_wrong_or_illegible_are_an_invalid_client(
    fleet: Tenant, value: str
) -> None:
    answer = sent(fleet, "grant_type=client_credentials", Authorization=value)
    assert refusal(answer) == (401, "invalid_client")


def test_credentials_in_both_places_are_an_invalid_request(fleet: Tenant) -> None:
    own = fleet.supplier.credentials
    basic = base64.b64encode(f"{own['clientId']}:{own['clientSecret']}".encode()).decode()
    content = f"grant_type=client_credentials&client_id=a&client_secret={own['clientSecret']}"
    answer = sent(fleet, content, Authorization=f"Basic {basic}")
    assert refusal(answer) == (400, "invalid_request")


@pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "x", ""])
def test_another_grant_is_unsupported(fleet: Tenant, grant: str) -> None:
    answer = fleet.supplier.token(grant_type=grant)
    assert refusal(answer) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "client_id=a&client_secret=b",
        "grant_type=client_credentials&grant_type=client_credentials",
        "grant_type=client_credentials&scope=a&scope=b",
        '{"grant_type": "client_credentials"}',
        "&".join(f"a{n}=b" for n in range(50)),
        "grant_type=%ff",
    ],
    ids=lambda content: content[:20],
)
def test_what_is_no_such_form_is_an_invalid_request(fleet: Tenant, content: str) -> None:
    assert refusal(sent(fleet, content)) == (400, "invalid_request")


def test_a_scope_that_the_client_has_not_is_invalid_and_some_of_its_own_are_granted(
    fleet: Tenant,
) -> None:
    reader = fleet.supplier_of(scopes=frozenset({READ}))
    for scope in (WRITE, f"{READ} {WRITE}", "unheard.of"):
        assert refusal(reader.token(scope=scope)) == (400, "invalid_scope")
    assert reader.token(scope=READ).json()["scope"] == READ
    assert reader.token().json()["scope"] == READ
    both = fleet.supplier.token(scope=f"{WRITE} {READ}").json()["scope"]
    assert both.split() == [READ, WRITE]


# What a token is good for


def test_a_token_has_the_scopes_that_it_was_asked_for(fleet: Tenant) -> None:
    reader = fleet.supplier.with_token(scope=READ)
    vehicle_id = fleet.vehicle_id()
    assert reader.get(f"{VEHICLES}/{vehicle_id}").status_code == 200
    for refused in (
        reader.transfer(vehicle_id, fleet.west.id),
        reader.assign(vehicle_id, fleet.user()),
        reader.unassign(vehicle_id),
        reader.get("/vehicle-suppliers/organizations"),
    ):
        assert refusal(refused) == UNAUTHORIZED
        assert message(refused) == "Invalid OAuth 2.0 credentials provided"
        assert 'error="insufficient_scope"' in refused.headers[RENAMED["WWW-Authenticate"]]
    assert len(fleet.supplier.custody(vehicle_id)) == 1


def test_the_three_headers_have_the_clients_scopes(fleet: Tenant) -> None:
    reader = fleet.supplier_of(scopes=frozenset({READ}))
    vehicle_id = fleet.vehicle_id()
    assert reader.get(f"{VEHICLES}/{vehicle_id}").status_code == 200
    refused = reader.transfer(vehicle_id, fleet.west.id)
    assert refusal(refused) == UNAUTHORIZED
    assert 'error="insufficient_scope"' in refused.headers[RENAMED["WWW-Authenticate"]]


def test_a_scope_taken_from_the_client_is_taken_from_its_tokens(fleet: Tenant) -> None:
    supplier = fleet.supplier_of()
    bearer = supplier.with_token()
    read = clients.get(supplier.credentials["partnerId"], supplier.credentials["clientId"])
    table.transact(clients.replaced(read, type(read)(**fields(read) | {"scopes": (READ,)})))
    assert asked(bearer) == SERVED
    assert refusal(bearer.transfer("veh_1", fleet.west.id)) == UNAUTHORIZED


def fields(client: Any) -> dict[str, Any]:
    return {name: getattr(client, name) for name in client.__dataclass_fields__}


def test_a_bearer_token_is_nothing_on_the_partner_api(fleet: Tenant) -> None:
    token = fleet.supplier.token().json()["access_token"]
    partner = Api(fleet.url, {"Authorization": f"Bearer {token}"})
    assert refusal(partner.get("/users/usr_1")) == (401, "ERROR_UNAUTHORIZED")


def test_a_stray_authorization_header_locks_nobody_out_of_the_partner_api(fleet: Tenant) -> None:
    stray = fleet.supplier.credentials | {"Authorization": "Bearer x.y.z"}
    answers = [
        Api(fleet.url, headers).get("/users/usr_1")
        for headers in (stray, fleet.supplier.credentials)
    ]
    assert [refusal(answer) for answer in answers] == [(404, "ERROR_USER_NOT_FOUND")] * 2


def test_both_credentials_at_once_are_neither(fleet: Tenant) -> None:
    token = fleet.supplier.token().json()["access_token"]
    both = fleet.supplier.credentials | {"Authorization": f"Bearer {token}"}
    assert asked(Supplier(fleet.supplier.url, both)) == UNAUTHORIZED


def test_without_credentials_the_supplier_api_is_closed(fleet: Tenant) -> None:
    assert asked(Supplier(fleet.supplier.url, {})) == UNAUTHORIZED


def test_the_secret_that_a_token_was_got_with_takes_the_token_with_it(fleet: Tenant) -> None:
    supplier = fleet.supplier_of()
    old = supplier.with_token()
    secret = new_secret()

    def changed(change: Callable[[Any], Any]) -> None:
        read = clients.get(supplier.credentials["partnerId"], supplier.credentials["clientId"])
        table.transact(clients.replaced(read, change(read)))

    changed(lambda client: client.with_new_secret(secret, pepper()))
    new = Supplier(supplier.url, supplier.credentials | {"clientSecret": secret}).with_token()
    assert [asked(old), asked(new)] == [SERVED, SERVED]
    changed(lambda client: client.without_old_secret())
    assert [asked(old), asked(new)] == [UNAUTHORIZED, SERVED]
    changed(lambda client: client.revoked())
    assert asked(new) == UNAUTHORIZED


# Forgeries


def forged(token: str, key: bytes | str, *, algorithm: str = "HS256", **changes: Any) -> str:
    """The token with other claims and headers, signed with that key."""
    claims = jwt.decode(token, options={"verify_signature": False}, audience=tokens.AUDIENCE)
    headers = {"kid": changes.pop("kid", jwt.get_unverified_header(token)["kid"])}
    claims = {k: v for k, v in (claims | changes).items() if v is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def test_what_was_signed_with_another_key_is_refused(fleet: Tenant) -> None:
    token = fleet.supplier.token().json()["access_token"]
    for key in ("x" * 32, "x" * 64, "0" * 64):
        assert asked(fleet.supplier.bearing(forged(token, key))) == UNAUTHORIZED
    assert asked(fleet.supplier.bearing(forged(token, "", algorithm="none"))) == UNAUTHORIZED


def test_a_changed_token_is_refused(fleet: Tenant) -> None:
    token = fleet.supplier.token(scope=READ).json()["access_token"]
    header, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    more = base64.urlsafe_b64encode(json.dumps(claims | {"scope": WRITE}).encode()).decode()
    for changed in (
        f"{header}.{more.rstrip('=')}.{signature}",
        f"{header}.{body}.",
        f"{header}.{body}",
        token[:-4] + "AAAA",
        "x",
        "a.b.c",
        "x" * 7_000,
    ):
        assert asked(fleet.supplier.bearing(changed)) == UNAUTHORIZED


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1},
        {"exp": None},
        {"aud": "another"},
        {"aud": None},
        {"iss": "somebody"},
        {"iat": 2**33},
        {"sub": None},
        {"sub": "cli_" + "0" * 32},
        {"sid": None},
        {"sid": "0" * 16},
        {"kid": "another"},
        {"algorithm": "HS512"},
    ],
    ids=str,
)
def test_a_token_of_our_own_key_that_is_not_as_ours_are_is_refused(
    fleet: Tenant, key: bytes, changes: dict[str, Any]
) -> None:
    token = fleet.supplier.token().json()["access_token"]
    assert asked(fleet.supplier.bearing(forged(token, key))) == SERVED
    assert asked(fleet.supplier.bearing(forged(token, key, **changes))) == UNAUTHORIZED


def test_a_token_is_good_for_an_hour(fleet: Tenant, key: bytes) -> None:
    claims = jwt.decode(
        fleet.supplier.token().json()["access_token"], key, ["HS256"], audience=tokens.AUDIENCE
    )
    assert claims["exp"] - claims["iat"] == 3600
    assert Token.read("not a token", [key]) is None


# Too many requests


@pytest.fixture
def limit_of_two(local_stack: LocalStack) -> Iterator[None]:
    """The token endpoint lets two requests through, and no more.

    The engine does not decode the path of the deployed limit, which the template tests show.
    """
    assert local_stack
    gateway = boto3.client("apigateway")
    apis = {api["name"]: api["id"] for api in gateway.get_rest_apis()["items"]}

    def patch(*operations: dict[str, str]) -> None:
        gateway.update_stage(
            restApiId=apis[DEFAULT.of("supplier")],
            stageName="v1",
            patchOperations=[
                {**operation, "path": f"/~1oauth~1token/POST{operation['path']}"}  # type: ignore[typeddict-item]  # a literal
                for operation in operations
            ],
        )

    patch(
        {"op": "replace", "path": "/throttling/rateLimit", "value": "0"},
        {"op": "replace", "path": "/throttling/burstLimit", "value": "2"},
    )
    yield
    patch({"op": "remove", "path": ""})


@pytest.mark.usefixtures("limit_of_two")
def test_too_many_token_requests_are_refused_by_the_gateway_and_other_operations_served(
    stack: dict[str, Any], fleet: Tenant
) -> None:
    def asked_for_a_token() -> httpx.Response:
        return httpx.post(stack["supplier_api"] + TOKEN, data={"grant_type": "nonsense"})

    answers = [asked_for_a_token() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [400, 400, 429, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert answers[-1].headers["Retry-After"] == "1"
    assert asked(fleet.supplier) == SERVED
