"""The relay: from outbox entries, as the table's stream tells of them, to the transfer queue.

There is no dual write: if the transaction of a transfer is there, its outbox entry is, and so will
be its message. An entry may be relayed more than once; applying is idempotent.
"""

import json
from collections.abc import Sequence
from typing import Any

from motorpool import queues, telemetry

OUTBOX = "OUTBOX#"


def relay(records: Sequence[dict[str, Any]], function: str) -> list[str]:
    """Send each new outbox entry's message; the sequence numbers of those that were not sent."""
    unsent = []
    for record in records:
        stream = record["dynamodb"]
        if record["eventName"] != "INSERT" or not stream["Keys"]["pk"]["S"].startswith(OUTBOX):
            continue
        sequence = stream["SequenceNumber"]
        relayed = telemetry.Message(function, sequence)
        entry = stream["NewImage"]
        try:
            send(entry["transferId"]["S"], entry["vehicleId"]["S"], entry["partnerId"]["S"])
        except Exception as fault:
            unsent.append(sequence)
            relayed.handled(fault)
        else:
            relayed.handled()
    return unsent


def send(transfer_id: str, vehicle_id: str, partner_id: str) -> None:
    """Send the message of a transfer, in its partner's group: no backlog delays another's."""
    message = {"transfer_id": transfer_id, "vehicle_id": vehicle_id}
    queues.send_transfer(json.dumps(message), group=partner_id)
