"""The relay: from outbox entries, as the table's stream tells of them, to the transfer queue.

There is no dual write: if the transaction of a transfer is there, its outbox entry is, and so will
be its message. An entry may be relayed more than once; applying is idempotent.
"""

import json
from collections.abc import Sequence
from typing import Any

from motorpool import budget, queues, telemetry

OUTBOX = "OUTBOX#"


@budget.of_one_request()
def relay(records: Sequence[dict[str, Any]], function: str) -> str | None:
    """Send each new outbox entry's message, in the stream's order.

    Ends at the first that cannot be sent and returns its sequence number: the stream hands it out
    again, with those after it. None when all are sent.
    """
    for record in records:
        stream = record["dynamodb"]
        if record["eventName"] != "INSERT" or not stream["Keys"]["pk"]["S"].startswith(OUTBOX):
            continue
        sequence: str = stream["SequenceNumber"]
        relayed = telemetry.Message(function, sequence)
        entry = stream["NewImage"]
        try:
            send(entry["transferId"]["S"], entry["vehicleId"]["S"], entry["partnerId"]["S"])
        except Exception as fault:
            relayed.handled(fault)
            return sequence
        relayed.handled()
    return None


def send(transfer_id: str, vehicle_id: str, partner_id: str) -> None:
    """Send the message of a transfer, in its partner's group: no backlog delays another's."""
    message = {"transfer_id": transfer_id, "vehicle_id": vehicle_id}
    queues.send_transfer(json.dumps(message), group=partner_id)
