"""Sending to queues."""

import os

from motorpool import aws
from motorpool.priming import prime


def send_transfer(body: str, *, group: str) -> None:
    """Send a message to the transfer queue. Groups take turns (fair queues)."""
    queue = os.environ["TRANSFERS_QUEUE_URL"]
    aws.sqs().send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group)


def bury(body: str) -> None:
    """Send a message straight to the dead-letter queue of the queue that the function reads."""
    aws.sqs().send_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], MessageBody=body)


prime(
    aws.sqs,
    "TRANSFERS_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    send_message={"QueueUrl": "https://any", "MessageBody": "any"},
)
