"""The transfer queue: each message's transfer is completed, or closed as failed, exactly once."""

from motorpool.messages.consumer import consumer
from motorpool.transfers import apply
from motorpool.transfers.apply import TransferMessage


@consumer
def handler(message: TransferMessage) -> None:
    apply.apply(message)
