"""POST /vehicles/checkin/mileage: create a mileage check-in with two photos.

The two photos show the license plate and the odometer. They must have been uploaded by the form of
`POST /photo/upload` for the vehicle's user, and a photo can be used by one check-in only. The new
check-in is `Pending` until a reviewer decides on it. If the vehicle has no license plate yet, the
check-in gives it its first one; without `state`, it is of the state of the vehicle or of its user.

200 the check-in, `Pending` · 400 invalid parameters · 403 the vehicle is outside the client's
organizations, or deactivated · 404 no such vehicle, or it has no user · 409 another active vehicle
has the plate that would be this vehicle's first · 500 a rule of the check-in is broken: the
`error_code` says which one
"""

from motorpool import errors
from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn, plate_for
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
    found = checkins.context_of(
        request.vehicle_id,
        request.photo_ids(),
        plate=request.license_plate,
        state=request.state,
        caller=caller,
    )
    vehicle = found.vehicle_visible_to(caller)
    plate, state = plate_for(
        vehicle, request.license_plate, found.state, is_taken=found.plate_is_taken
    )
    photos = found.photos.uploaded_by(vehicle.user_id)
    check_in, after = CheckIn.create(
        vehicle, photos, plate=plate, state=state, mileage=request.mileage, cadence=found.cadence
    )
    writes = checkins.add(check_in, vehicle, after, photos, by=caller.actor)
    return Result(MileageCheckInAnswer.of(check_in, here), writes)
