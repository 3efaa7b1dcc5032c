"""POST /vehicle-suppliers/vehicles/{vehicle_id}/transfer: a vehicle to another organization.

200 accepted: the vehicle as it will be (also when this transfer was accepted before, or is done)
· 400 wrong parameters · 404 no such vehicle or organization, also of another supplier type or
outside the client's subtree; the new user is no user of the new owner · 422 a driver is assigned,
or another transfer is pending · 429 over 1800 requests in an hour · 503 a dependency fails; the
transfer is accepted whole or not at all
"""

from motorpool.callers import Caller
from motorpool.endpoint import Change, endpoint
from motorpool.errors import (
    InvalidParameters,
    OrganizationNotFound,
    RateLimited,
    TransferInProgress,
    TransferOfAssignedVehicle,
    UserNotFound,
    VehicleNotFound,
)
from motorpool.public_url import PublicUrl
from motorpool.store import transfers
from motorpool.transfers import Transfer, TransferredVehicle, TransferVehicle, must_be_possible


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
) -> Change[TransferredVehicle]:
    parties = transfers.parties(vehicle_id, request, caller)
    vehicle, new_owner = parties.vehicle, parties.new_owner
    if before := TransferredVehicle.already(vehicle, new_owner):
        return Change(before, headers=before.location(here))
    must_be_possible(vehicle, new_owner)
    transfer, reserved = Transfer.accepted(vehicle, new_owner, parties.new_user)
    answer = TransferredVehicle.accepted(reserved, transfer)
    return Change(answer, transfers.add(transfer, vehicle, reserved), answer.location(here))
