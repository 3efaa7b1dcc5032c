"""GET /checkins/mileage?status=Pending: the review queue of the client's organizations.

200 a page, oldest first; one may be short without being the last, as long as it has a cursor · 400
wrong parameters · 403 without the scope
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import cursor_after, key_before
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.partner_api import CheckInsAnswer, ReviewQueueQuery
from motorpool.errors import InvalidParameters


@endpoint(raises=(InvalidParameters,))
def handler(query: ReviewQueueQuery, caller: Caller, here: PublicUrl) -> CheckInsAnswer:
    name = f"{query.status} of {caller.partner_id} below {caller.org_path}"
    after = key_before(query.cursor, name)
    found, last = checkins.for_review(caller, query.status, limit=query.limit, after=after)
    return CheckInsAnswer.of(found, here, cursor_after(last, name))
