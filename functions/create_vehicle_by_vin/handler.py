"""POST /vehicles/create/by-vin: create a vehicle, checking its VIN.

The VIN is decoded offline with NHTSA's vPIC data. `make`, `model` and `year` must agree with the
decoded vehicle; `year` may be the year before the model year. A license plate without a `state` is
of the user's state. The vehicle belongs to the user, and to the user's organization.

200 the vehicle · 400 invalid parameters: the VIN is malformed, has a wrong check digit or is
unknown, or make, model or year differ from the decoded ones (the message names those) · 403 the
user is outside the client's organizations · 404 no such user · 409 another active vehicle of the
partner has the VIN, the license plate in that state, or the externalId
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.errors import InvalidParameters, NoPermission, UserNotFound, VehicleAlreadyExists
from motorpool.snapshot import before_snapshot
from motorpool.tenants import user_store as users
from motorpool.vehicles import store as vehicles
from motorpool.vehicles import vin
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.partner_api import CreateVehicleByVin, VehicleAnswer

before_snapshot(vin.load_database)


@endpoint(raises=(InvalidParameters, NoPermission, UserNotFound, VehicleAlreadyExists))
def handler(request: CreateVehicleByVin, caller: Caller) -> Result[VehicleAnswer]:
    decoded = vin.decode(request.vin)
    decoded.ensure_matches(make=request.make, model=request.model, year=request.year)
    owner = users.get(request.user_id, visible_to=caller)
    vehicle = Vehicle.create(
        decoded,
        owner,
        make=request.make,
        model=request.model,
        plate=request.license_plate,
        state=request.state,
        external_id=request.external_id,
        metadata=request.metadata,
    )
    return Result(VehicleAnswer.of(vehicle), vehicles.add(vehicle, by=caller.actor))
