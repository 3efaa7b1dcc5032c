"""PUT /vehicles/checkin/mileage/{id}: a new reading and new photos for a check-in on hold.

200 the check-in, Pending again · 400 wrong parameters · 403 outside the client's organizations, or
the vehicle is deactivated · 404 no such check-in, or nobody owns the vehicle · 409 it is confirmed
or declined · 500 as when creating one; locked while it is Pending
"""

from motorpool import errors, uploads
from motorpool.callers import Caller
from motorpool.checkins import MileageCheckInAnswer, UpdateMileageCheckIn
from motorpool.endpoint import Change, endpoint
from motorpool.public_url import PublicUrl
from motorpool.store import checkins


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
) -> Change[MileageCheckInAnswer]:
    check_in, vehicle, pair = checkins.get(id, seen_by=caller, with_photos=request)
    photos = uploads.uploaded(pair)
    amended, after = check_in.amended(request, vehicle, photos)
    return Change(
        MileageCheckInAnswer.of(amended, here),
        checkins.changed(check_in, amended, vehicle, after, photos),
    )
