"""POST /vehicle-suppliers/vehicles/{vehicle_id}/transfer: a vehicle to another organization.

200 accepted: the vehicle as it will be (also when this transfer was accepted before, or is done)
· 400 wrong parameters · 404 no such vehicle or organization, also of another supplier type or
outside the client's subtree; the new user is no user of the new owner · 422 a driver is assigned,
or another transfer is pending · 429 over 1800 requests in an hour · 503 a dependency fails; the
transfer is accepted whole or not at all
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
    if standing := context_of_transfer.standing:
        answer = TransferredVehicle.standing(context_of_transfer, standing)
        return Result(answer, headers=answer.location(here))
    transfer, reserved = context_of_transfer.accepted()
    answer = TransferredVehicle.accepted(reserved, transfer)
    writes = transfers.add(transfer, context_of_transfer.vehicle, reserved)
    return Result(answer, writes, answer.location(here))
