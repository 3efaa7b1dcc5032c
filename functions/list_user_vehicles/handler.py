"""GET /users/{userId}/vehicles: a user's vehicles, oldest first, by the page.

200 a page · 400 wrong parameters · 403 outside the client's organizations · 404 no such user
"""

from motorpool.callers import Caller
from motorpool.endpoint import endpoint
from motorpool.errors import InvalidParameters, NoPermission, UserNotFound
from motorpool.lists import PageQuery, cursor_after, key_before
from motorpool.store import users, vehicles
from motorpool.vehicles import VehiclesAnswer


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound))
def handler(user_id: str, query: PageQuery, caller: Caller) -> VehiclesAnswer:
    name = f"vehicles of {user_id}"
    after = key_before(query.cursor, name)
    users.get(user_id, seen_by=caller)
    found, last = vehicles.of_user(user_id, limit=query.limit, after=after)
    return VehiclesAnswer.of(found, cursor_after(last, name))
