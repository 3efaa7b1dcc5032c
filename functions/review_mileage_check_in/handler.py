"""PUT /vehicles/checkin/mileage/{id}/review: confirm, decline or put on hold.

200 the check-in · 400 wrong parameters · 403 outside the client's organizations, or without the
scope · 404 no such check-in · 409 it is confirmed or declined already
"""

from motorpool.callers import Caller
from motorpool.checkins import MileageCheckInAnswer, PhotoPair, ReviewMileageCheckIn
from motorpool.endpoint import Change, endpoint
from motorpool.errors import CheckInIsFinal, CheckInNotFound, InvalidParameters, NoPermission
from motorpool.public_url import PublicUrl
from motorpool.store import checkins


@endpoint(raises=(InvalidParameters, CheckInNotFound, NoPermission, CheckInIsFinal))
def handler(
    id: str, request: ReviewMileageCheckIn, caller: Caller, here: PublicUrl
) -> Change[MileageCheckInAnswer]:
    check_in, vehicle, _ = checkins.get(id, seen_by=caller)
    reviewed, after = check_in.reviewed(request, vehicle)
    return Change(
        MileageCheckInAnswer.of(reviewed, here),
        checkins.changed(check_in, reviewed, vehicle, after, PhotoPair(None, None)),
    )
