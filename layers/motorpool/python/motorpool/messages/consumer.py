"""@consumer: turns a function of one message into a handler of a queue's batches.

@consumer_of_groups: the same for a function of several messages.

A message that fails is delivered again after 2 to 20 s; the rest of its batch is not. A message
that keeps failing goes to the dead-letter queue, which has an alarm; one that cannot be parsed goes
there at once. If the function itself ends, its messages come again after the queue's visibility
timeout.
"""

import json
import time
from collections.abc import Callable, Iterator
from random import SystemRandom
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes import SQSEvent
from pydantic import BaseModel

from motorpool import aws, budget, telemetry
from motorpool.errors import Unavailable
from motorpool.messages import queues
from motorpool.messages.rules import Message
from motorpool.pings import answers_pings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Seconds. Random (full jitter), so that messages that failed together do not come again together.
SHORTEST_PAUSE = 2
LONGEST_PAUSE = 20

_random = SystemRandom()


def consumer(
    handle: Callable[[Any], None],
) -> "Callable[[dict[str, Any], LambdaContext], PartialItemFailureResponse]":
    """Make a function of one message the handler of a queue's batches.

    The message is parsed as the model that the argument is annotated with, or else as JSON.
    """
    [kind] = [hint for name, hint in get_type_hints(handle).items() if name != "return"]
    read = (
        kind.model_validate_json
        if isinstance(kind, type) and issubclass(kind, BaseModel)
        else json.loads
    )
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    @answers_pings
    def handler(event: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
        function = telemetry.function_of(context)
        began = time.monotonic()

        def one(record: "SQSRecord") -> None:
            received = telemetry.Message(function, record.message_id)
            with budget.of_one_request(began=began) as left:
                try:
                    if left.is_spent:
                        raise Unavailable
                    _handle(record, read, handle, received)
                except Exception as fault:
                    received.handled(fault)
                    _deliver_again_soon(record)
                    raise

        return process_partial_response(event, one, processor, context)

    return handler


def consumer_of_groups(
    handle: Callable[[list[Any]], None],
) -> "Callable[[dict[str, Any], LambdaContext], dict[str, Any]]":
    """Make a function of several messages the handler of a queue's batches.

    It is called with all messages of a batch that are of one message group; when it fails, they
    all come again. Messages are parsed as the model that the list is annotated with.
    """
    [kinds] = [hint for name, hint in get_type_hints(handle).items() if name != "return"]
    [kind] = get_args(kinds)

    @answers_pings
    def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
        function = telemetry.function_of(context)
        began = time.monotonic()
        groups: dict[str | None, list[SQSRecord]] = {}
        for record in SQSEvent(event).records:
            groups.setdefault(record.attributes.message_group_id, []).append(record)
        failed: list[SQSRecord] = []
        for records in groups.values():
            received = telemetry.Message(function, records[0].message_id)
            with budget.of_one_request(began=began) as left:
                try:
                    if left.is_spent:
                        raise Unavailable
                    if messages := list(_read(records, kind.model_validate_json, received)):
                        handle(messages)
                        received.handled()
                except Exception as fault:
                    received.handled(fault)
                    failed += records
        for record in failed:
            _deliver_again_soon(record)
        return {"batchItemFailures": [{"itemIdentifier": each.message_id} for each in failed]}

    return handler


def _read(
    records: "list[SQSRecord]", read: Callable[[str], Any], received: telemetry.Message
) -> Iterator[Any]:
    """The messages; those that cannot be parsed go to the dead-letter queue."""
    for record in records:
        try:
            yield read(record.body)
        except ValueError as malformed:
            queues.send_to_dead_letters(_message_of(record))
            received.handled(malformed)


def _deliver_again_soon(record: "SQSRecord") -> None:
    """Shorten the time that the failed message stays hidden, if SQS accepts it."""
    deliveries = int(record.attributes.approximate_receive_count or 1)
    try:
        queues.hide(record.receipt_handle, seconds=_pause_after(deliveries))
    except aws.FAULTS as fault:
        # Not a failure of its own: the message comes again, only later.
        telemetry.noted("hidden for long", fault, message_id=record.message_id)


def _pause_after(deliveries: int) -> int:
    """Seconds until the next delivery: 2 to 4 after the first one, 2 to 20 after the fourth."""
    # No exponent above 4, because a count can be large.
    return _random.randint(SHORTEST_PAUSE, min(LONGEST_PAUSE, 2 ** (min(deliveries, 4) + 1)))


def _message_of(record: "SQSRecord") -> Message:
    return Message(record.body, record.attributes.message_group_id)


def _handle(
    record: "SQSRecord",
    read: Callable[[str], Any],
    handle: Callable[[Any], None],
    received: telemetry.Message,
) -> None:
    try:
        message = read(record.body)
    except ValueError as malformed:
        queues.send_to_dead_letters(_message_of(record))
        received.handled(malformed)
        return
    handle(message)
    received.handled()
