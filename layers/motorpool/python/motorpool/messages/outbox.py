"""The relay: from outbox entries, as the table's stream tells of them, to the transfer queue.

There is no dual write: if the transaction of a transfer is there, its outbox entry is, and so will
be its message. An entry may be relayed more than once; applying is idempotent.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from motorpool import budget, telemetry
from motorpool.messages import queues


@budget.of_one_request()
def relay(entries: Iterable[tuple[str, Mapping[str, Any]]], function: str) -> str | None:
    """Send each new outbox entry's message, in the stream's order.

    `entries` have their sequence numbers in the stream. Ends at the first that cannot be sent and
    returns its sequence number: the stream hands it out again, with those after it. None when all
    are sent.
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
    """Send the message of a transfer, in its partner's group: no backlog delays another's."""
    message = {"transfer_id": transfer_id, "vehicle_id": vehicle_id}
    queues.send_transfer(json.dumps(message), group=partner_id)
