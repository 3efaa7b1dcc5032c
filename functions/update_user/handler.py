"""PUT /users/{userId}: update a user's name, phone number, email address or address.

Fields that are missing from the request stay as they are. A new phone number is also the
`customerPhoneNumber` of the user's vehicles, which have it at once, and the old one is free.

200 the user · 400 invalid parameters, or the phone number of a user who has more than 40 vehicles ·
403 the user is outside the client's organizations · 404 no such user · 409 another user of the
partner has the phone number
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import InvalidParameters, NoPermission, UserAlreadyExists, UserNotFound
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import UpdateUser, UserAnswer
from motorpool.vehicles import store as vehicles


@endpoint(
    raises=(InvalidParameters, NoPermission, UserNotFound, UserAlreadyExists), idempotent=True
)
def handler(user_id: str, request: UpdateUser, caller: Caller) -> Result[UserAnswer]:
    user = users.get(user_id, visible_to=caller)
    after = user.updated_with(request.changes())
    writes = users.changed(user, after, by=caller.actor)
    if after.phone != user.phone:
        writes += vehicles.with_phone_of(after, by=caller.actor)
    return Result(UserAnswer.of(after), writes)
