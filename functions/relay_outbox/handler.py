"""The table's stream: each new outbox entry becomes a message of the transfer queue.

A record that could not be relayed is handed out again, with those after it.
"""

from typing import Any

from motorpool.relay import relay


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    unsent = relay(event["Records"], context.function_name.removeprefix("motorpool-"))
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in unsent]}
