"""Applying accepted transfers: what the transfer queue's consumer does with a message.

A message may come twice, late, or after the transfer was given up: a transfer that is not
`accepted` any more is left alone, and the transaction changes transfer, vehicle and custody
together or not at all.
"""

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict, Field

from motorpool import budget, telemetry
from motorpool.errors import Unavailable
from motorpool.store import checkins, table, transfers, users, vehicles
from motorpool.store.table import Stale, Write
from motorpool.transfers import Transfer
from motorpool.vehicles import Vehicle


class TransferMessage(BaseModel):
    """A message of the transfer queue."""

    model_config = ConfigDict(strict=True, frozen=True)

    transfer_id: str = Field(pattern=r"^trf_[0-9a-f]{32}$")
    vehicle_id: str = Field(pattern=r"^veh_[0-9a-f]{32}$")


class UnknownTransfer(Exception):
    """A message about a transfer that the table does not know: it ends in the dead-letter queue."""


def apply(message: TransferMessage) -> None:
    """Complete the transfer, or close it as failed when it cannot succeed; nothing if it is closed.

    Raises UnknownTransfer, and Unavailable when transfer or vehicle keep changing.
    """
    for _ in budget.tries():
        found = transfers.applicable(message.transfer_id, message.vehicle_id)
        if found.transfer is None:
            raise UnknownTransfer
        if found.transfer.transfer_status != "accepted":
            return
        after, writes = _decided(found.transfer, found.vehicle)
        try:
            table.transact(*writes)
        except Stale:
            continue
        _measure(after)
        return
    raise Unavailable


def _decided(transfer: Transfer, vehicle: Vehicle | None) -> tuple[Transfer, tuple[Write, ...]]:
    """The transfer as it ends, and the writes that end it."""
    if vehicle is None or vehicle.pending_transfer_id != transfer.id:
        return _failed(transfer, vehicle, "The vehicle is not reserved for this transfer")
    new_user = users.find(transfer.new_user_id) if transfer.new_user_id else None
    if transfer.new_user_id and (new_user is None or new_user.org_id != transfer.to_owner_id):
        return _failed(transfer, vehicle, "The new user is not one of the new owner's")
    done, moved, custody = transfer.completed(vehicle, new_user)
    return done, (
        *vehicles.changed(vehicle, moved),
        transfers.replaced(transfer, done),
        transfers.custody_begun(custody),
        *checkins.moved_with(moved),
    )


def _failed(
    transfer: Transfer, vehicle: Vehicle | None, because: str
) -> tuple[Transfer, tuple[Write, ...]]:
    failed, released = transfer.failed(because, vehicle)
    writes = vehicles.changed(vehicle, released) if vehicle and released else ()
    return failed, (*writes, transfers.replaced(transfer, failed))


def _measure(transfer: Transfer) -> None:
    """Freshness as a distribution, and failures, for the dashboard and the alarms."""
    if transfer.freshness_ms is not None:
        telemetry.measured("TransferFreshness", transfer.freshness_ms, MetricUnit.Milliseconds)
    else:
        telemetry.measured("FailedTransfers", 1, MetricUnit.Count)
