"""GET /users/{userId}/vehicles: list a user's vehicles, oldest first.

200 a page of vehicles · 400 invalid parameters · 403 the user is outside the client's organizations
· 404 no such user
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import PageQuery, cursor_after, key_before
from motorpool.errors import InvalidParameters, NoPermission, UserNotFound
from motorpool.tenants import user_store as users
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import VehiclesAnswer


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound))
def handler(user_id: str, query: PageQuery, caller: Caller) -> VehiclesAnswer:
    name = f"vehicles of {user_id}"
    after = key_before(query.cursor, name, caller)
    users.get(user_id, visible_to=caller)
    found, last = vehicles.of_user(user_id, limit=query.limit, after=after)
    return VehiclesAnswer.of(found, cursor_after(last, name, caller))
