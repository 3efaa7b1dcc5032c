"""A small world of the proof's own: a partner with branches, its clients, and what they register.

Partners, organizations and clients are made as an operator makes them, through the store; users,
vehicles, photos, check-ins and transfers through the API.
"""

import io
import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
from PIL import Image

from infra.local.vins import bronco
from infra.spec import ApiName
from motorpool.access import client_store as clients
from motorpool.access.clients import Client, new_secret
from motorpool.access.scopes import ALL_SCOPES, Scope
from motorpool.access.secret_keys import pepper
from motorpool.dynamodb import table
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner

Headers = dict[str, str]

# The fields that say something of somebody; their values are what no stranger may see.
TELLING = {
    "id", "userId", "organizationId", "firstName", "lastName", "phone", "email",
    "customerPhoneNumber", "vin", "license", "license_plate", "photoUrl", "uploadUrl",
    "owner_id", "vehicle_id", "from_owner_id", "to_owner_id", "transfer_id", "name",
}  # fmt: skip
PATIENCE_SECONDS = 20

_phones = itertools.count(secrets.randbelow(8_000_000) + 1_000_000)


@dataclass(frozen=True)
class Tenant:
    """A partner: a fleet with two branches, one of which has a branch of its own, and a rental."""

    partner: Partner
    root: Organization
    west: Organization
    coast: Organization
    east: Organization
    rental: Organization

    @classmethod
    def signed(cls) -> "Tenant":
        """A new one."""
        partner = Partner.create(f"Partner {secrets.token_hex(4)}")

        def founded(kind: Any, parent: Organization | None = None) -> Organization:
            name = f"{kind} {secrets.token_hex(4)}"
            return Organization.create(partner.id, name, kind, parent)

        root = founded("Fleet")
        west = founded("Fleet", root)
        tenant = cls(
            partner, root, west, founded("Fleet", west), founded("Fleet", root), founded("Rental")
        )
        every = (root, west, tenant.coast, tenant.east, tenant.rental)
        table.transact(partners.add(partner), *map(organizations.add, every))
        return tenant

    def client(
        self,
        linked_to: Organization | None = None,
        *,
        without: tuple[Scope, ...] = (),
        revoked: bool = False,
    ) -> Headers:
        """The three headers of a new client: of the whole partner, unless linked to a branch."""
        secret = new_secret()
        client = Client.create(
            self.partner.id,
            "A client",
            ALL_SCOPES - frozenset(without),
            secret=secret,
            pepper=pepper(),
            linked_to=linked_to,
            home=None if linked_to else self.root,
        )
        table.transact(clients.add(client.revoked() if revoked else client))
        return {"partnerId": self.partner.id, "clientId": client.id, "clientSecret": secret}


def shut_out(credentials: Headers) -> None:
    """Revoke all secrets of a client, as an operator does."""
    client = clients.get(credentials["partnerId"], credentials["clientId"])
    table.transact(clients.replaced(client, client.revoked()))


class Api:
    """Both APIs of the stack under test, as anybody calls them."""

    def __init__(self, stack: dict[str, Any]) -> None:
        self.urls: dict[ApiName, str] = {
            "partner": stack["partner_api"],
            "supplier": stack["supplier_api"],
        }
        self._http = httpx.Client(timeout=60, follow_redirects=False)

    def call(
        self, api: ApiName, method: str, path: str, headers: Headers, **request: Any
    ) -> httpx.Response:
        """Send a request; `path` is below the stage."""
        return self._http.request(method, self.urls[api] + path, headers=headers, **request)

    def token(self, credentials: Headers, scope: str | None = None) -> str:
        """An access token of the supplier API."""
        form = {
            "grant_type": "client_credentials",
            "client_id": credentials["clientId"],
            "client_secret": credentials["clientSecret"],
        } | ({"scope": scope} if scope else {})
        answer = self.call("supplier", "POST", "/oauth/token", {}, data=form)
        token: str = served(answer)["access_token"]
        return token


def served(answer: httpx.Response) -> Any:
    """The JSON of an answer that is no refusal; None when it has no body."""
    assert answer.status_code < 300, f"{answer.request.method} {answer.url}: {answer.text}"
    return answer.json() if answer.content else None


