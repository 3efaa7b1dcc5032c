"""GET /vehicles/checkin/mileage/{id}: one check-in.

200 the check-in · 403 outside the client's organizations · 404 no such check-in
"""

from motorpool.callers import Caller
from motorpool.checkins import MileageCheckInAnswer
from motorpool.endpoint import endpoint
from motorpool.errors import CheckInNotFound, NoPermission
from motorpool.public_url import PublicUrl
from motorpool.store import checkins


@endpoint(raises=(CheckInNotFound, NoPermission))
def handler(id: str, caller: Caller, here: PublicUrl) -> MileageCheckInAnswer:
    check_in, _, _ = checkins.get(id, seen_by=caller)
    return MileageCheckInAnswer.of(check_in, here)
