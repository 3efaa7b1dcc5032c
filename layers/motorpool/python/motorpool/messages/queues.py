"""Sending to queues, and how long a received message stays hidden."""

import os

from motorpool import aws
from motorpool.priming import prime


def send_transfer(body: str, *, group: str) -> None:
    """Send a message to the transfer queue, a fair queue: groups take turns."""
    queue = os.environ["TRANSFERS_QUEUE_URL"]
    aws.sqs().send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group)


def send_to_dead_letters(body: str) -> None:
    """Send a message to the dead-letter queue of the queue that the function consumes."""
    aws.sqs().send_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], MessageBody=body)


def hide(receipt_handle: str, *, seconds: int) -> None:
    """Deliver a message of the queue that the function consumes again after so many seconds."""
    aws.sqs().change_message_visibility(
        QueueUrl=os.environ["CONSUMED_QUEUE_URL"],
        ReceiptHandle=receipt_handle,
        VisibilityTimeout=seconds,
    )


prime(
    aws.sqs,
    "TRANSFERS_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    send_message={"QueueUrl": "https://any", "MessageBody": "any"},
)
