"""POST /users: create a user in one of the client's organizations.

200 the user · 400 invalid parameters, or `organizationId` is missing and the client has no default
organization · 403 the organization is outside the client's organizations · 404 no such organization
· 409 another user of the partner has the phone number
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import (
    InvalidParameters,
    NoPermission,
    OrganizationNotFound,
    UserAlreadyExists,
)
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import CreateUser, UserAnswer
from motorpool.tenants.users import User


@endpoint(raises=(InvalidParameters, NoPermission, OrganizationNotFound, UserAlreadyExists))
def handler(request: CreateUser, caller: Caller) -> Result[UserAnswer]:
    organization_id = request.organization_id or caller.org_id
    if organization_id is None:
        raise InvalidParameters(
            ("organizationId", "required: the client has no default organization")
        )
    organization = organizations.get(organization_id, visible_to=caller)
    user = User.create(
        organization,
        first_name=request.first_name,
        last_name=request.last_name,
        phone=request.phone,
        email=request.email,
        state=request.address.state,
    )
    return Result(UserAnswer.of(user), users.add(user, by=caller.actor))
