"""GET /checkins/mileage?status=Pending: the review queue of the client's organizations.

200 a page, oldest first; one may be short without being the last, as long as it has a cursor · 400
wrong parameters · 403 without the scope
"""

from motorpool.callers import Caller
from motorpool.checkins import CheckInsAnswer, ReviewQueueQuery
from motorpool.endpoint import endpoint
from motorpool.errors import InvalidParameters
from motorpool.lists import cursor_after, key_before
from motorpool.public_url import PublicUrl
from motorpool.store import checkins


@endpoint(raises=(InvalidParameters,))
def handler(query: ReviewQueueQuery, caller: Caller, here: PublicUrl) -> CheckInsAnswer:
    name = f"{query.status} of {caller.partner_id} below {caller.org_path}"
    after = key_before(query.cursor, name)
    found, last = checkins.for_review(caller, query.status, limit=query.limit, after=after)
    return CheckInsAnswer.of(found, here, cursor_after(last, name))
