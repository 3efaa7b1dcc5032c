"""`motorpool dead-letters`: what is in the dead-letter queues, and its redrive."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, get_args

import boto3
import typer
from rich.table import Table

from infra.spec import Queue
from motorpool.clock import now_ms
from motorpool.messages import queues
from motorpool.messages.rules import Message
from ops.screen import console, one_line, show
from ops.target import NoTarget

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

app = typer.Typer()

# The table's stream is no queue, so what is in its dead-letter queue cannot be sent again.
SOURCES = (*get_args(Queue), "stream")
# How long messages are hidden from others while they are looked at or sent again.
HIDDEN_SECONDS = 60
# With a wait, SQS asks all its servers for messages; without, only some of them.
WAIT_SECONDS = 1
MOST = 1000


@app.callback(invoke_without_command=True)
def list_dead_letters(context: typer.Context) -> None:
    """List the dead-letter queues: how many messages each has, and how old the oldest is.

    A message's age counts from when it was first sent. Of a queue 1000 messages are looked at.
    """
    if context.invoked_subcommand:
        return
    rows = Table("queue", "messages", "age of the oldest")
    for source in SOURCES:
        count = waiting_in(source)
        rows.add_row(source, str(count), _age(source) if count else "")
    show(rows)


def waiting_in(source: str) -> int:
    """How many messages are in the dead-letter queue of that queue, about; hidden ones too."""
    answer = _sqs().get_queue_attributes(
        QueueUrl=url_of(source),
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    return sum(map(int, answer["Attributes"].values()))


def url_of(source: str) -> str:
    """The URL of the dead-letter queue of that queue, or of the stream. Raises NoTarget."""
    url = os.environ.get(f"{source.upper()}_DEAD_LETTER_QUEUE_URL")
    if url is None:
        raise NoTarget(f"the stack has no dead-letter queue of {source} yet: deploy it first")
    return url


def _age(source: str) -> str:
    """The age of the oldest message; `hidden` when somebody else has all of them."""
    found = _received(source, MOST)
    _hand_back(source, found)
    if not found:
        return "hidden"
    oldest = min(int(message["Attributes"]["SentTimestamp"]) for message in found)
    return str(timedelta(seconds=(now_ms() - oldest) // 1000))


@app.command("redrive")
def redrive(
    queue: Annotated[Queue, typer.Argument(help="Queue whose dead letters are sent again.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would be sent again.")
    ] = False,
    most: Annotated[
        int, typer.Option(min=1, help="Maximum number of messages to send again.")
    ] = MOST,
) -> None:
    """Send the messages of a dead-letter queue to their queue again.

    Each is sent before it is deleted: handling a message twice does no harm. A message that still
    cannot be handled comes back to the dead-letter queue.
    """
    # All are received before the first is sent, so that one that comes back is not sent again.
    found = _received(queue, most)
    for message in found:
        console.print(one_line(message["Body"]))
    if dry_run:
        _hand_back(queue, found)
        console.print(f"{len(found)} would be sent again")
        return
    refused: list[MessageTypeDef] = []
    for batch in queues.batches(found, body=lambda message: message["Body"]):
        refused += _sent_again(queue, batch)
    _hand_back(queue, refused)
    console.print(f"{len(found) - len(refused)} sent again")
    if refused:
        console.print(f"{len(refused)} kept: SQS did not take them", style="red")
        raise typer.Exit(1)


def _sent_again(queue: Queue, batch: Sequence["MessageTypeDef"]) -> "list[MessageTypeDef]":
    """Send the messages, then delete those that were sent; the ones that SQS refused."""
    messages = [Message(m["Body"], m["Attributes"].get("MessageGroupId")) for m in batch]
    failed = queues.send_batch(queues.url_of(queue), messages)
    sent = [message for place, message in enumerate(batch) if place not in failed]
    if sent:
        _sqs().delete_message_batch(QueueUrl=url_of(queue), Entries=_entries(sent))
    return [batch[place] for place in failed]


def _received(source: str, most: int) -> "list[MessageTypeDef]":
    """Each message of the dead-letter queue once, at most so many; others do not see them now."""
    found: dict[str, MessageTypeDef] = {}
    while len(found) < most:
        answer = _sqs().receive_message(
            QueueUrl=url_of(source),
            MaxNumberOfMessages=min(queues.MOST_MESSAGES, most - len(found)),
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["MessageGroupId", "SentTimestamp"],
        )
        new = {m["MessageId"]: m for m in answer.get("Messages", ())}
        if new.keys() <= found.keys():
            break
        found |= new
    return list(found.values())


def _hand_back(source: str, messages: "Sequence[MessageTypeDef]") -> None:
    """Make the messages visible again at once, for a redrive that follows."""
    for first in range(0, len(messages), queues.MOST_MESSAGES):
        entries: Any = [
            {**entry, "VisibilityTimeout": 0}
            for entry in _entries(messages[first : first + queues.MOST_MESSAGES])
        ]
        _sqs().change_message_visibility_batch(QueueUrl=url_of(source), Entries=entries)


def _entries(messages: "Sequence[MessageTypeDef]") -> Any:
    return [
        {"Id": str(place), "ReceiptHandle": message["ReceiptHandle"]}
        for place, message in enumerate(messages)
    ]


def _sqs() -> "SQSClient":
    return boto3.client("sqs")