class Scene:
    """What one caller registers in an organization; remembers all that tells of it."""

    def __init__(self, api: Api, tenant: Tenant, at: Organization, headers: Headers) -> None:
        self.api, self.tenant, self.at, self.headers = api, tenant, at, headers
        self.known: set[str] = {at.id, at.name}
        self.watched: list[tuple[ApiName, str]] = []

    def post(self, path: str, body: Any = None, *, api: ApiName = "partner") -> Any:
        """What a POST answers."""
        return self._remembered(self.api.call(api, "POST", path, self.headers, json=body))

    def put(self, path: str, body: Any = None) -> Any:
        """What a PUT answers."""
        return self._remembered(self.api.call("partner", "PUT", path, self.headers, json=body))

    def get(self, path: str, *, api: ApiName = "partner") -> Any:
        """What a GET answers."""
        return self._remembered(self.api.call(api, "GET", path, self.headers))

    def user(self) -> Any:
        """A new user of the organization."""
        mark = secrets.token_hex(6)
        person = {
            "firstName": f"Dana-{mark}",
            "lastName": f"Reyes-{mark}",
            "phone": f"+1917{next(_phones)}",
            "email": f"{mark}@example.com",
            "address": {"state": "NY"},
            "organizationId": self.at.id,
        }
        user = self.post("/users", person)
        self.watched.append(("partner", f"/users/{user['id']}"))
        return user

    def vehicle(self, user: Any | None = None) -> Any:
        """A new vehicle with a plate, of that user or a new one."""
        owner = (user or self.user())["id"]
        plate = {"licensePlate": f"P{secrets.token_hex(5).upper()}", "state": "CA"}
        vehicle = self.post("/vehicles/create/by-vin", {"userId": owner} | bronco() | plate)
        self.watched.append(("partner", f"/vehicles/{vehicle['id']}"))
        return vehicle

    def photo(self, user_id: str, *, inspected: bool = False, file: bytes | None = None) -> str:
        """The handle of a photo that was uploaded."""
        asked = {"userId": user_id, "contentType": "image/jpeg"}
        form = self.post("/photo/upload", asked)
        handle: str = form["photoUrl"]
        self.known.add(photo_id(handle))
        sent = httpx.post(
            form["uploadUrl"], data=form["uploadFields"], files={"file": file or a_jpeg()}
        )
        assert sent.status_code < 300, sent.text
        if inspected:
            self.wait_for(handle)
        return handle

    def wait_for(self, handle: str) -> None:
        """Until a photo is inspected."""
        path = f"/photo/{photo_id(handle)}/status"
        until(lambda: self.get(path)["photoStatus"] != "AwaitingUpload")

    def check_in(self, vehicle: Any | None = None, **changes: Any) -> Any:
        """A new check-in of that vehicle or a new one, Pending."""
        body = self.check_in_body(vehicle or self.vehicle()) | changes
        check_in = self.post("/vehicles/checkin/mileage", body)
        self.watched.append(("partner", f"/vehicles/checkin/mileage/{check_in['id']}"))
        return check_in

    def check_in_body(self, vehicle: Any) -> dict[str, Any]:
        """The request for a check-in, with photos that were inspected."""
        handles = [self.photo(vehicle["userId"]) for _ in range(2)]
        for handle in handles:
            self.wait_for(handle)
        return {
            "vehicleId": vehicle["id"],
            "licensePlate": vehicle["license"],
            "state": vehicle["state"],
            "mileage": 48_210,
            "licensePhotos": [{"url": handles[0]}],
            "odometerPhotos": [{"url": handles[1]}],
        }

    def on_hold(self, vehicle: Any | None = None) -> Any:
        """A new check-in of that vehicle or a new one, which a reviewer has put on hold."""
        check_in = self.check_in(vehicle)
        decision = {"checkInStatus": "OnHold", "adminNote": "Blurred."}
        return self.put(f"/vehicles/checkin/mileage/{check_in['id']}/review", decision)

    def transfer(self, vehicle: Any, to: Organization) -> Any:
        """The vehicle's transfer, completed."""
        self.known |= {to.id, to.name}
        path = f"/vehicle-suppliers/vehicles/{vehicle['id']}/transfer"
        asked = self.post(path, {"new_owner_id": to.id}, api="supplier")["transfer"]

        def transfer() -> Any:
            path = f"/vehicle-suppliers/transfers/{asked['id']}"
            return self.get(path, api="supplier")["transfer"]

        until(lambda: transfer()["status"] == "completed")
        return transfer()

    def snapshot(self) -> list[Any]:
        """What its maker reads of everything in the scene."""
        return [self.get(path, api=api) for api, path in self.watched]

    def _remembered(self, answer: httpx.Response) -> Any:
        body = served(answer)
        self.known |= set(_telling(body))
        return body


def _telling(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for item in body:
            yield from _telling(item)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name in TELLING and isinstance(value, str):
                yield value
            yield from _telling(value)


def photo_id(handle: str) -> str:
    """The id in a photo's handle."""
    return handle.rpartition("/")[2]


def a_jpeg(color: str | None = None) -> bytes:
    """A small photo."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), color or f"#{secrets.token_hex(3)}").save(buffer, "JPEG")
    return buffer.getvalue()


def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)
