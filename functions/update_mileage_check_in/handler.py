"""PUT /vehicles/checkin/mileage/{id}: a new reading and new photos for a check-in on hold.

200 the check-in, Pending again · 400 wrong parameters · 403 outside the client's organizations, or
the vehicle is deactivated · 404 no such check-in, or nobody owns the vehicle · 409 it is confirmed
or declined · 500 as when creating one; locked while it is Pending
"""

from motorpool import errors
from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.partner_api import MileageCheckInAnswer, UpdateMileageCheckIn


@endpoint(
    raises=(
        errors.InvalidParameters,
        errors.LicensePhotoRequired,
        errors.OdometerPhotoRequired,
        errors.OnlyOnePhoto,
        errors.CheckInNotFound,
        errors.NoPermission,
        errors.CheckInIsFinal,
        errors.VehicleIsNotActive,
        errors.UserNotFound,
        errors.PhotoNotOwnedByUser,
        errors.CheckInIsLocked,
        errors.MileageTooLow,
    )
)
def handler(
    id: str, request: UpdateMileageCheckIn, caller: Caller, here: PublicUrl
) -> Result[MileageCheckInAnswer]:
    check_in, vehicle, pair = checkins.get(id, visible_to=caller, with_photos=request.photo_ids())
    photos = pair.uploaded()
    amended, after = check_in.amended(request.mileage, vehicle, photos)
    return Result(
        MileageCheckInAnswer.of(amended, here),
        checkins.changed(check_in, amended, vehicle, after, photos),
    )
