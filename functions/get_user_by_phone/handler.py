"""GET /users/by-phone/{phone}: get the user who has a phone number.

200 the user · 403 the user is outside the client's organizations · 404 no such user
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.errors import NoPermission, UserNotFound
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import UserAnswer


@endpoint(raises=(NoPermission, UserNotFound))
def handler(phone: str, caller: Caller) -> UserAnswer:
    return UserAnswer.of(users.get_by_phone(phone, visible_to=caller))
