"""POST /users: a new user of one of the client's organizations.

200 the user · 400 wrong parameters · 403 the organization is outside the client's · 404 no such
organization · 409 the phone is taken
"""

from motorpool.callers import Caller
from motorpool.endpoint import Change, endpoint
from motorpool.errors import (
    InvalidParameters,
    NoPermission,
    OrganizationNotFound,
    UserAlreadyExists,
)
from motorpool.store import organizations, users
from motorpool.users import CreateUser, User, UserAnswer


@endpoint(raises=(InvalidParameters, NoPermission, OrganizationNotFound, UserAlreadyExists))
def handler(request: CreateUser, caller: Caller) -> Change[UserAnswer]:
    organization_id = request.organization_id or caller.org_id
    if organization_id is None:
        raise InvalidParameters(("organizationId", "required: the client is of no organization"))
    organization = organizations.get(organization_id, seen_by=caller)
    user = User.enrolled(request, organization)
    return Change(UserAnswer.of(user), users.add(user))
