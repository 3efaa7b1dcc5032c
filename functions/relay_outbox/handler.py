"""Reads the table's stream: sends each new outbox entry's message to the transfer queue, in order.

A record that cannot be read goes to the dead-letter queue. After the first message that cannot be
sent it stops, and the stream delivers that record and the later ones again.
"""

from collections.abc import Mapping
from typing import Any

from motorpool.dynamodb import keys, stream
from motorpool.messages import outbox
from motorpool.messages.outbox import OutboxEntry
from motorpool.messages.stream_reader import stream_reader


def new_entry(record: Mapping[str, Any]) -> OutboxEntry | None:
    item = stream.new_item(record, key_prefix=keys.OUTBOX)
    return None if item is None else OutboxEntry.model_validate(item)


@stream_reader(new_entry)
def handler(entry: OutboxEntry) -> None:
    outbox.send(entry.transfer_id, entry.vehicle_id, entry.partner_id)
