"""Applies accepted transfers: the work of the transfer queue's consumer.

A message may come late, more than once, or after its transfer has ended. A transfer that is no
longer `accepted` is not changed. One transaction changes transfer and vehicle, with its history.
"""

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, ConfigDict, Field

from motorpool import budget, telemetry
from motorpool.access.callers import Actor
from motorpool.checkins import store as checkins
from motorpool.dynamodb import table
from motorpool.dynamodb.table import TransactItem, VersionConflict
from motorpool.errors import Unavailable
from motorpool.tenants import user_store as users
from motorpool.transfers import store as transfers
from motorpool.transfers.model import Transfer
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle


class TransferMessage(BaseModel):
    """A message of the transfer queue."""

    model_config = ConfigDict(strict=True, frozen=True)

    transfer_id: str = Field(pattern=r"^trf_[0-9a-f]{32}$")
    vehicle_id: str = Field(pattern=r"^veh_[0-9a-f]{32}$")


class UnknownTransfer(Exception):
    """The message's transfer does not exist. Such a message ends in the dead-letter queue."""


def apply(message: TransferMessage) -> None:
    """Complete the transfer, or close it as failed when it cannot succeed; no-op if it has ended.

    Raises UnknownTransfer, and Unavailable when conflicting changes use up all attempts.
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
        except VersionConflict:
            continue
        _measure(after)
        return
    raise Unavailable


def _decided(
    transfer: Transfer, vehicle: Vehicle | None
) -> tuple[Transfer, tuple[TransactItem, ...]]:
    """The completed or failed transfer, and its writes."""
    new_user = users.find(transfer.new_user_id) if transfer.new_user_id else None
    ended, after = transfer.ended(vehicle, new_user)
    writes: tuple[TransactItem, ...] = (transfers.replaced(transfer, ended),)
    if vehicle and after:
        if ended.transfer_status == "completed":
            after = checkins.readings_of(vehicle).handed_over().in_vehicle(after)
        worker = Actor("worker", transfer.id)
        writes += vehicles.recorded(vehicle, after, ended.event(), by=worker)
    return ended, writes


def _measure(transfer: Transfer) -> None:
    """Write the metric of the transfer's freshness, or of its failure."""
    if transfer.freshness_ms is not None:
        telemetry.measured("TransferFreshness", transfer.freshness_ms, MetricUnit.Milliseconds)
    else:
        telemetry.measured("FailedTransfers", 1, MetricUnit.Count)
