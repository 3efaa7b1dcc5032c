"""The tenancy matrix: every route × every caller who may not use it.

The routes are those that `infra.spec.discover()` finds; each has a row here that says how its
request is filled, and a route without one fails the first test. Each cell sends a real request for
a resource that is there, holds the refusal to the contract, and looks for anything of the resource
in the answer. Afterwards nothing has changed, and its owner is served with the very same request.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import httpx
import pytest

from infra.local.stack import LocalStack
from infra.local.vins import bronco
from infra.spec import ApiName, Route, discover
from motorpool.access.clients import new_secret
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.tokens import ALGORITHM, AUDIENCE, ISSUER, key_id
from tests.e2e.proof.world import Api, Headers, Scene, Tenant, photo_id, shut_out

ROUTES = {each.name: each.spec for each in discover() if isinstance(each.spec, Route)}
PUBLIC = {name for name, route in ROUTES.items() if route.public}

Refused = tuple[int, str]
UNAUTHORIZED: dict[ApiName, Refused] = {
    "partner": (401, "ERROR_UNAUTHORIZED"),
    "supplier": (401, "unauthorized"),
}
NO_PERMISSION: Refused = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
NO_USER: Refused = (404, "ERROR_USER_NOT_FOUND")
NO_VEHICLE: Refused = (404, "ERROR_VEHICLE_NOT_FOUND")
NO_PHOTO: Refused = (404, "ERROR_PHOTO_NOT_FOUND")
NO_CHECK_IN: Refused = (404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")
NO_SUPPLIER_VEHICLE: Refused = (404, "vehicle_not_found")


# --- the rows ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    """A route's request: its path parameters, query and body."""

    path: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Row:
    """How a route's request is filled, and what it answers about another partner's resource.

    `hidden` is None where the request names no resource: a list is then answered, without it.
    """

    fill: Callable[[Scene], Filled]
    hidden: Refused | None


def _of_user(scene: Scene) -> Filled:
    return Filled({"userId": scene.vehicle()["userId"]})


def _of_vehicle(scene: Scene) -> Filled:
    return Filled({"vehicleId": scene.vehicle()["id"]})


def _of_photo(scene: Scene) -> Filled:
    return Filled({"photoId": photo_id(scene.photo(scene.user()["id"], inspected=True))})


def _of_supplier_vehicle(scene: Scene) -> Filled:
    return Filled({"vehicle_id": scene.vehicle()["id"]})


def _new_user(scene: Scene) -> Filled:
    person = {
        "firstName": "Kim",
        "lastName": "Okafor",
        "phone": f"+4479{time.time_ns() % 10**8:08}",
    }
    return Filled(body=person | {"address": {"state": "CA"}, "organizationId": scene.at.id})


def _new_vehicle(scene: Scene) -> Filled:
    return Filled(body={"userId": scene.user()["id"]} | bronco())


def _activated(scene: Scene) -> Filled:
    vehicle = scene.vehicle()
    scene.put(f"/vehicles/{vehicle['id']}/deactivate")
    return Filled({"vehicleId": vehicle["id"]})


def _by_phone(scene: Scene) -> Filled:
    return Filled({"phone": scene.user()["phone"]})


def _amended(scene: Scene) -> Filled:
    check_in = scene.on_hold()
    owner = scene.get(f"/vehicles/{_vehicle_id(check_in)}")
    body = scene.check_in_body(owner)
    return Filled(
        {"id": check_in["id"]},
        body={name: body[name] for name in ("mileage", "licensePhotos", "odometerPhotos")},
    )


def _vehicle_id(check_in: Any) -> str:
    return f"veh_{check_in['id'].removeprefix('chk_')[:32]}"


def _checked_in(scene: Scene) -> Filled:
    vehicle = scene.vehicle()
    scene.check_in(vehicle)
    return Filled({"vehicleId": vehicle["id"]})


def _in_the_queue(scene: Scene) -> Filled:
    scene.check_in()
    return Filled(query={"status": "Pending"})


def _reviewed(scene: Scene) -> Filled:
    return Filled({"id": scene.check_in()["id"]}, body={"checkInStatus": "Confirmed"})


def _transferred(scene: Scene) -> Filled:
    body = {"new_owner_id": scene.tenant.coast.id}
    return Filled({"vehicle_id": scene.vehicle()["id"]}, body=body)


def _of_transfer(scene: Scene) -> Filled:
    transfer = scene.transfer(scene.vehicle(), scene.tenant.coast)
    return Filled({"transfer_id": transfer["id"]})


