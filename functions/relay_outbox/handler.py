"""The table's stream: each new outbox entry becomes a message of the transfer queue.

They are sent in the stream's order. The first that cannot be sent is handed out again, with those
after it.
"""

from typing import TYPE_CHECKING, Any

from motorpool import telemetry
from motorpool.dynamodb import keys, stream
from motorpool.messages.outbox import relay

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    entries = stream.new_items(event["Records"], key_prefix=keys.OUTBOX)
    unsent = relay(entries, telemetry.function_of(context))
    return {"batchItemFailures": [{"itemIdentifier": unsent}] if unsent else []}
