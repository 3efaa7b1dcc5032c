"""GET /users: list the users of the client's organizations.

They come by organization, each organization after the one above it, oldest users first. A page has
`limit` users unless it is the last; only where hundreds of organizations in a row have none can it
have fewer, so look at `nextCursor`.

200 a page of users · 400 invalid parameters
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import PageQuery, cursor_after, key_before
from motorpool.errors import InvalidParameters
from motorpool.tenants import user_store as users
from motorpool.tenants.partner_api import UsersAnswer


@endpoint(raises=(InvalidParameters,))
def handler(query: PageQuery, caller: Caller) -> UsersAnswer:
    after = key_before(query.cursor, "users", caller)
    found, last = users.of_subtree(caller, limit=query.limit, after=after)
    return UsersAnswer.of(found, cursor_after(last, "users", caller))
