"""Sending to queues, and how long a received message stays hidden."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from motorpool import aws
from motorpool.messages.rules import Message
from motorpool.priming import prime

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

# How much SQS takes in one call. Bytes are those of all messages together.
MOST_MESSAGES = 10
MOST_BYTES = 256 * 1024


class NotSent(Exception):
    """SQS refused one message of a batch, for the reason that the code names."""


def url_of(queue: str) -> str:
    """The URL of a queue that the function may send to."""
    return os.environ[f"{queue.upper()}_QUEUE_URL"]


def dead_letters() -> str:
    """The URL of the dead-letter queue of what the function reads."""
    return os.environ["DEAD_LETTER_QUEUE_URL"]


def send(queue: str, body: str, *, group: str) -> None:
    """Send a message to a queue; its groups take turns."""
    aws.sqs().send_message(QueueUrl=url_of(queue), MessageBody=body, MessageGroupId=group)


def send_batch(url: str, messages: Sequence[Message]) -> dict[int, str]:
    """Send the messages in one call; the places of those that SQS refused, with its codes."""
    entries: list[SendMessageBatchRequestEntryTypeDef] = []
    for place, message in enumerate(messages):
        entries.append({"Id": str(place), "MessageBody": message.body})
        if message.group is not None:
            entries[-1]["MessageGroupId"] = message.group
    answer = aws.sqs().send_message_batch(QueueUrl=url, Entries=entries)
    return {int(each["Id"]): each["Code"] for each in answer.get("Failed", ())}


def batches[T](messages: Iterable[T], *, body: Callable[[T], str]) -> Iterator[list[T]]:
    """The messages in their order, in lists that SQS takes in one call. `body`: of a message."""
    batch: list[T] = []
    size = 0
    for message in messages:
        own = len(body(message).encode())
        if batch and (len(batch) == MOST_MESSAGES or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += own
    if batch:
        yield batch


def check_size(body: str) -> None:
    """Raise ValueError when SQS takes no message of that size."""
    if len(body.encode()) > MOST_BYTES:
        raise ValueError(f"a message has at most {MOST_BYTES} bytes")


def send_to_dead_letters(message: Message) -> None:
    """Send a message to the dead-letter queue of the queue that the function consumes.

    Raises NotSent.
    """
    for code in send_batch(dead_letters(), [message]).values():
        raise NotSent(code)


def hide(receipt_handle: str, *, seconds: int) -> None:
    """Deliver a message of the queue that the function consumes again after so many seconds."""
    aws.sqs().change_message_visibility(
        QueueUrl=os.environ["CONSUMED_QUEUE_URL"],
        ReceiptHandle=receipt_handle,
        VisibilityTimeout=seconds,
    )


prime(
    aws.sqs,
    "DEAD_LETTER_QUEUE_URL",
    "RENDITIONS_QUEUE_URL",
    send_message={"QueueUrl": "https://any", "MessageBody": "any"},
)
