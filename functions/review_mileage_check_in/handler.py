"""PUT /vehicles/checkin/mileage/{id}/review: confirm, decline or put on hold a mileage check-in.

A `Pending` check-in can become `Confirmed`, `Declined` or `OnHold`; one that is `OnHold` can become
`Confirmed` or `Declined`. A declined check-in does not count for the vehicle's mileage any more. A
first license plate that it gave the vehicle is free again, unless the vehicle's plate or owner has
changed since.

200 the check-in · 400 invalid parameters, `adminNote` is missing, or it is `OnHold` already · 403
the organization that made the check-in is outside the client's organizations (also when it does not
own the vehicle any more, it reviews its check-in), or the client does not have the scope · 404 no
such check-in · 409 the check-in is `Confirmed` or `Declined`, which is final
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.partner_api import MileageCheckInAnswer, ReviewMileageCheckIn
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.errors import CheckInIsFinal, CheckInNotFound, InvalidParameters, NoPermission


@endpoint(raises=(InvalidParameters, CheckInNotFound, NoPermission, CheckInIsFinal))
def handler(
    id: str, request: ReviewMileageCheckIn, caller: Caller, here: PublicUrl
) -> Result[MileageCheckInAnswer]:
    check_in, vehicle, _ = checkins.get(id, visible_to=caller)
    reviewed, after = check_in.reviewed(
        request.check_in_status, request.admin_note, vehicle, request.reason_code
    )
    photos = PhotoPair(None, None)
    writes = checkins.changed(check_in, reviewed, vehicle, after, photos, by=caller.actor)
    return Result(MileageCheckInAnswer.of(reviewed, here), writes)
