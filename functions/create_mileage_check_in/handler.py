"""POST /vehicles/checkin/mileage: a driver's reading, with photos of the plate and the odometer.

200 the check-in, Pending · 400 wrong parameters · 403 outside the client's organizations, or the
vehicle is deactivated · 404 no such vehicle, or nobody owns it · 409 its first plate is taken ·
500 the documented refusals, in the documented order
"""

from motorpool import errors, uploads
from motorpool.callers import Caller
from motorpool.checkins import CheckIn, CreateMileageCheckIn, MileageCheckInAnswer
from motorpool.endpoint import Change, endpoint
from motorpool.public_url import PublicUrl
from motorpool.store import checkins


@endpoint(
    raises=(
        errors.InvalidParameters,
        errors.LicensePhotoRequired,
        errors.OdometerPhotoRequired,
        errors.OnlyOnePhoto,
        errors.VehicleNotFound,
        errors.NoPermission,
        errors.VehicleIsNotActive,
        errors.UserNotFound,
        errors.LicensePlateMismatch,
        errors.VehicleAlreadyExists,
        errors.PhotoNotOwnedByUser,
        errors.CheckInIsLocked,
        errors.MileageTooLow,
    )
)
def handler(
    request: CreateMileageCheckIn, caller: Caller, here: PublicUrl
) -> Change[MileageCheckInAnswer]:
    found = checkins.gathered(request, caller)
    photos = uploads.uploaded(found.photos)
    vehicle = found.vehicle_seen_by(caller)
    check_in, after = CheckIn.made(
        request, vehicle, photos, cadence=found.cadence, plate_is_taken=found.plate_is_taken
    )
    return Change(
        MileageCheckInAnswer.of(check_in, here), checkins.add(check_in, vehicle, after, photos)
    )