def _assigned(scene: Scene) -> Filled:
    vehicle = scene.vehicle()
    return Filled({"vehicle_id": vehicle["id"]}, body={"driver_id": vehicle["userId"]})


def _owned_by(scene: Scene) -> Filled:
    scene.vehicle()
    return Filled(query={"owner_id": scene.at.id})


ROWS = {
    "create_user": Row(_new_user, (404, "ERROR_ORGANIZATION_NOT_FOUND")),
    "get_user": Row(_of_user, NO_USER),
    "get_user_by_phone": Row(_by_phone, NO_USER),
    "list_user_vehicles": Row(_of_user, NO_USER),
    "create_vehicle_by_vin": Row(_new_vehicle, NO_USER),
    "get_vehicle": Row(_of_vehicle, NO_VEHICLE),
    "update_vehicle": Row(
        lambda scene: Filled({"vehicleId": scene.vehicle()["id"]}, body={"colorHexCode": "C0FFEE"}),
        NO_VEHICLE,
    ),
    "deactivate_vehicle": Row(_of_vehicle, NO_VEHICLE),
    "activate_vehicle": Row(_activated, NO_VEHICLE),
    "request_photo_upload": Row(
        lambda scene: Filled(body={"userId": scene.user()["id"], "contentType": "image/png"}),
        NO_USER,
    ),
    "get_photo": Row(_of_photo, NO_PHOTO),
    "get_photo_status": Row(_of_photo, NO_PHOTO),
    "create_mileage_check_in": Row(
        lambda scene: Filled(body=scene.check_in_body(scene.vehicle())), NO_VEHICLE
    ),
    "get_mileage_check_in": Row(lambda scene: Filled({"id": scene.check_in()["id"]}), NO_CHECK_IN),
    "update_mileage_check_in": Row(_amended, NO_CHECK_IN),
    "review_mileage_check_in": Row(_reviewed, NO_CHECK_IN),
    "list_vehicle_check_ins": Row(_checked_in, NO_VEHICLE),
    "list_check_ins_for_review": Row(_in_the_queue, None),
    "transfer_vehicle": Row(_transferred, NO_SUPPLIER_VEHICLE),
    "get_transfer": Row(_of_transfer, (404, "transfer_not_found")),
    "get_supplier_vehicle": Row(_of_supplier_vehicle, NO_SUPPLIER_VEHICLE),
    "list_supplier_vehicles": Row(_owned_by, (404, "organization_not_found")),
    "assign_driver": Row(_assigned, NO_SUPPLIER_VEHICLE),
    "unassign_driver": Row(_of_supplier_vehicle, NO_SUPPLIER_VEHICLE),
    "get_custody": Row(_of_supplier_vehicle, NO_SUPPLIER_VEHICLE),
    "list_organizations": Row(lambda scene: Filled(), None),
}


def test_every_route_has_its_row() -> None:
    assert set(ROWS) == set(ROUTES) - PUBLIC
    assert {"issue_token"} == PUBLIC


