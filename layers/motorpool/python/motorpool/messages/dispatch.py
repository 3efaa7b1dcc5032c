"""The dispatcher: sorts a batch of the table's stream into messages, and sends them to the queues.

A record that cannot be read goes whole to the dead-letter queue of the stream, because it would
hold up all later ones. A message that cannot be sent is reported by its record: the stream delivers
that record and the later ones again. So a message may be sent twice, and consumers are idempotent.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from motorpool import aws, budget, telemetry
from motorpool.dynamodb import stream
from motorpool.messages import queues, rules
from motorpool.messages.rules import Message, Rule
from motorpool.pings import answers_pings
from motorpool.priming import prime

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Record = Mapping[str, Any]


@dataclass(slots=True)
class _Sorted:
    """A record's messages, each with the URL of its queue, and what was wrong with the record."""

    received: telemetry.Message
    messages: list[tuple[str, Message]] = field(default_factory=list)
    illegible: Exception | None = None


@answers_pings
@budget.of_one_request()
def dispatch(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """The handler of the stream's batches; answers which record is the first to be told again."""
    function, told = telemetry.function_of(context), rules.from_text(os.environ[rules.VARIABLE])
    batch = [_sorted(record, function, told) for record in event["Records"]]
    sent, fault = _sent(batch)
    for record in batch[:sent]:
        if record.messages:
            record.received.handled(record.illegible)
    if fault is None:
        return {"batchItemFailures": []}
    batch[sent].received.handled(fault)
    failed = event["Records"][sent]["dynamodb"]["SequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": failed}]}


def _sorted(record: Record, function: str, told: tuple[Rule, ...]) -> _Sorted:
    done = _Sorted(telemetry.Message(function, record["dynamodb"]["SequenceNumber"]))
    try:
        change = stream.change_of(record)
        for rule in told if change else ():
            if change and (message := rule.message_about(change)):
                queues.check_size(message.body)
                done.messages.append((queues.url_of(rule.queue), message))
    except stream.ILLEGIBLE as fault:
        done.illegible = fault
        done.messages = [(queues.dead_letters(), Message(_whole(record)))]
    return done


def _whole(record: Record) -> str:
    """The record as a message; without its image, when that is more than a message may have."""
    body = json.dumps(record)
    try:
        queues.check_size(body)
    except ValueError:
        without = {name: v for name, v in record["dynamodb"].items() if name != "NewImage"}
        return json.dumps({**record, "dynamodb": without})
    return body


def _sent(batch: list[_Sorted]) -> tuple[int, Exception | None]:
    """Send the messages; before which record all are sent, and why not those of that record.

    Some of later records may be sent too.
    """
    first, reason = len(batch), None
    of_queue: dict[str, list[tuple[int, Message]]] = {}
    for place, record in enumerate(batch):
        for queue, message in record.messages:
            of_queue.setdefault(queue, []).append((place, message))
    for queue, messages in of_queue.items():
        for some in queues.batches(messages, body=lambda placed: placed[1].body):
            if some[0][0] >= first:
                # It comes again anyway, and so do the later ones.
                break
            for place, fault in _failed(queue, some):
                if place < first:
                    first, reason = place, fault
    return first, reason


def _failed(queue: str, some: list[tuple[int, Message]]) -> Iterator[tuple[int, Exception]]:
    try:
        refused = queues.send_batch(queue, [message for _, message in some])
    except Exception as fault:
        yield some[0][0], fault
        return
    for number, code in refused.items():
        yield some[number][0], queues.NotSent(code)


prime(
    aws.sqs,
    rules.VARIABLE,
    send_message_batch={
        "QueueUrl": "https://any",
        "Entries": [{"Id": "0", "MessageBody": "any", "MessageGroupId": "any"}],
    },
)
