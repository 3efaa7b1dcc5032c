"""GET /vehicle-suppliers/events: list what happened to what the client sees, in the feed's order.

Each change of a vehicle, check-in, transfer, photo or user is an event. An event belongs to the
organization that had the vehicle then, or made the check-in; a transfer's belong to both
organizations. Start without `after`, and go on with the `after` of each answer: no event is left
out and none comes twice. With a filter, or for a client of one organization, an answer may have
fewer events than `limit`, or none, although more follow: `has_more` says it. Events are kept for 90
days.

200 the next events · 400 invalid parameters · 410 events after `after` are no longer kept
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.errors import EventsExpired, InvalidParameters
from motorpool.events import feed
from motorpool.events.supplier_api import SupplierEventsAnswer, SupplierEventsQuery


@endpoint(raises=(InvalidParameters, EventsExpired))
def handler(query: SupplierEventsQuery, caller: Caller, here: PublicUrl) -> SupplierEventsAnswer:
    found = feed.next_events(
        caller,
        after=query.after,
        types=query.type,
        vehicle_id=query.vehicle_id,
        limit=query.limit,
    )
    return SupplierEventsAnswer.of(found, here)
