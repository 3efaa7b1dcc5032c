"""The demo world: two partners with organizations, users and a client each, and what to paste."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motorpool.access import client_store as clients
from motorpool.access.clients import Client, new_secret
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.secret_keys import pepper
from motorpool.dynamodb import table
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants import user_store as users
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner
from motorpool.tenants.users import User

NAMES = ("Dana Reyes", "Kim Okafor", "Lee Novak", "Sam Haddad", "Ana Lindqvist", "Jo Marsh")


@dataclass(frozen=True, slots=True)
class _Tenant:
    partner: Partner
    client: Client
    secret: str
    organizations: list[Organization]
    users: list[User]

    def described(self) -> dict[str, Any]:
        return {
            "partner": {
                "partnerId": self.partner.id,
                "clientId": self.client.id,
                "clientSecret": self.secret,
            },
            "organizations": [
                {
                    "id": organization.id,
                    "name": organization.name,
                    "supplier_type": organization.supplier_type,
                    "parent_id": organization.parent_id,
                }
                for organization in self.organizations
            ],
            "users": [{"id": user.id, "organization_id": user.org_id} for user in self.users],
        }


def demo_world(known: dict[str, Any]) -> dict[str, Any]:
    """The demo world as `.local/stack.json` has it: the one in `known` if it is still there.

    It may not be, when the engine was killed before it saved, or its data were deleted.
    """
    if known and _still_there(known["partner"]) and _still_there(known["other_partner"]["partner"]):
        return known
    world = _motors().described()
    return world | {"other_partner": _neighbours().described()}


def _still_there(credentials: dict[str, str]) -> bool:
    client = clients.find(credentials["clientId"], partner_id=credentials["partnerId"])
    return client is not None and client.accepts(credentials["clientSecret"], pepper())


def _motors() -> _Tenant:
    partner = Partner.create("Demo Motors")
    fleet = Organization.create(partner.id, "Demo Fleet", "Fleet")
    west = Organization.create(partner.id, "Fleet West", "Fleet", fleet)
    east = Organization.create(partner.id, "Fleet East", "Fleet", fleet)
    coast = Organization.create(partner.id, "Fleet West Coast", "Fleet", west)
    rental = Organization.create(partner.id, "Demo Rentals", "Rental")
    return _moved_in(partner, [fleet, west, east, coast, rental], area_code=415)


def _neighbours() -> _Tenant:
    partner = Partner.create("Other Cars")
    fleet = Organization.create(partner.id, "Other Fleet", "Fleet")
    rental = Organization.create(partner.id, "Other Rentals", "Rental")
    return _moved_in(partner, [fleet, rental], area_code=503)


def _moved_in(partner: Partner, tree: list[Organization], *, area_code: int) -> _Tenant:
    """Two users in each organization, and a client of the whole partner with every scope."""
    secret = new_secret()
    client = Client.create(
        partner.id, "Demo client", ALL_SCOPES, secret=secret, pepper=pepper(), home=tree[0]
    )
    people = []
    for number in range(2 * len(tree)):
        first_name, last_name = NAMES[number % len(NAMES)].split()
        person = User.create(
            tree[number // 2],
            first_name=first_name,
            last_name=last_name,
            phone=f"+1{area_code}5550{number + 100}",
            state="CA",
        )
        people.append(person)
    table.transact(
        partners.add(partner),
        clients.add(client),
        *(organizations.add(organization) for organization in tree),
        *(write for user in people for write in users.add(user)),
    )
    return _Tenant(partner, client, secret, tree, people)


def written(stack: dict[str, Any], file: Path) -> None:
    """`stack` in the file, readable by this user only: it holds secrets."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(stack, indent=2))
    os.chmod(unfinished, 0o600)
    unfinished.replace(file)


def read(file: Path) -> dict[str, Any]:
    """What `written` wrote; empty when there is nothing, or nothing legible."""
    try:
        stack: dict[str, Any] = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stack
