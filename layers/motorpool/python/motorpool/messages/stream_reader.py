"""@stream_reader: a handler of the batches of the table's stream, one record after the other.

A record that cannot be read goes whole to the dead-letter queue, because it would hold up all later
ones. One that fails ends the batch, and the stream delivers it and the later ones again.
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from motorpool import budget, telemetry
from motorpool.messages import queues
from motorpool.pings import answers_pings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Record = Mapping[str, Any]
# What `read` may raise about a record that is not as we write it.
ILLEGIBLE = (ValueError, TypeError, LookupError, AttributeError)


def stream_reader[T](
    read: Callable[[Record], T | None],
) -> "Callable[[Callable[[T], None]], Callable[[dict[str, Any], LambdaContext], dict[str, Any]]]":
    """Make a function of what a record says the handler of a stream's batches.

    `read`: makes its argument from a record; None for a record that is about something else.
    """

    def decorated(
        handle: Callable[[T], None],
    ) -> "Callable[[dict[str, Any], LambdaContext], dict[str, Any]]":
        @answers_pings
        @budget.of_one_request()
        def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
            function = telemetry.function_of(context)
            for record in event["Records"]:
                if not _handled(record, function, read, handle):
                    failed = record["dynamodb"]["SequenceNumber"]
                    return {"batchItemFailures": [{"itemIdentifier": failed}]}
            return {"batchItemFailures": []}

        return handler

    return decorated


def _handled[T](
    record: Record,
    function: str,
    read: Callable[[Record], T | None],
    handle: Callable[[T], None],
) -> bool:
    received = telemetry.Message(function, record["dynamodb"]["SequenceNumber"])
    illegible: Exception | None = None
    try:
        try:
            said = read(record)
        except ILLEGIBLE as fault:
            illegible = fault
            queues.send_to_dead_letters(json.dumps(record))
        else:
            if said is None:
                return True
            handle(said)
    except Exception as fault:
        received.handled(fault)
        return False
    received.handled(illegible)
    return True
