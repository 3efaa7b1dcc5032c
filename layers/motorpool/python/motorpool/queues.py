"""Sending to queues."""

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def send_transfer(body: str, *, group: str) -> None:
    """Send a message to the transfer queue. Groups take turns (fair queues)."""
    queue = os.environ["TRANSFERS_QUEUE_URL"]
    client().send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group)


def bury(body: str) -> None:
    """Send a message straight to the dead-letter queue of the queue that the function reads."""
    client().send_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], MessageBody=body)


@cache
def client() -> "SQSClient":
    """The client of SQS, made on first use."""
    import boto3
    from botocore.config import Config

    patience = Config(
        connect_timeout=1, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
    )
    return boto3.client("sqs", config=patience)
