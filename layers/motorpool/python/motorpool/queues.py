"""Sending to queues."""

import os

from motorpool.aws.service import JsonService

SQS = JsonService("sqs", "AmazonSQS", timeout=5.0)


def send_transfer(body: str, *, group: str) -> None:
    """Send a message to the transfer queue. Groups take turns (fair queues)."""
    queue = os.environ["TRANSFERS_QUEUE_URL"]
    SQS.call("SendMessage", QueueUrl=queue, MessageBody=body, MessageGroupId=group)


def bury(body: str) -> None:
    """Send a message straight to the dead-letter queue of the queue that the function reads."""
    dead = os.environ["DEAD_LETTER_QUEUE_URL"]
    SQS.call("SendMessage", QueueUrl=dead, MessageBody=body)
