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
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from infra.local.engine import free_port
from infra.local.pictures import picture
from infra.local.stack import LocalStack, running
from infra.local.vins import bronco
from motorpool.access import client_store as clients
from motorpool.access.clients import Client, new_secret
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.secret_keys import pepper
from motorpool.dynamodb import table
from motorpool.errors import MotorpoolError
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner
from ops.target import Target
from tests.e2e.operators import Run, command_line

FIRST_PORT = 4700

# The business rules that the documents answer with 500; any other 5xx is a failure.
DOCUMENTED_500 = {
    error.partner.code
    for error in MotorpoolError.__subclasses__()
    if error.partner and error.partner.status == 500 and error.expected
}

# What was sent of which no log line may hold a trace: header values and personal fields.
PERSONAL_FIELDS = {"firstName", "lastName", "phone", "email"}
private: set[str] = set()


class Fault(NamedTuple):
    """What a test makes a function log as an error: `type` is the whole of the fault's first line.

    `type` is a regular expression.
    """

    function: str
    type: str


# What was made to fail on purpose, by the id of the message: `test_logs.py` excuses nothing else.
poison: dict[str, Fault] = {}

# They look at what the other end-to-end tests have left: the calls first, then the log lines.
LOOKING_BACK = ("test_least_privilege.py", "test_logs.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back comes last among the end-to-end tests."""
    here = [place for place, item in enumerate(items) if "e2e" in item.path.parts]
    ordered = sorted((items[at] for at in here), key=_looks_back)
    for place, item in zip(here, ordered, strict=True):
        items[place] = item


def _looks_back(item: pytest.Item) -> int:
    """0 for a test that does not."""
    name = item.path.name
    return LOOKING_BACK.index(name) + 1 if name in LOOKING_BACK else 0


@pytest.fixture(scope="session")
def _deployed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[dict[str, Any], LocalStack | None]]:
    """The stack under test: what its `stack.json` says, and its engine if it was started here."""
    before = dict(os.environ)
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
    error; and none may be a 5xx that the documents do not know.
    """

    envelopes: tuple[set[str], ...] = ({"error_code", "error_message"},)

    def __init__(self, url: str, credentials: dict[str, str]) -> None:
        self.url = url
        self.credentials = credentials
        self.http = httpx.Client(headers=credentials, timeout=60)
        private.update(value for value in credentials.values() if len(value) > 8)

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send a request. `path` is below the stage."""
        self._remember(request)
        answer = self.http.request(method, self.url + path, **request)
        if answer.status_code >= 500:
            assert answer.json().get("error_code") in DOCUMENTED_500, answer.text
        assert answer.headers["x-request-id"]
        assert answer.headers["content-type"] == "application/json"
        if answer.status_code >= 400:
            assert set(answer.json()) in self.envelopes
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
    body = answer.json()
    return answer.status_code, body.get("error_code") or body.get("code") or body.get("error", "")


def message(answer: httpx.Response) -> str:
    """What a refusal says to people."""
    body = answer.json()
    text: str = body["error_message"] if "error_message" in body else body["message"]
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
        branch = Organization.create(self.partner.id, "Branch", above.supplier_type, above)
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

    def vehicle(self, user: str, plate: str | None = None, **claims: Any) -> dict[str, Any]:
        """A new vehicle of a user, with a plate of California if with any."""
        issued = {"licensePlate": plate, "state": "CA"} if plate else {}
        answer = self.api.post(
            "/vehicles/create/by-vin", {"userId": user} | bronco(**issued, **claims)
        )
        assert answer.status_code == 200, answer.text
        vehicle: dict[str, Any] = answer.json()
        return vehicle

    def announced(self, user: str, content_type: str = "image/jpeg") -> dict[str, Any]:
        """The answer to a request for an upload."""
        asked = {"userId": user, "contentType": content_type}
        answer = self.api.post("/photo/upload", asked)
        assert answer.status_code == 200, answer.text
        announced: dict[str, Any] = answer.json()
        return announced

    def photo(self, user: str, file: bytes | None = None, content_type: str = "image/jpeg") -> str:
        """The handle of a photo that a user has uploaded."""
        form = self.announced(user, content_type)
        sent = sent_by_phone(form, file or picture(content_type, size=(64, 48)))
        assert sent.is_success, sent.text
        handle: str = form["photoUrl"]
        return handle

    def pair(self, user: str) -> dict[str, list[dict[str, str]]]:
        """The part of a check-in that names its photos: two new ones."""
        return {
            "licensePhotos": [{"url": self.photo(user)}],
            "odometerPhotos": [{"url": self.photo(user)}],
        }

    def check_in(self, vehicle: dict[str, Any], mileage: int, **changes: Any) -> httpx.Response:
        """A check-in of a vehicle, with two new photos unless others are named."""
        request = {
            "vehicleId": vehicle["id"],
            "licensePlate": vehicle["license"],
            "mileage": mileage,
        }
        if not {"licensePhotos", "odometerPhotos"} <= set(changes):
            request |= self.pair(vehicle["userId"])
        named = {k: v for k, v in (request | changes).items() if v is not ...}
        return self.api.post("/vehicles/checkin/mileage", named)

    def review(self, check_in: str, status: str, note: str | None = "So it is.") -> httpx.Response:
        """A reviewer's decision."""
        decision = {"checkInStatus": status, "adminNote": note}
        return self.api.put(f"/vehicles/checkin/mileage/{check_in}/review", decision)

    def inspected(self, handle: str) -> dict[str, Any]:
        """A photo's status, once it is inspected."""
        path = f"/photo/{handle.rpartition('/')[2]}/status"

        def status() -> dict[str, Any] | None:
            known: dict[str, Any] = self.api.get(path).json()
            return known if known["photoStatus"] != "AwaitingUpload" else None

        return eventually(status)


def sent_by_phone(form: dict[str, Any], file: bytes, **changes: str) -> httpx.Response:
    """What S3 answers to a file sent with a form, some of whose fields are changed."""
    fields = form["uploadFields"] | changes
    return httpx.post(form["uploadUrl"], data=fields, files={"file": ("a", file)}, timeout=30)


def eventually[Found](find: Callable[[], Found | None], within_seconds: float = 30) -> Found:
    """What `find` finds, as soon as it finds it."""
    deadline = time.monotonic() + within_seconds
    while (found := find()) is None:
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)
    return found


def at_once(
    tenant: Tenant, number: int, call: Callable[[Api, int], httpx.Response]
) -> list[httpx.Response]:
    """What so many callers are answered who all call in the same moment."""
    start = threading.Barrier(number)

    def called(place: int) -> httpx.Response:
        api = Api(tenant.url, tenant.api.credentials)
        api.get("/")  # the connection is open, and no function was called
        start.wait()
        return call(api, place)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(called, range(number)))


def _admitted(partner: Partner, **links: Organization) -> tuple[Client, dict[str, str]]:
    secret = new_secret()
    client = Client.create(
        partner.id, "A client", ALL_SCOPES, secret=secret, pepper=pepper(), **links
    )
    return client, {"partnerId": partner.id, "clientId": client.id, "clientSecret": secret}


@pytest.fixture(scope="session")
def new_tenant(stack: dict[str, Any]) -> Callable[[], Tenant]:
    """Makes partners."""

    def new_tenant() -> Tenant:
        partner = Partner.create("Tested Motors")
        root = Organization.create(partner.id, "Root", "Fleet")
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


@pytest.fixture
def motorpool(
    stack: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs the operator's command on the stack under test."""
    return command_line(monkeypatch, capsys, *([] if "endpoint" in stack else ["--aws"]))
