"""A partner of a test's own, and what it has.

Partners, organizations, clients, users and vehicles are put into the table by the builder of
`infra.local.world`; what a test is about goes through the APIs.
"""

from dataclasses import dataclass, replace
from typing import Any

import httpx

from infra.local.pictures import picture
from infra.local.world import BUILDER, Admitted, World
from infra.spec import ApiName
from motorpool.access import client_store as clients
from motorpool.access.clients import Client
from motorpool.access.scopes import ALL_SCOPES, Scope
from motorpool.dynamodb import table
from motorpool.tenants import user_store as users
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner
from motorpool.transfers import store as transfers
from motorpool.transfers.model import Transfer
from motorpool.vehicles.partner_api import VehicleAnswer
from tests.e2e.api import Api, Supplier, private, sent_by_phone, until

CHECK_INS = "/vehicles/checkin/mileage"
PHOTOS = {"licensePhotos", "odometerPhotos"}


@dataclass(frozen=True)
class Tenant:
    """A partner with a fleet (west, which has coast below it, and east) and rentals.

    `api` and `supplier` are the two APIs as its `client` of the whole partner calls them.
    """

    partner: Partner
    root: Organization
    west: Organization
    coast: Organization
    east: Organization
    rental: Organization
    client: Client
    api: Api
    supplier: Supplier

    @classmethod
    def new(cls, stack: dict[str, Any]) -> "Tenant":
        """A new one. `stack`: the content of `stack.json`."""
        world = World()
        partner = world.partner()
        root = world.organization("Root", of=partner.id)
        west = world.organization("West", parent=root)
        admitted = world.client(of=partner.id, home=root)
        return cls(
            partner=partner,
            root=root,
            west=west,
            coast=world.organization("Coast", parent=west),
            east=world.organization("East", parent=root),
            rental=world.organization("Rental", of=partner.id, supplier_type="Rental"),
            client=admitted.client,
            api=Api(stack["partner_api"], admitted.headers),
            supplier=Supplier(stack["supplier_api"], admitted.headers),
        )

    @property
    def url(self) -> str:
        """Of the partner API."""
        return self.api.url

    @property
    def apis(self) -> dict[ApiName, Api]:
        """Both APIs, by name."""
        return {"partner": self.api, "supplier": self.supplier}

    def branch(self, parent: Organization | None = None) -> Organization:
        """A new organization below another (the root)."""
        return World().organization("Branch", parent=parent or self.root)

    def admitted(
        self,
        organization: Organization | None = None,
        *,
        scopes: frozenset[Scope] = ALL_SCOPES,
        revoked: bool = False,
    ) -> Admitted:
        """A new client, of an organization and those below it or of the whole partner."""
        home = None if organization else self.root
        return World().client(
            of=self.partner.id, linked_to=organization, home=home, scopes=scopes, revoked=revoked
        )

    def revoke(self, admitted: Admitted) -> None:
        """Revoke all secrets of a client, as an operator does."""
        client = admitted.client
        table.transact(clients.replaced(client, client.revoked()))

    def client_of(self, organization: Organization) -> Api:
        """The partner API as a new client of an organization calls it."""
        return self.api.of(self.admitted(organization).headers)

    def supplier_of(
        self, organization: Organization | None = None, *, scopes: frozenset[Scope] = ALL_SCOPES
    ) -> Supplier:
        """The supplier API as a new client of an organization (the whole partner) calls it."""
        return self.supplier.of(self.admitted(organization, scopes=scopes).headers)

    def user(self, organization: Organization | None = None) -> str:
        """The id of a new user of an organization (the root)."""
        user = World().driver(at=organization or self.root)
        private.update({user.first_name, user.last_name, user.phone})
        return user.id

    def vehicle(self, user: str | None = None, plate: str | None = None) -> dict[str, Any]:
        """A new vehicle of a user (a new one), as the partner API shows it.

        It has a plate of California, if it has one.
        """
        owner = users.find(user or self.user())
        assert owner is not None
        made = VehicleAnswer.of(World().vehicle(of=owner, plate=plate))
        return made.model_dump(mode="json", by_alias=True)

    def vehicle_id(self, organization: Organization | None = None, plate: str | None = None) -> str:
        """The id of a new vehicle, of a new user of an organization (the root)."""
        vehicle_id: str = self.vehicle(self.user(organization), plate)["id"]
        return vehicle_id

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
        sent = sent_by_phone(form, file or picture(content_type))
        assert sent.is_success, sent.text
        handle: str = form["photoUrl"]
        return handle

    def pair(self, user: str) -> dict[str, list[dict[str, str]]]:
        """The part of a check-in that names its photos: two new ones, already inspected."""
        owner = users.find(user)
        assert owner is not None
        license, odometer = (World().ready_photo(of=owner) for _ in range(2))
        return {
            "licensePhotos": [{"url": f"{self.url}/photo/{license.id}"}],
            "odometerPhotos": [{"url": f"{self.url}/photo/{odometer.id}"}],
        }

    def check_in_body(self, vehicle: dict[str, Any], mileage: int = 48_210) -> dict[str, Any]:
        """The request for a check-in of a vehicle, with two new photos."""
        return {
            "vehicleId": vehicle["id"],
            "licensePlate": vehicle["license"],
            "mileage": mileage,
        } | self.pair(vehicle["userId"])

    def check_in(self, vehicle: dict[str, Any], mileage: int, **changes: Any) -> httpx.Response:
        """A check-in of a vehicle, with two new photos unless others are named."""
        body = {"vehicleId": vehicle["id"], "licensePlate": vehicle["license"], "mileage": mileage}
        if PHOTOS - set(changes):
            body |= self.pair(vehicle["userId"])
        named = {k: v for k, v in (body | changes).items() if v is not ...}
        return self.api.post(CHECK_INS, named)

    def review(self, check_in: str, status: str, note: str | None = "So it is.") -> httpx.Response:
        """A reviewer's decision."""
        decision = {"checkInStatus": status, "adminNote": note}
        return self.api.put(f"{CHECK_INS}/{check_in}/review", decision)

    def on_hold(self, vehicle: dict[str, Any]) -> dict[str, Any]:
        """A new check-in of a vehicle, which a reviewer has put on hold."""
        made = self.check_in(vehicle, 48_210).json()
        held = self.review(made["id"], "OnHold")
        assert held.status_code == 200, held.text
        on_hold: dict[str, Any] = held.json()
        return on_hold

    def inspected(self, handle: str) -> dict[str, Any]:
        """A photo's status, once it is inspected."""
        path = f"/photo/{photo_id(handle)}/status"

        def status() -> dict[str, Any] | None:
            known: dict[str, Any] = self.api.get(path).json()
            return known if known["photoStatus"] != "AwaitingUpload" else None

        return until(status)

    def stranded(
        self, vehicle_id: str, to: Organization, *, seconds_ago: int, new_user: str | None = None
    ) -> Transfer:
        """A transfer accepted so long ago, about which nobody sends a message."""
        vehicle = transfers.applicable("", vehicle_id).vehicle
        assert vehicle is not None
        accepted, reserved = Transfer.accepted(vehicle, to, None)
        transfer = replace(
            accepted,
            accepted_at=accepted.accepted_at - seconds_ago * 1000,
            new_user_id=new_user,
        )
        _, *reservation = transfers.add(transfer, vehicle, reserved, by=BUILDER)
        # The stream tells only of new ones that are accepted.
        closed = replace(transfer, transfer_status="failed")
        record, *_ = transfers.add(closed, vehicle, reserved, by=BUILDER)
        table.transact(record, *reservation)
        table.transact(transfers.replaced(closed, transfer))

        def listed() -> Transfer | None:
            found = transfers.of_partner(self.partner.id, "accepted")
            return next((each for each in found if each.id == transfer.id), None)

        return until(listed)


def photo_id(handle: str) -> str:
    """The id in a photo's handle."""
    return handle.rpartition("/")[2]
