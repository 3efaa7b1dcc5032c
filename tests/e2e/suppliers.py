"""The supplier API as a client calls it, and a partner with branches to transfer between."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx

from infra.local.vins import bronco
from motorpool.access import client_store as clients
from motorpool.access.clients import Client, new_secret
from motorpool.access.scopes import ALL_SCOPES, Scope
from motorpool.access.secret_keys import pepper
from motorpool.dynamodb import table
from motorpool.tenants import organization_store as organizations
from motorpool.tenants.organizations import Organization, SupplierType
from motorpool.transfers import store as transfers
from motorpool.transfers.model import Transfer
from tests.e2e.conftest import Api, Tenant, private

VEHICLES = "/vehicle-suppliers/vehicles"
TRANSFERS = "/vehicle-suppliers/transfers"
ORGANIZATIONS = "/vehicle-suppliers/organizations"
TOKEN = "/oauth/token"


def until[R](look: Callable[[], R], *, within: float = 15) -> R:
    """What `look` sees as soon as it sees something; it looks often."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not seen within {within} s"
        time.sleep(0.02)
    return seen


class Supplier(Api):
    """The supplier API as one client of a partner calls it."""

    envelopes = ({"code", "message"}, {"error", "error_description"})

    def transfer(self, vehicle_id: str, owner_id: Any, **more: Any) -> httpx.Response:
        """Ask for a transfer; `headers` among `more` are headers, the rest is of the body."""
        headers = more.pop("headers", {})
        body = {"new_owner_id": owner_id} | more
        return self.post(f"{VEHICLES}/{vehicle_id}/transfer", body, headers=headers)

    def moved(self, vehicle_id: str, owner_id: str, **more: Any) -> dict[str, Any]:
        """Transfer a vehicle and wait for it; the transfer as it ended."""
        answer = self.transfer(vehicle_id, owner_id, **more)
        assert answer.status_code == 200, answer.text
        return self.ended(answer.json()["transfer"]["id"])

    def transfer_of(self, transfer_id: str) -> dict[str, Any]:
        """A transfer as it is now."""
        transfer: dict[str, Any] = self.get(f"{TRANSFERS}/{transfer_id}").json()["transfer"]
        return transfer

    def ended(self, transfer_id: str) -> dict[str, Any]:
        """A transfer as soon as it is not accepted any more."""

        def look() -> dict[str, Any] | None:
            found = self.transfer_of(transfer_id)
            return None if found["status"] == "accepted" else found

        ended = until(look)
        assert ended is not None
        return ended

    def assign(self, vehicle_id: str, driver_id: Any, **more: Any) -> httpx.Response:
        body = {"driver_id": driver_id}
        return self.post(f"{VEHICLES}/{vehicle_id}/assign", body, **more)

    def unassign(self, vehicle_id: str, **more: Any) -> httpx.Response:
        return self.call("POST", f"{VEHICLES}/{vehicle_id}/unassign", **more)

    def vehicle(self, vehicle_id: str) -> dict[str, Any]:
        vehicle: dict[str, Any] = self.get(f"{VEHICLES}/{vehicle_id}").json()["vehicle"]
        return vehicle

    def listed(self, owner_id: str) -> list[str]:
        """The ids of all vehicles of an organization, by pages of 100."""
        ids: list[str] = []
        query = {"owner_id": owner_id, "page_size": "100"}
        while True:
            answer = self.get(VEHICLES, params=query)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            ids += [vehicle["id"] for vehicle in page["vehicles"]]
            if page["next_page_token"] is None:
                return ids
            query["page_token"] = page["next_page_token"]

    def custody(self, vehicle_id: str) -> list[dict[str, Any]]:
        chain: list[dict[str, Any]] = self.get(f"{VEHICLES}/{vehicle_id}/custody").json()["custody"]
        return chain

    def token(self, **form: str) -> httpx.Response:
        """Ask for a token with the client's own id and secret, unless `form` says otherwise."""
        own = {
            "grant_type": "client_credentials",
            "client_id": self.credentials["clientId"],
            "client_secret": self.credentials["clientSecret"],
        }
        answer = Supplier(self.url, {}).call("POST", TOKEN, data=own | form)
        if answer.status_code == 200:
            private.add(answer.json()["access_token"])
        return answer

    def with_token(self, **form: str) -> "Supplier":
        """The same client with a new bearer token."""
        answer = self.token(**form)
        assert answer.status_code == 200, answer.text
        return self.bearing(answer.json()["access_token"])

    def bearing(self, token: str) -> "Supplier":
        """Somebody with that token."""
        return Supplier(self.url, {"Authorization": f"Bearer {token}"})


@dataclass(frozen=True)
class Fleet:
    """A partner of the test's own: a root with west (coast below it) and east, and rentals."""

    tenant: Tenant
    supplier: Supplier
    root: Organization
    west: Organization
    east: Organization
    coast: Organization
    rental: Organization

    @classmethod
    def of(cls, tenant: Tenant, url: str) -> "Fleet":
        west = tenant.branch()
        return cls(
            tenant,
            Supplier(url, tenant.api.credentials),
            tenant.root,
            west,
            tenant.branch(),
            tenant.branch(west),
            founded(tenant, "Rental"),
        )

    def client(
        self,
        organization: Organization | None = None,
        *,
        scopes: frozenset[Scope] = ALL_SCOPES,
    ) -> Supplier:
        """A new client, of an organization and those below it or of the whole partner."""
        secret = new_secret()
        made = Client.create(
            self.tenant.partner.id,
            "A client",
            scopes,
            secret=secret,
            pepper=pepper(),
            linked_to=organization,
        )
        table.transact(clients.add(made))
        credentials = {
            "partnerId": made.partner_id,
            "clientId": made.id,
            "clientSecret": secret,
        }
        return Supplier(self.supplier.url, credentials)

    def vehicle(self, organization: Organization | None = None, **request: Any) -> str:
        """The id of a new vehicle, of a new user of that organization (the root)."""
        body = {"userId": self.tenant.user(organization)} | bronco() | request
        answer = self.tenant.api.post("/vehicles/create/by-vin", body)
        assert answer.status_code == 200, answer.text
        vehicle_id: str = answer.json()["id"]
        return vehicle_id

    def stranded(
        self, vehicle_id: str, to: Organization, *, seconds_ago: int, new_user: str | None = None
    ) -> Transfer:
        """A transfer accepted so long ago, of which no stream told and no message was sent."""
        vehicle = transfers.applicable("", vehicle_id).vehicle
        assert vehicle is not None
        accepted, reserved = Transfer.accepted(vehicle, to, None)
        transfer = replace(
            accepted,
            accepted_at=accepted.accepted_at - seconds_ago * 1000,
            new_user_id=new_user,
        )
        reservation, record, _outbox = transfers.add(transfer, vehicle, reserved)
        table.transact(reservation, record)
        return transfer


def founded(
    tenant: Tenant, supplier_type: SupplierType, parent: Organization | None = None
) -> Organization:
    """A new organization of a partner."""
    made = Organization.create(tenant.partner.id, supplier_type, supplier_type, parent)
    table.transact(organizations.add(made))
    return made
