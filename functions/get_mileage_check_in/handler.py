"""GET /vehicles/checkin/mileage/{id}: get a mileage check-in.

A client that sees the vehicle's owner, but not the organization that made the check-in, gets its
mileage, date and status.

200 the check-in · 403 both organizations are outside the client's organizations · 404 no such
check-in
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.partner_api import MileageCheckInAnswer
from motorpool.errors import CheckInNotFound, NoPermission


@endpoint(raises=(CheckInNotFound, NoPermission))
def handler(id: str, caller: Caller, here: PublicUrl) -> MileageCheckInAnswer:
    check_in, _, _ = checkins.get(id, visible_to=caller, of_vehicles=True)
    return MileageCheckInAnswer.seen_by(caller, check_in, here)
