"""Reads the table's stream: sends each new outbox entry's message to the transfer queue, in order.

After the first failure it stops, and the stream delivers that entry and the later ones again.
"""

from typing import TYPE_CHECKING, Any

from motorpool import telemetry
from motorpool.dynamodb import keys, stream
from motorpool.messages.outbox import relay
from motorpool.pings import answers_pings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@answers_pings
def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    entries = stream.new_items(event["Records"], key_prefix=keys.OUTBOX)
    unsent = relay(entries, telemetry.function_of(context))
    return {"batchItemFailures": [{"itemIdentifier": unsent}] if unsent else []}
