"""Consumes the transfer queue: completes each message's transfer, or closes it as failed, once."""

from motorpool.messages.consumer import consumer
from motorpool.transfers import apply
from motorpool.transfers.apply import TransferMessage


@consumer
def handler(message: TransferMessage) -> None:
    apply.apply(message)
