"""End-to-end tests: real HTTP against a deployed stack.

By default the stack is started here, in an engine of its own with a fresh world. With
MOTORPOOL_STACK naming a file like `.local/stack.json`, the same tests run against that stack; it is
the local one if the file has an `endpoint`, else one in the AWS account of the usual settings.

What a test needs (a partner of its own, a client of a branch) it makes as an operator would:
through the store. What it tests goes through the API.
"""

import itertools
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from infra.local.engine import free_port
from infra.local.stack import LocalStack, running
from motorpool.clients import Client, new_secret
from motorpool.organizations import Organization
from motorpool.partners import Partner
from motorpool.pepper import pepper
from motorpool.scopes import ALL_SCOPES
from motorpool.store import clients, organizations, partners, table
from ops.target import Target

FIRST_PORT = 4700
LAST = "test_logs"

# What was sent of which no log line may hold a trace: header values and personal fields.
PERSONAL_FIELDS = {"firstName", "lastName", "phone", "email"}
private: set[str] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The logs are read when all other end-to-end tests have left their lines."""
    here = [place for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    ordered = sorted((items[place] for place in here), key=lambda item: item.path.stem == LAST)
    for place, item in zip(here, ordered, strict=True):
        items[place] = item


@pytest.fixture(scope="session")
def _deployed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[dict[str, Any], LocalStack | None]]:
    """The stack under test: what its `stack.json` says, and its engine if it was started here."""
    before = dict(os.environ)
    boto3.DEFAULT_SESSION = None  # it keeps the credentials that it found first
    try:
        if given := os.environ.get("MOTORPOOL_STACK"):
            description = json.loads(Path(given).read_text())
            Target(aws="endpoint" not in description).choose()
            yield description, None
        else:
            folder = tmp_path_factory.mktemp("stack")
            with running(folder, free_port(FIRST_PORT), lambda _: None) as local:
                os.environ["MOTORPOOL_STACK"] = str(folder / "stack.json")
                yield local.description, local
    finally:
        os.environ.clear()
        os.environ.update(before)
        boto3.DEFAULT_SESSION = None


@pytest.fixture(scope="session")
def stack(_deployed: tuple[dict[str, Any], LocalStack | None]) -> dict[str, Any]:
    """What `.local/stack.json` says of the stack under test."""
    return _deployed[0]


@pytest.fixture(scope="session")
def local_stack(_deployed: tuple[dict[str, Any], LocalStack | None]) -> LocalStack:
    """The stack that was started here; without one, what needs it is skipped."""
    if _deployed[1] is None:
        pytest.skip("only of a stack that the tests started themselves")
    return _deployed[1]


class Api:
    """One API as one client of a partner calls it.

    Every answer is held to what all answers have: a request id, and an envelope when it is an
    error; and none may be a 5xx.
    """

    def __init__(self, url: str, credentials: dict[str, str]) -> None:
        self.url = url
        self.credentials = credentials
        self.http = httpx.Client(headers=credentials, timeout=30)
        private.update(value for value in credentials.values() if len(value) > 8)

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request. `path` is below the stage."""
        self._remember(request)
        answer = self.http.request(method, self.url + path, **request)
        assert answer.status_code < 500, answer.text
        assert answer.headers["x-request-id"]
        assert answer.headers["content-type"] == "application/json"
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error_code", "error_message"}
            assert all(isinstance(text, str) and text for text in answer.json().values())
        return answer

    def _remember(self, request: dict[str, Any]) -> None:
        headers = request.get("headers") or {}
        pairs = headers.items() if isinstance(headers, dict) else headers
        private.update(value for _, value in pairs if isinstance(value, str) and len(value) > 8)
        if isinstance(body := request.get("json"), dict):
            private.update(
                value
                for name, value in body.items()
                if name in PERSONAL_FIELDS and isinstance(value, str) and len(value) > 8
            )

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.call("GET", path, **request)

    def post(self, path: str, json: Any = None, **request: Any) -> httpx.Response:
        return self.call("POST", path, json=json, **request)

    def put(self, path: str, json: Any = None, **request: Any) -> httpx.Response:
        return self.call("PUT", path, json=json, **request)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json().get("error_code", "")


def message(answer: httpx.Response) -> str:
    """What a refusal says to people."""
    text: str = answer.json()["error_message"]
    return text


_phones = itertools.count(secrets.randbelow(8_000_000) + 1_000_000)


def a_person(**changes: Any) -> dict[str, Any]:
    """The request for a user whom nobody has seen before; `...` leaves a field out."""
    mark = secrets.token_hex(6)
    person = {
        "firstName": f"Dana-{mark}",
        "lastName": f"Reyes-{mark}",
        "phone": f"+1212{next(_phones)}",
        "email": f"{mark}@example.com",
        "address": {"state": "NY"},
    }
    return {name: value for name, value in (person | changes).items() if value is not ...}


@dataclass(frozen=True)
class Tenant:
    """A partner of the test's own, with a root fleet and a client of the whole partner."""

    url: str
    partner: Partner
    root: Organization
    client: Client
    api: Api

    def branch(self, parent: Organization | None = None) -> Organization:
        """A new organization below another."""
        above = parent or self.root
        branch = Organization.founded(self.partner.id, "Branch", above.supplier_type, above)
        table.transact(organizations.add(branch))
        return branch

    def client_of(self, organization: Organization) -> Api:
        """The API as a new client calls it that is linked to an organization."""
        client, credentials = _admitted(self.partner, linked_to=organization)
        table.transact(clients.add(client))
        return Api(self.url, credentials)

    def user(self, organization: Organization | None = None) -> str:
        """The id of a new user, of the root fleet if of no other organization."""
        named = {"organizationId": organization.id} if organization else {}
        answer = self.api.post("/users", a_person(**named))
        assert answer.status_code == 200, answer.text
        user_id: str = answer.json()["id"]
        return user_id


def _admitted(partner: Partner, **links: Organization) -> tuple[Client, dict[str, str]]:
    secret = new_secret()
    client = Client.admitted(
        partner.id, "A client", ALL_SCOPES, secret=secret, pepper=pepper(), **links
    )
    return client, {"partnerId": partner.id, "clientId": client.id, "clientSecret": secret}


@pytest.fixture(scope="session")
def new_tenant(stack: dict[str, Any]) -> Callable[[], Tenant]:
    """Makes partners."""

    def new_tenant() -> Tenant:
        partner = Partner.signed("Tested Motors")
        root = Organization.founded(partner.id, "Root", "Fleet")
        client, credentials = _admitted(partner, home=root)
        table.transact(partners.add(partner), organizations.add(root), clients.add(client))
        url = stack["partner_api"]
        return Tenant(url, partner, root, client, Api(url, credentials))

    return new_tenant


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A partner of the test's own."""
    return new_tenant()


@pytest.fixture(scope="session")
def partner(stack: dict[str, Any]) -> Api:
    """The partner API, called by the demo partner's client, which sees the whole partner."""
    return Api(stack["partner_api"], stack["partner"])


@pytest.fixture(scope="session")
def other_partner(stack: dict[str, Any]) -> Api:
    """The partner API, called by another partner's client."""
    return Api(stack["partner_api"], stack["other_partner"]["partner"])


@pytest.fixture(scope="session")
def user(stack: dict[str, Any]) -> str:
    """A user of the demo partner's root fleet."""
    user_id: str = stack["users"][0]["id"]
    return user_id
