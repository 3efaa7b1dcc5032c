"""The tenancy matrix: every id in every request is replaced by ids that the caller may not use.

The routes are those that `infra.spec.discover()` finds. A route's request is made from its recorded
event (see `cast.py`) and has every optional id that the OpenAPI document knows. So a new endpoint
is in the matrix as soon as it has its event.

One rule decides what is right: an id of another partner must get the same answer as an id that
does not exist. For an id of the same partner outside the client's subtree, the partner API may
answer 403 instead. After all refusals nothing has changed, and the owner's request succeeds.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import boto3
import httpx
import pytest

from infra.gateway_answers import RENAMED
from infra.local.stack import LocalStack
from infra.local.world import World as Builder
from infra.openapi import as_json, described
from infra.spec import ApiName, Route, discover
from motorpool.access.clients import new_secret
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.tokens import ALGORITHM, AUDIENCE, ISSUER, key_id
from tests.e2e.api import refusal, until
from tests.e2e.proof.cast import NEW_USER, Cast, Place, Request
from tests.e2e.tenant import Tenant
from tests.functions import world as recorded

Headers = dict[str, str]
Refused = tuple[int, str]

ROUTES = {each.name: each.spec for each in discover() if isinstance(each.spec, Route)}
PUBLIC = {name for name, route in ROUTES.items() if route.public}
PRIVATE = sorted(set(ROUTES) - PUBLIC)

UNAUTHORIZED: dict[ApiName, Refused] = {
    "partner": (401, "ERROR_UNAUTHORIZED"),
    "supplier": (401, "unauthorized"),
}
NO_PERMISSION: Refused = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")

ID = re.compile(r"[a-z]{3}_[0-9a-f]{32,}")
# A phone in a path identifies a user, as an id does.
PHONE = re.compile(rf"{re.escape(recorded.PHONE)}$")
CURSORS = {"cursor", "page_token"}
PAGE_SIZES = {"limit", "page_size"}

# A partner's own number names nothing of another partner: its claim has the partner's id. The feed
# is filtered by a vehicle's id, and never answers whether there is such a vehicle.
NO_REFERENCES = {
    ("create_vehicle_by_vin", "externalId"),
    ("list_vehicles", "externalId"),
    ("update_vehicle", "externalId"),
    ("list_events", "vehicleId"),
    ("list_supplier_events", "vehicle_id"),
}
# The value of an optional id that an event does not have: by its field, else by its prefix.
BY_FIELD = {"new_user_id": NEW_USER}
BY_PREFIX = {
    id[:4]: id
    for id in (
        recorded.USER, recorded.VEHICLE, recorded.ORGANIZATION, recorded.CHECK_IN,
        recorded.TRANSFER, recorded.LICENSE_PHOTO, recorded.DEVICE,
    )
}  # fmt: skip


# --- the requests ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    """A text that an operation takes, as the OpenAPI document has it."""

    place: Place
    examples: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.place[-1])

    @property
    def prefix(self) -> str | None:
        """`usr_` when it is a user's id; None when it is no id."""
        found = next((ID.search(example) for example in self.examples), None)
        return found[0][:4] if found else None


@cache
def _documents() -> dict[ApiName, Any]:
    return {api: json.loads(as_json(described(api))) for api in get_args(ApiName)}


@cache
def _fields(name: str) -> tuple[Field, ...]:
    """Every text in the query and in the body of an operation's request."""
    route = ROUTES[name]
    document = _documents()[route.api]
    operation = document["paths"][route.path][route.method.lower()]
    fields = [
        Field(("query", parameter["name"]), _examples(parameter["schema"]))
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        fields += _texts_of(("body",), content["schema"], document)
    return tuple(fields)


def _examples(schema: dict[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, schema.get("examples", ())))


def _texts_of(place: Place, schema: dict[str, Any], document: Any) -> Iterator[Field]:
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]] | schema
    for name, inner in schema.get("properties", {}).items():
        yield from _texts_of((*place, name), inner, document)
    if "items" in schema:
        yield from _texts_of((*place, 0), schema["items"], document)
    if "string" in json.dumps(schema.get("type", schema.get("anyOf", ""))):
        yield Field(place, _examples(schema))


