"""The outbox: from an entry of it to the transfer's message.

An outbox entry is written in the transaction of its transfer, so that no accepted transfer stays
without a message. An entry may be relayed more than once; applying a transfer is idempotent.
"""

import json

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from motorpool.messages import queues


class OutboxEntry(BaseModel):
    """An outbox entry, as its item has it."""

    model_config = ConfigDict(strict=True, alias_generator=to_camel)

    transfer_id: str
    vehicle_id: str
    # As SQS accepts it as the name of a message group.
    partner_id: str = Field(pattern=r"^[!-~]{1,128}$")


def send(transfer_id: str, vehicle_id: str, partner_id: str) -> None:
    """Send a transfer's message in its partner's group: no partner's backlog delays another's."""
    message = {"transfer_id": transfer_id, "vehicle_id": vehicle_id}
    queues.send_transfer(json.dumps(message), group=partner_id)
