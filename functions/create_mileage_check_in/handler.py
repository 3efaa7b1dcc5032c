"""POST /vehicles/checkin/mileage: a driver's reading, with photos of the plate and the odometer.

200 the check-in, Pending · 400 wrong parameters · 403 outside the client's organizations, or the
vehicle is deactivated · 404 no such vehicle, or nobody owns it · 409 its first plate is taken ·
500 the documented refusals, in the documented order
"""

from motorpool import errors
from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn
from motorpool.checkins.partner_api import CreateMileageCheckIn, MileageCheckInAnswer


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
) -> Result[MileageCheckInAnswer]:
    plate, state = request.license_plate, request.state
    found = checkins.context_of(
        request.vehicle_id, request.photo_ids(), plate=plate, state=state, caller=caller
    )
    photos = found.photos.uploaded()
    vehicle = found.vehicle_visible_to(caller)
    check_in, after = CheckIn.create(
        vehicle,
        photos,
        plate=plate,
        state=state,
        mileage=request.mileage,
        cadence=found.cadence,
        plate_is_taken=found.plate_is_taken,
    )
    return Result(
        MileageCheckInAnswer.of(check_in, here), checkins.add(check_in, vehicle, after, photos)
    )