@cache
def _whole(name: str) -> Request:
    """The recorded request, with all the ids that it may name."""
    request = Request.recorded(name)
    named = {place for place, _ in request.texts()}
    for field in _fields(name):
        if field.prefix and field.place not in named:
            request = request.put(field.place, BY_FIELD.get(field.name, BY_PREFIX[field.prefix]))
    return request


def _ids(name: str) -> list[Place]:
    """Where a request names somebody or something."""
    return [place for place, text in _whole(name).texts() if ID.search(text) or PHONE.match(text)]


def _nobodys(text: str) -> str:
    """The same text with ids (or the phone) that do not exist."""
    zeroes = ID.sub(lambda found: found[0][:4] + "0" * (len(found[0]) - 4), text)
    return PHONE.sub("+19995550199", zeroes)


def _cursor(name: str) -> Place | None:
    return next((field.place for field in _fields(name) if field.name in CURSORS), None)


def _page_size(name: str) -> Place:
    return next(field.place for field in _fields(name) if field.name in PAGE_SIZES)


@pytest.mark.parametrize("name", PRIVATE)
def test_every_field_that_is_called_an_id_is_in_the_matrix(name: str) -> None:
    for field in _fields(name):
        if re.search(r"(^|_)id$|Id$", field.name) and (name, field.name) not in NO_REFERENCES:
            assert field.place in _ids(name), f"{field.name} has no id as its example"


def test_the_matrix_has_the_ids_of_paths_queries_bodies_and_photo_handles() -> None:
    places = {(place[0], place[-1]) for name in PRIVATE for place in _ids(name)}
    assert {"path", "query", "body"} == {part for part, _ in places}
    assert {("body", "url"), ("body", "organizationId"), ("body", "new_user_id")} <= places
    assert ("path", "phone") in places
    assert {"issue_token", "get_health"} == PUBLIC