# --- the columns -------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """Whom the cells are about: the owner's partner, another one, and the keys of the system."""

    api: Api
    ours: Tenant
    theirs: Tenant
    whole: Headers
    token_key: bytes

    def jwt(self, *, key: bytes | None = None, alg: str = ALGORITHM, **claims: Any) -> str:
        """A token as the system signs them, but for what is given."""
        mine = self.token_key if key is None else key
        proper = _claims(self.api.token(self.whole))
        head = {"alg": alg, "typ": "JWT", "kid": key_id(self.token_key)}
        signed = f"{_b64(head)}.{_b64(proper | claims)}"
        digest = hmac.new(mine, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{'' if alg == 'none' else _b64(digest)}"


def _b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def _revoked_token(world: World, route: Route) -> Headers:
    client = world.ours.client()
    token = world.api.token(client)
    shut_out(client)
    return _bearer(token)


def _expired(world: World) -> str:
    now = int(time.time())
    return world.jwt(iat=now - 7200, exp=now - 3600)


Column = Callable[[World, Route], Headers]

# Who is nobody, on both APIs: 401. A bearer token is the other API's credential on the partner API;
# on the supplier API, one that was signed by us for another audience is.
NOBODY: dict[str, Column] = {
    "no credential": lambda world, route: {},
    "wrong secret": lambda world, route: world.whole | {"clientSecret": new_secret()},
    "another client's secret": lambda world, route: (
        world.whole | {"clientSecret": world.ours.client()["clientSecret"]}
    ),
    "revoked secret": lambda world, route: world.ours.client(revoked=True),
    "another partner's id": lambda world, route: (
        world.whole | {"partnerId": world.theirs.partner.id}
    ),
    "expired token": lambda world, route: _bearer(_expired(world)),
    "forged token": lambda world, route: _bearer(world.jwt(key=b"guessed")),
    "alg: none": lambda world, route: _bearer(world.jwt(alg="none")),
    "token of the other API": lambda world, route: _bearer(
        world.api.token(world.whole) if route.api == "partner" else world.jwt(aud="motorpool/api")
    ),
    "token of a revoked secret": _revoked_token,
}
ANOTHER_PARTNER: dict[str, Column] = {
    "another partner": lambda world, route: world.theirs.client(),
}
OUTSIDE: dict[str, Column] = {
    "outside the subtree": lambda world, route: world.ours.client(world.ours.east),
}
WITHOUT_SCOPE: dict[str, Column] = {
    "missing scope": lambda world, route: world.ours.client(without=route.scope),
}
# The same three again with a token, which only the supplier API takes.
BY_TOKEN: dict[str, Column] = {
    "another partner by token": lambda world, route: _bearer(
        world.api.token(world.theirs.client())
    ),
    "outside the subtree by token": lambda world, route: _bearer(
        world.api.token(world.ours.client(world.ours.east))
    ),
    "missing scope by token": lambda world, route: _bearer(
        world.api.token(world.whole, " ".join(ALL_SCOPES - frozenset(route.scope)))
    ),
}


COLUMNS = NOBODY | ANOTHER_PARTNER | OUTSIDE | WITHOUT_SCOPE | BY_TOKEN


def _applies(column: str, route: Route) -> bool:
    if column in BY_TOKEN and route.api == "partner":
        return False
    return bool(route.scope) or not column.startswith("missing scope")


CELLS = [
    pytest.param(name, column, id=f"{name}-{column}")
    for name, route in ROUTES.items()
    for column in COLUMNS
    if not route.public and _applies(column, route)
]


def _refusal(name: str, column: str) -> Refused | None:
    """The documented refusal; None: a list, without anything of the resource."""
    route, row = ROUTES[name], ROWS[name]
    if column in NOBODY:
        return UNAUTHORIZED[route.api]
    if column.startswith("missing scope"):
        return NO_PERMISSION if route.api == "partner" else UNAUTHORIZED["supplier"]
    if column in OUTSIDE and route.api == "partner" and row.hidden:
        return NO_PERMISSION
    return row.hidden


# --- the cells ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(api: Api, local_stack: LocalStack) -> World:
    [key] = [
        secret["ARN"]
        for secret in boto3.client("secretsmanager").list_secrets()["SecretList"]
        if "access tokens" in secret.get("Description", "")
    ]
    value = boto3.client("secretsmanager").get_secret_value(SecretId=key)["SecretString"]
    ours = Tenant.signed()
    return World(api, ours, Tenant.signed(), ours.client(), value.encode())


@dataclass(frozen=True)
class Resource:
    """A route's request, filled with things that are there, and what they were before."""

    scene: Scene
    filled: Filled
    before: list[Any]


@pytest.fixture(scope="module")
def headers_of(world: World) -> Callable[[str, Route], Headers]:
    """What a column's caller sends; the same to all routes for which it is the same."""
    made: dict[Any, Headers] = {}

    def headers_of(column: str, route: Route) -> Headers:
        key = (column, route.api, route.scope if column in WITHOUT_SCOPE | BY_TOKEN else None)
        if key not in made:
            made[key] = COLUMNS[column](world, route)
        return made[key]

    return headers_of


@pytest.fixture(scope="module")
def resource_of(world: World) -> Callable[[str], Resource]:
    @cache
    def resource_of(name: str) -> Resource:
        scene = Scene(world.api, world.ours, world.ours.west, world.whole)
        filled = ROWS[name].fill(scene)
        return Resource(scene, filled, scene.snapshot())

    return resource_of


def _ask(world: World, name: str, filled: Filled, headers: Headers) -> httpx.Response:
    route = ROUTES[name]
    path = route.path.format(**filled.path)
    request: dict[str, Any] = {"params": filled.query} if filled.query else {}
    if filled.body is not None:
        request["json"] = filled.body
    return world.api.call(route.api, route.method, path, headers, **request)


def _leaked(answer: httpx.Response, known: set[str], sent: list[str]) -> set[str]:
    """What the answer's body and headers tell of a resource that the caller did not say first."""
    told = f"{answer.text}\n{dict(answer.headers)}".lower()
    said = "\n".join(sent).lower()
    return {value for value in known if value.lower() in told and value.lower() not in said}


def _sent(name: str, filled: Filled, headers: Headers) -> list[str]:
    body = json.dumps(filled.body, ensure_ascii=False)
    return [*filled.path.values(), *filled.query.values(), body, *headers.values()]


@pytest.mark.parametrize(("name", "column"), CELLS)
def test_a_caller_who_may_not_is_refused_and_learns_nothing(
    world: World,
    resource_of: Callable[[str], Resource],
    headers_of: Callable[[str, Route], Headers],
    name: str,
    column: str,
) -> None:
    route, resource = ROUTES[name], resource_of(name)
    headers = headers_of(column, route)
    answer = _ask(world, name, resource.filled, headers)
    if expected := _refusal(name, column):
        code, message = (
            ("error_code", "error_message") if route.api == "partner" else ("code", "message")
        )
        assert (answer.status_code, answer.json()[code]) == expected, answer.text
        assert set(answer.json()) == {code, message}
    else:
        assert answer.status_code == 200
    if answer.status_code == 401 and route.api == "supplier":
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if column.startswith("missing scope") and route.api == "supplier":
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    sent = _sent(name, resource.filled, headers)
    assert _leaked(answer, resource.scene.known, sent) == set()


@pytest.mark.parametrize("name", sorted(ROWS))
def test_after_all_refusals_nothing_has_changed_and_the_owner_is_served(
    world: World, resource_of: Callable[[str], Resource], name: str
) -> None:
    resource = resource_of(name)
    assert resource.scene.snapshot() == resource.before
    answer = _ask(world, name, resource.filled, world.whole)
    assert answer.status_code in {200, 204, 302}, answer.text
    told = _leaked(answer, resource.scene.known, [])
    assert told or answer.status_code == 204 or not resource.scene.watched


# --- the public route --------------------------------------------------------------------------

# What is sent beside the grant, from the client's id and secret; and the documented refusal.
TOKEN_REFUSALS: dict[str, tuple[Callable[[World], dict[str, str]], Headers, Refused]] = {
    "no credential": (lambda world: {}, {}, (401, "invalid_client")),
    "wrong secret": (
        lambda world: {"client_id": world.whole["clientId"], "client_secret": new_secret()},
        {},
        (401, "invalid_client"),
    ),
    "unknown client": (
        lambda world: {"client_id": "cli_" + "0" * 32, "client_secret": new_secret()},
        {},
        (401, "invalid_client"),
    ),
    "revoked secret": (
        lambda world: _as_form(world.ours.client(revoked=True)),
        {},
        (401, "invalid_client"),
    ),
    "another partner's secret": (
        lambda world: (
            _as_form(world.whole) | {"client_secret": world.theirs.client()["clientSecret"]}
        ),
        {},
        (401, "invalid_client"),
    ),
    "a bearer token": (
        lambda world: {},
        {"Authorization": "Bearer x.y.z"},
        (401, "invalid_client"),
    ),
    "a scope it does not have": (
        lambda world: (
            _as_form(world.ours.client(without=("checkins.review",))) | {"scope": "checkins.review"}
        ),
        {},
        (400, "invalid_scope"),
    ),
}


def _as_form(credentials: Headers) -> dict[str, str]:
    return {
        "client_id": credentials["clientId"],
        "client_secret": credentials["clientSecret"],
    }


@pytest.mark.parametrize("column", TOKEN_REFUSALS)
def test_nobody_gets_a_token_without_a_clients_own_secret(world: World, column: str) -> None:
    form, headers, expected = TOKEN_REFUSALS[column]
    sent = form(world) | {"grant_type": "client_credentials"}
    answer = world.api.call("supplier", "POST", "/oauth/token", headers, data=sent)
    assert (answer.status_code, answer.json()["error"]) == expected
    assert set(answer.json()) == {"error", "error_description"}
    known = {world.whole["clientSecret"], world.ours.partner.id, world.ours.partner.name}
    assert _leaked(answer, known, list(sent.values())) == set()


def test_a_client_gets_a_token_with_its_own_secret(world: World) -> None:
    claims = _claims(world.api.token(world.whole))
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    assert claims["sub"] == world.whole["clientId"]
