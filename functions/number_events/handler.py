"""Consumes the events queue: numbers new entries of histories in their partner's feed, once."""

from motorpool.events import numbering
from motorpool.events.numbering import NewEntry
from motorpool.messages.consumer import consumer_of_groups


@consumer_of_groups
def handler(messages: list[NewEntry]) -> None:
    numbering.number(messages)
