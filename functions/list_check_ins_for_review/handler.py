"""GET /checkins/mileage: list the mileage check-ins that await review, oldest first.

A page has `limit` check-ins unless it is the last.

200 a page of check-ins · 400 invalid parameters · 403 the client does not have the scope
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.pages import cursor_after, key_before
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import queue_store as queues
from motorpool.checkins.partner_api import CheckInsAnswer, ReviewQueueQuery
from motorpool.errors import InvalidParameters


@endpoint(raises=(InvalidParameters,))
def handler(query: ReviewQueueQuery, caller: Caller, here: PublicUrl) -> CheckInsAnswer:
    name = f"check-ins that are {query.status}"
    after = key_before(query.cursor, name, caller)
    found, last = queues.for_review(caller, query.status, limit=query.limit, after=after)
    return CheckInsAnswer.of(found, caller, here, cursor_after(last, name, caller))
