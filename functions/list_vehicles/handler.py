"""GET /vehicles: list the vehicles that the client sees.

`vin`, `licensePlate` with `state`, and `externalId` each find the one active vehicle that has it,
or none. Other lists come by organization, each organization after the one above it, oldest vehicles
first. A page has `limit` vehicles unless it is the last; only where hundreds of organizations in a
row have none can it have fewer, so look at `nextCursor`. A vehicle that is transferred while a list
is read may be in it twice or not at all.

200 a page of vehicles · 400 invalid parameters · 403 the organization or the user is outside the
client's organizations · 404 no such organization or user
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import cursor_after, key_before
from motorpool.errors import InvalidParameters, NoPermission, OrganizationNotFound, UserNotFound
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import user_store as users
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import VehiclesAnswer, VehiclesQuery


@endpoint(raises=(InvalidParameters, NoPermission, OrganizationNotFound, UserNotFound))
def handler(query: VehiclesQuery, caller: Caller) -> VehiclesAnswer:
    after = key_before(query.cursor, query.subject, caller)
    organization, user = query.organization_id, query.user_id
    if organization:
        organizations.get(organization, visible_to=caller)
    owner = users.get(user, visible_to=caller) if user else None
    if query.names_one:
        vehicle = vehicles.active_with(
            caller, vin=query.vin, plate=query.plate, external_id=query.external_id
        )
        found, last = [vehicle] if vehicle and query.accepts(vehicle) else [], None
    elif owner and organization in (None, owner.org_id):
        found, last = vehicles.of_user(
            owner.id, active=query.active, limit=query.limit, after=after
        )
    elif owner:
        found, last = [], None  # A user's vehicles are in the user's organization.
    elif organization:
        found, last = vehicles.of_organization(
            organization, active=query.active, limit=query.limit, after=after
        )
    else:
        found, last = vehicles.of_subtree(
            caller, active=query.active, limit=query.limit, after=after
        )
    return VehiclesAnswer.of(found, cursor_after(last, query.subject, caller))
