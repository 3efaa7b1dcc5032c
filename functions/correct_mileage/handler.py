"""POST /vehicles/{vehicleId}/mileage/correction: correct a mileage that was confirmed wrongly.

The next check-in must equal or exceed the corrected mileage, whatever was checked in before. The
check-ins stay as they were reviewed; the vehicle's history has the correction and who did it.

200 the correction · 400 invalid parameters · 403 the vehicle is outside the client's organizations,
or the client does not have the scope · 404 no such vehicle
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.checkins import store as checkins
from motorpool.checkins.corrections import Correction
from motorpool.checkins.partner_api import CorrectMileage, MileageCorrection
from motorpool.errors import InvalidParameters, NoPermission, VehicleNotFound
from motorpool.vehicles import store as vehicles


@endpoint(raises=(InvalidParameters, NoPermission, VehicleNotFound))
def handler(vehicle_id: str, request: CorrectMileage, caller: Caller) -> Result[MileageCorrection]:
    vehicle = vehicles.get(vehicle_id, visible_to=caller)
    correction = Correction(vehicle, checkins.readings_of(vehicle), request.mileage, request.reason)
    after = correction.corrected
    writes = vehicles.recorded(vehicle, after, correction.event_of(after), by=caller.actor)
    return Result(MileageCorrection.of(after, request), writes)
