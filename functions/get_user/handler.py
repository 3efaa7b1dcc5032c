"""GET /users/{userId}: get a user.

200 the user · 403 the user is outside the client's organizations · 404 no such user
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.errors import NoPermission, UserNotFound
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import UserAnswer


@endpoint(raises=(NoPermission, UserNotFound))
def handler(user_id: str, caller: Caller) -> UserAnswer:
    return UserAnswer.of(users.get(user_id, visible_to=caller))
