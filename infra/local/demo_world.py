"""The demo world: two partners with organizations, users and a client each, and what to paste."""

from dataclasses import dataclass
from typing import Any

from infra.local.world import Admitted, World
from motorpool.access import client_store as clients
from motorpool.access.secret_keys import pepper
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User

NAMES = ("Dana Reyes", "Kim Okafor", "Lee Novak", "Sam Haddad", "Ana Lindqvist", "Jo Marsh")


@dataclass(frozen=True, slots=True)
class _Tenant:
    client: Admitted
    organizations: list[Organization]
    users: list[User]

    def described(self) -> dict[str, Any]:
        return {
            "partner": self.client.headers,
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
    """The demo world as `.local/stack.json` has it: the one in `known` if the table still has it.

    It may not, when the engine was killed before it saved, or its data were deleted.
    """
    if known and _still_there(known["partner"]) and _still_there(known["other_partner"]["partner"]):
        return known
    world = _motors().described()
    return world | {"other_partner": _neighbours().described()}


def _still_there(credentials: dict[str, str]) -> bool:
    client = clients.find(credentials["clientId"], partner_id=credentials["partnerId"])
    return client is not None and client.accepts(credentials["clientSecret"], pepper())


def _motors() -> _Tenant:
    world = World()
    partner = world.partner("Demo Motors")
    fleet = world.organization("Demo Fleet", of=partner.id)
    west = world.organization("Fleet West", parent=fleet)
    east = world.organization("Fleet East", parent=fleet)
    coast = world.organization("Fleet West Coast", parent=west)
    rental = world.organization("Demo Rentals", of=partner.id, supplier_type="Rental")
    return _moved_in(world, [fleet, west, east, coast, rental], area_code=415)


def _neighbours() -> _Tenant:
    world = World()
    partner = world.partner("Other Cars")
    fleet = world.organization("Other Fleet", of=partner.id)
    rental = world.organization("Other Rentals", of=partner.id, supplier_type="Rental")
    return _moved_in(world, [fleet, rental], area_code=503)


def _moved_in(world: World, tree: list[Organization], *, area_code: int) -> _Tenant:
    """Two users in each organization, and a client of the whole partner with every scope."""
    home = tree[0]
    client = world.client(of=home.partner_id, name="Demo client", home=home)
    people = [
        world.driver(
            at=tree[number // 2],
            name=NAMES[number % len(NAMES)],
            phone=f"+1{area_code}5550{number + 100}",
        )
        for number in range(2 * len(tree))
    ]
    return _Tenant(client, tree, people)
