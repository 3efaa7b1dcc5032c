"""POST /vehicle-suppliers/vehicles/{vehicle_id}/transfer: transfer a vehicle to an organization.

An accepted transfer has passed every check and reserves the vehicle; reads show the new owner
within 2 minutes, usually seconds. Repeating the transfer to the same owner, pending or completed,
answers 200 and starts no other transfer. If it names another `new_user_id`, that user owns the
vehicle from then on; while the transfer is pending, this is refused with 422.

200 the vehicle as it will be after the transfer · 400 invalid parameters · 404 no such vehicle or
organization, outside the client's organizations, or the organization is of another supplier type;
`new_user_id` is not a user of the new owner · 422 a driver is assigned, or a transfer to another
owner or user is pending · 429 over 1800 requests in the hour · 503 a dependency failed: the
transfer was either accepted or not started, and a repeat is safe
"""

from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.api.public_url import PublicUrl
from motorpool.errors import (
    InvalidParameters,
    OrganizationNotFound,
    RateLimited,
    TransferInProgress,
    TransferOfAssignedVehicle,
    UserNotFound,
    VehicleNotFound,
)
from motorpool.transfers import store as transfers
from motorpool.transfers.supplier_api import TransferredVehicle, TransferVehicle
from motorpool.vehicles import store as vehicles


@endpoint(
    raises=(
        InvalidParameters,
        VehicleNotFound,
        OrganizationNotFound,
        UserNotFound,
        TransferOfAssignedVehicle,
        TransferInProgress,
        RateLimited,
    ),
    headers=("Location",),
    idempotent=True,
)
def handler(
    vehicle_id: str, request: TransferVehicle, caller: Caller, here: PublicUrl
) -> Result[TransferredVehicle]:
    context_of_transfer = transfers.context_of_transfer(
        vehicle_id, request.new_owner_id, request.new_user_id, caller=caller
    )
    vehicle = context_of_transfer.vehicle
    if standing := context_of_transfer.standing:
        after = context_of_transfer.repeated()
        answer = TransferredVehicle.standing(context_of_transfer, standing)
        writes = vehicles.changed(vehicle, after, "vehicle.updated", by=caller.actor)
        return Result(answer, writes, answer.location(here))
    transfer, reserved = context_of_transfer.accepted()
    answer = TransferredVehicle.accepted(reserved, transfer)
    writes = transfers.add(transfer, vehicle, reserved, by=caller.actor)
    return Result(answer, writes, answer.location(here))
