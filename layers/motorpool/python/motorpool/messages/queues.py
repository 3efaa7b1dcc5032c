"""Sending to queues."""

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


prime(
    aws.sqs,
    "TRANSFERS_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    send_message={"QueueUrl": "https://any", "MessageBody": "any"},
)
