"""The transfer queue: each message's transfer is completed, or closed as failed, exactly once."""

from motorpool import applying
from motorpool.applying import TransferMessage
from motorpool.consumer import consumer


@consumer
def handler(message: TransferMessage) -> None:
    applying.apply(message)
