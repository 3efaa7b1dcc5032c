"""Reads the table's stream: sends each new outbox entry's message to the transfer queue, in order.

A record that cannot be read goes to the dead-letter queue. After the first message that cannot be
sent it stops, and the stream delivers that record and the later ones again.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

from motorpool import telemetry
from motorpool.dynamodb import keys, stream
from motorpool.messages.outbox import relay

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

new_entry = partial(stream.new_item, key_prefix=keys.OUTBOX)


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    unsent = relay(event["Records"], telemetry.function_of(context), entry_of=new_entry)
    return {"batchItemFailures": [{"itemIdentifier": unsent}] if unsent else []}
