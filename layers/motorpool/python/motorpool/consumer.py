"""@consumer: a function that reads a queue, one message at a time.

A message whose handling fails is handed out again while the rest of its batch is done; what keeps
failing ends in the queue's dead-letter queue, where an alarm watches. What cannot even be read goes
there at once: it will not become legible.
"""

import json
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import BaseModel

from motorpool import queues, telemetry

Handler = Callable[[dict[str, Any], Any], Any]


def consumer(handle: Callable[[Any], None]) -> Handler:
    """Make a function of one message the handler of a queue's batches.

    The message is the model that the function's argument is, or any JSON.
    """
    [kind] = [hint for name, hint in get_type_hints(handle).items() if name != "return"]
    read = (
        kind.model_validate_json
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        else json.loads
    )

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        name = context.function_name.removeprefix("motorpool-")
        failed = []
        for record in event["Records"]:
            received = telemetry.Message(name, record["messageId"])
            try:
                message = read(record["body"])
            except ValueError as illegible:
                queues.bury(record["body"])
                received.handled(illegible)
                continue
            try:
                handle(message)
            except Exception as fault:
                failed.append({"itemIdentifier": record["messageId"]})
                received.handled(fault)
            else:
                received.handled()
        return {"batchItemFailures": failed}

    return handler
