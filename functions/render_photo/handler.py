"""Consumes the renditions queue: makes a rendition that somebody asked for and waits for.

`get_photo` sends the message. Of two messages about one rendition the later one finds it made.
"""

from motorpool.messages.consumer import consumer
from motorpool.photos import rendering
from motorpool.photos.renditions import WantedRendition


@consumer
def handler(message: WantedRendition) -> None:
    rendering.make(message)
