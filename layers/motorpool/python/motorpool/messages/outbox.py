"""The outbox relay: sends the message of each new outbox entry to the transfer queue.

An outbox entry is written in the transaction of its transfer, so that no accepted transfer stays
without a message. An entry may be relayed more than once; applying a transfer is idempotent.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from motorpool import budget, telemetry
from motorpool.messages import queues


@budget.of_one_request()
def relay(entries: Iterable[tuple[str, Mapping[str, Any]]], function: str) -> str | None:
    """Send each new outbox entry's message, in the stream's order.

    `entries`: sequence numbers and items. Stops at the first one that cannot be sent and returns
    its sequence number, from which the stream delivers again; None when all are sent.
    """
    for sequence, entry in entries:
        relayed = telemetry.Message(function, sequence)
        try:
            send(entry["transferId"], entry["vehicleId"], entry["partnerId"])
        except Exception as fault:
            relayed.handled(fault)
            return sequence
        relayed.handled()
    return None


def send(transfer_id: str, vehicle_id: str, partner_id: str) -> None:
    """Send a transfer's message in its partner's group: no partner's backlog delays another's."""
    message = {"transfer_id": transfer_id, "vehicle_id": vehicle_id}
    queues.send_transfer(json.dumps(message), group=partner_id)
