"""PUT /vehicles/checkin/mileage/{id}: amend a mileage check-in that is on hold.

The new mileage and the two new photos replace those of the check-in, which is `Pending` again.

200 the check-in, `Pending` · 400 invalid parameters · 403 the organization that made the check-in
is outside the client's organizations, or the vehicle is deactivated · 404 no such check-in, or the
vehicle has no user · 409 the check-in is `Confirmed` or `Declined`, or the vehicle was transferred
since · 500 a rule of the check-in is broken: the `error_code` says which one;
`ERROR_CHECKIN_IS_LOCKED` when it is `Pending`
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
    photos = pair.uploaded_by(check_in.ensure_amendable(vehicle))
    amended, after = check_in.amended(request.mileage, vehicle, photos)
    writes = checkins.changed(check_in, amended, vehicle, after, photos, by=caller.actor)
    return Result(MileageCheckInAnswer.of(amended, here), writes)