# --- the world ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """The partner that owns the resources, another partner, and the key that signs tokens."""

    ours: Tenant
    theirs: Tenant
    west: Headers
    token_key: bytes

    def ask(self, name: str, request: Request, headers: Headers) -> httpx.Response:
        """What a caller with those headers is answered."""
        route = ROUTES[name]
        sent: dict[str, Any] = {"params": request.query} if request.query else {}
        if request.body is not None:
            sent["json"] = request.body
        path = route.path.format(**request.path)
        return self.ours.apis[route.api].of(headers).call(route.method, path, **sent)

    def jwt(self, *, key: bytes | None = None, alg: str = ALGORITHM, **claims: Any) -> str:
        """A token as the system signs them, but for what is given."""
        mine = self.token_key if key is None else key
        proper = _claims(self.token(self.west))
        head = {"alg": alg, "typ": "JWT", "kid": key_id(self.token_key)}
        signed = f"{_b64(head)}.{_b64(proper | claims)}"
        digest = hmac.new(mine, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{'' if alg == 'none' else _b64(digest)}"

    def token(self, headers: Headers, scope: str | None = None) -> str:
        """An access token of the client with those headers."""
        form = {"scope": scope} if scope else {}
        answer = self.ours.supplier.of(headers).token(**form)
        token: str = answer.json()["access_token"]
        return token


def _b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


@pytest.fixture(scope="module")
def world(stack: dict[str, Any], local_stack: LocalStack) -> World:
    [key] = [
        secret["ARN"]
        for secret in boto3.client("secretsmanager").list_secrets()["SecretList"]
        if "access tokens" in secret.get("Description", "")
    ]
    value = boto3.client("secretsmanager").get_secret_value(SecretId=key)["SecretString"]
    ours = Tenant.new(stack)
    west = ours.admitted(ours.west).headers
    return World(ours, Tenant.new(stack), west, value.encode())


@pytest.fixture(scope="module")
def cast_of(world: World) -> Callable[[str], Cast]:
    """The cast of a route's request, in our western branch; each route has its own."""

    @cache
    def cast_of(name: str) -> Cast:
        cast = Cast.of(world.ours, world.ours.west, world.ours.coast)
        assert cast.before
        return cast

    return cast_of


@pytest.fixture(scope="module")
def strangers(world: World) -> dict[str, Cast]:
    """Casts whose ids the western branch's client may not use."""
    east = world.ours.east
    return {
        "another partner's": Cast.of(world.theirs, world.theirs.west, world.theirs.coast),
        "one outside the subtree": Cast.of(world.ours, east, world.ours.branch(east)),
    }


STRANGERS = ("another partner's", "one outside the subtree")


# --- one id is somebody else's -----------------------------------------------------------------


def _outcome(answer: httpx.Response) -> tuple[int, str]:
    """Status and body, without the ids in it."""
    return answer.status_code, re.sub(rf"{ID.pattern}|\+\d+", "…", answer.text)


def _leaked(answer: httpx.Response, cast: Cast, request: Request) -> set[str]:
    """Values of a cast that are in the answer's body or headers and not in the request."""
    told = f"{answer.text}\n{dict(answer.headers)}".lower()
    said = json.dumps(vars(request), ensure_ascii=False).lower()
    return {value for value in cast.known if value.lower() in told and value.lower() not in said}


def _ensure_as_if_not_there(
    name: str, answer: httpx.Response, nobodys: httpx.Response, *, same_partner: bool
) -> None:
    if same_partner and ROUTES[name].api == "partner" and answer.status_code == 403:
        assert refusal(answer) == NO_PERMISSION
    else:
        assert _outcome(answer) == _outcome(nobodys)
    assert answer.is_error


@pytest.mark.parametrize("whose", STRANGERS)
@pytest.mark.parametrize(
    ("name", "place"),
    [
        pytest.param(name, place, id=f"{name}-{'.'.join(map(str, place))}")
        for name in PRIVATE
        for place in _ids(name)
    ],
)
def test_an_id_that_is_somebody_elses_is_answered_as_one_that_is_nobodys(
    world: World,
    cast_of: Callable[[str], Cast],
    strangers: dict[str, Cast],
    name: str,
    place: Place,
    whose: str,
) -> None:
    request = cast_of(name).cast(_whole(name))
    recorded_text = dict(_whole(name).texts())[place]
    stranger = strangers[whose]
    foreign = request.put(place, stranger.renamed(recorded_text))
    answer = world.ask(name, foreign, world.west)
    nobodys = world.ask(name, request.put(place, _nobodys(recorded_text)), world.west)
    same_partner = stranger.tenant is world.ours
    _ensure_as_if_not_there(name, answer, nobodys, same_partner=same_partner)
    assert _leaked(answer, stranger, foreign) == set()


@pytest.mark.parametrize("name", [name for name in PRIVATE if _cursor(name)])
def test_a_cursor_is_good_for_whom_it_was_given_and_for_nobody_else(
    world: World, cast_of: Callable[[str], Cast], strangers: dict[str, Cast], name: str
) -> None:
    cast, place = cast_of(name), _cursor(name)
    assert place is not None
    page = cast.cast(_whole(name)).put(_page_size(name), "1")

    def given() -> str | None:
        first = world.ask(name, page, world.west).json()
        [cursor] = [value for key, value in first.items() if key.startswith("next")]
        return cursor or None

    cursor = until(given)
    assert world.ask(name, page.put(place, cursor), world.west).status_code == 200
    for stranger, headers in (
        (strangers["another partner's"], world.theirs.admitted(world.theirs.west).headers),
        (strangers["one outside the subtree"], world.ours.admitted(world.ours.east).headers),
    ):
        taken = stranger.cast(_whole(name)).put(place, cursor)
        answer = world.ask(name, taken, headers)
        assert answer.status_code == 400
        assert str(place[-1]) in answer.text
        assert _leaked(answer, cast, taken) == set()


# --- the caller is somebody else ---------------------------------------------------------------


def _bearer(token: str) -> Headers:
    return {"Authorization": f"Bearer {token}"}


def _revoked_token(world: World, route: Route) -> Headers:
    admitted = world.ours.admitted()
    token = world.token(admitted.headers)
    world.ours.revoke(admitted)
    return _bearer(token)


def _expired(world: World) -> str:
    now = int(time.time())
    return world.jwt(iat=now - 7200, exp=now - 3600)


def _without(world: World, route: Route) -> Headers:
    scopes = ALL_SCOPES - frozenset(route.scope)
    return world.ours.admitted(scopes=scopes).headers


Column = Callable[[World, Route], Headers]

# Invalid credentials: 401 on both APIs. The token of the other API is a supplier token on the
# partner API, and one that we signed for another audience on the supplier API.
NOBODY: dict[str, Column] = {
    "no credential": lambda world, route: {},
    "wrong secret": lambda world, route: world.west | {"clientSecret": new_secret()},
    "another client's secret": lambda world, route: (
        world.west | {"clientSecret": world.ours.admitted().secret}
    ),
    "revoked secret": lambda world, route: world.ours.admitted(revoked=True).headers,
    "another partner's id": lambda world, route: (
        world.west | {"partnerId": world.theirs.partner.id}
    ),
    "expired token": lambda world, route: _bearer(_expired(world)),
    "forged token": lambda world, route: _bearer(world.jwt(key=b"guessed")),
    "alg: none": lambda world, route: _bearer(world.jwt(alg="none")),
    "token of the other API": lambda world, route: _bearer(
        world.token(world.west) if route.api == "partner" else world.jwt(aud="motorpool/api")
    ),
    "token of a revoked secret": _revoked_token,
}
# Valid credentials of a client that owns nothing in the request.
STRANGER: dict[str, Column] = {
    "another partner": lambda world, route: world.theirs.admitted().headers,
    "outside the subtree": lambda world, route: world.ours.admitted(world.ours.east).headers,
    "another partner by token": lambda world, route: _bearer(
        world.token(world.theirs.admitted().headers)
    ),
    "outside the subtree by token": lambda world, route: _bearer(
        world.token(world.ours.admitted(world.ours.east).headers)
    ),
}
WITHOUT_SCOPE: dict[str, Column] = {
    "missing scope": _without,
    "missing scope by token": lambda world, route: _bearer(
        world.token(world.west, " ".join(ALL_SCOPES - frozenset(route.scope)))
    ),
}
COLUMNS = NOBODY | STRANGER | WITHOUT_SCOPE


def _cells(columns: dict[str, Column]) -> list[Any]:
    return [
        pytest.param(name, column, id=f"{name}-{column}")
        for name in PRIVATE
        for column in columns
        # Only the supplier API takes a token.
        if not (column.endswith("by token") and ROUTES[name].api == "partner")
        if ROUTES[name].scope or column not in WITHOUT_SCOPE
    ]


@pytest.fixture(scope="module")
def headers_of(world: World) -> Callable[[str, Route], Headers]:
    """What a column's caller sends; the same to all routes for which it is the same."""
    made: dict[Any, Headers] = {}

    def headers_of(column: str, route: Route) -> Headers:
        key = (column, route.api, route.scope if column in WITHOUT_SCOPE else None)
        if key not in made:
            made[key] = COLUMNS[column](world, route)
        return made[key]

    return headers_of


@pytest.mark.parametrize(("name", "column"), _cells(NOBODY | WITHOUT_SCOPE))
def test_a_caller_who_may_not_is_refused_and_learns_nothing(
    world: World,
    cast_of: Callable[[str], Cast],
    headers_of: Callable[[str, Route], Headers],
    name: str,
    column: str,
) -> None:
    route, cast = ROUTES[name], cast_of(name)
    request = cast.cast(_whole(name))
    answer = world.ask(name, request, headers_of(column, route))
    if column in WITHOUT_SCOPE and route.api == "partner":
        assert refusal(answer) == NO_PERMISSION
    else:
        assert refusal(answer) == UNAUTHORIZED[route.api]
    if route.api == "supplier":
        # The authorizer refuses the credentials, and the function the scope.
        by_function = column in WITHOUT_SCOPE
        header = RENAMED["WWW-Authenticate"] if by_function else "WWW-Authenticate"
        assert answer.headers[header].startswith("Bearer")
        assert ('error="insufficient_scope"' in answer.headers[header]) == by_function
    assert _leaked(answer, cast, request) == set()


@pytest.mark.parametrize(("name", "column"), _cells(STRANGER))
def test_a_stranger_is_answered_as_if_nothing_were_there(
    world: World,
    cast_of: Callable[[str], Cast],
    headers_of: Callable[[str, Route], Headers],
    name: str,
    column: str,
) -> None:
    cast, headers = cast_of(name), headers_of(column, ROUTES[name])
    request = cast.cast(_whole(name))
    answer = world.ask(name, request, headers)
    assert _leaked(answer, cast, request) == set()
    if not _ids(name):
        assert answer.status_code == 200  # a list, of what is the stranger's own
        return
    nobodys = request
    for place in _ids(name):
        nobodys = nobodys.put(place, _nobodys(dict(_whole(name).texts())[place]))
    same_partner = column.startswith("outside")
    _ensure_as_if_not_there(
        name, answer, world.ask(name, nobodys, headers), same_partner=same_partner
    )


# --- the caller is a device --------------------------------------------------------------------


@pytest.fixture(scope="module")
def device(world: World) -> Headers:
    """What a device of a user of the western branch sends; nothing in any cast is that user's."""
    client = world.ours.admitted(world.ours.west).client
    return Builder().device(of=Builder().driver(at=world.ours.west), by=client)[1]


@pytest.mark.parametrize("name", PRIVATE)
def test_a_device_is_served_nothing_but_what_is_its_users(
    world: World, cast_of: Callable[[str], Cast], device: Headers, name: str
) -> None:
    route, cast = ROUTES[name], cast_of(name)
    request = cast.cast(_whole(name))
    answer = world.ask(name, request, device)
    expected = NO_PERMISSION if route.api == "partner" else UNAUTHORIZED["supplier"]
    assert refusal(answer) == expected
    assert _leaked(answer, cast, request) == set()


def test_devices_are_let_in_where_the_contract_says_so() -> None:
    assert {name for name, route in ROUTES.items() if route.devices} == {
        "request_photo_upload", "get_photo", "get_photo_status", "create_mileage_check_in",
        "update_mileage_check_in", "get_mileage_check_in", "list_vehicle_check_ins", "get_user",
        "list_user_vehicles", "get_vehicle", "renew_photo_upload",
    }  # fmt: skip


# --- and the owner is served -------------------------------------------------------------------


@pytest.mark.parametrize("name", PRIVATE)
def test_after_all_refusals_nothing_has_changed_and_the_owner_is_served(
    world: World, cast_of: Callable[[str], Cast], name: str
) -> None:
    cast = cast_of(name)
    assert cast.now() == cast.before
    answer = world.ask(name, cast.cast(_whole(name)), world.west)
    if name == "renew_photo_upload":
        # The cast's photos are uploaded, which is told to their owner alone.
        assert refusal(answer) == (409, "ERROR_PHOTO_IS_UPLOADED")
        return
    assert answer.status_code in {200, 204, 302}, answer.text
    told = f"{answer.text}\n{answer.headers.get('location')}"
    if not _ids(name):
        assert any(answer.json().values())  # a list
    elif answer.status_code != 204:
        assert any(value in told for value in cast.known)


# --- the public route --------------------------------------------------------------------------

# What is sent beside the grant, from the client's id and secret; and the documented refusal.
TOKEN_REFUSALS: dict[str, tuple[Callable[[World], dict[str, str]], Headers, Refused]] = {
    "no credential": (lambda world: {}, {}, (401, "invalid_client")),
    "wrong secret": (
        lambda world: _as_form(world.west) | {"client_secret": new_secret()},
        {},
        (401, "invalid_client"),
    ),
    "unknown client": (
        lambda world: {"client_id": "cli_" + "0" * 32, "client_secret": new_secret()},
        {},
        (401, "invalid_client"),
    ),
    "revoked secret": (
        lambda world: _as_form(world.ours.admitted(revoked=True).headers),
        {},
        (401, "invalid_client"),
    ),
    "another partner's secret": (
        lambda world: _as_form(world.west) | {"client_secret": world.theirs.admitted().secret},
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
            _as_form(world.ours.admitted(scopes=ALL_SCOPES - {"checkins.review"}).headers)
            | {"scope": "checkins.review"}
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
    answer = world.ours.supplier.of(headers).call("POST", "/oauth/token", data=sent)
    assert refusal(answer) == expected
    for secret in (world.west["clientSecret"], world.ours.partner.id, world.ours.partner.name):
        assert secret not in answer.text


def test_a_client_gets_a_token_with_its_own_secret(world: World) -> None:
    claims = _claims(world.token(world.west))
    assert (claims["iss"], claims["aud"]) == (ISSUER, AUDIENCE)
    assert claims["sub"] == world.west["clientId"]
