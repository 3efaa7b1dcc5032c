"""GET /checkins/mileage: list the mileage check-ins that await review, oldest first.

A page can have fewer than `limit` check-ins, even none, and still not be the last: read on as long
as `nextCursor` is not null.

200 a page of check-ins · 400 invalid parameters · 403 the client does not have the scope
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
    after = key_before(query.cursor, name, caller)
    found, last = checkins.for_review(caller, query.status, limit=query.limit, after=after)
    return CheckInsAnswer.of(found, here, cursor_after(last, name, caller))
