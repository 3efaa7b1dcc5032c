"""The outbox relay: sends the message of each new outbox entry to the transfer queue.

An outbox entry is written in the transaction of its transfer, so that no accepted transfer stays
without a message. An entry may be relayed more than once; applying a transfer is idempotent.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from motorpool import budget, telemetry
from motorpool.messages import queues


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, alias_generator=to_camel)

    transfer_id: str
    vehicle_id: str
    # As SQS accepts it as the name of a message group.
    partner_id: str = Field(pattern=r"^[!-~]{1,128}$")


@budget.of_one_request()
def relay(
    records: Iterable[Mapping[str, Any]],
    function: str,
    *,
    entry_of: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
) -> str | None:
    """Send the message of each new outbox entry among the stream's records, in order.

    `entry_of`: a record's new outbox entry as an item; None for a record of something else.
    A record that cannot be read goes whole to the dead-letter queue, because it would hold up all
    later ones. Stops at the first record that cannot be sent and returns its sequence number, from
    which the stream delivers again; None when all are sent.
    """
    for record in records:
        sequence: str = record["dynamodb"]["SequenceNumber"]
        relayed = telemetry.Message(function, sequence)
        illegible: Exception | None = None
        try:
            try:
                item = entry_of(record)
                entry = None if item is None else _Entry.model_validate(item)
            except (ValueError, TypeError, LookupError, AttributeError) as fault:
                illegible = fault
                queues.send_to_dead_letters(json.dumps(record))
            else:
                if entry is None:
                    continue
                send(entry.transfer_id, entry.vehicle_id, entry.partner_id)
        except Exception as fault:
            relayed.handled(fault)
            return sequence
        relayed.handled(illegible)
    return None


def send(transfer_id: str, vehicle_id: str, partner_id: str) -> None:
    """Send a transfer's message in its partner's group: no partner's backlog delays another's."""
    message = {"transfer_id": transfer_id, "vehicle_id": vehicle_id}
    queues.send_transfer(json.dumps(message), group=partner_id)
