"""GET /users/{userId}/devices: list a user's devices whose time is not over, oldest first.

200 a page of devices · 400 invalid parameters · 403 the user is outside the client's organizations
· 404 no such user
"""

from motorpool.access import device_store as devices
from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import PageQuery, cursor_after, key_before
from motorpool.errors import InvalidParameters, NoPermission, UserNotFound
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import DevicesAnswer


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound))
def handler(user_id: str, query: PageQuery, caller: Caller) -> DevicesAnswer:
    name = f"devices of {user_id}"
    after = key_before(query.cursor, name, caller)
    users.get(user_id, visible_to=caller)
    found, last = devices.of_user(user_id, limit=query.limit, after=after)
    return DevicesAnswer.of(found, cursor_after(last, name, caller))
