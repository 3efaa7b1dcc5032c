"""Consumes the uploads queue: inspects each file that S3 reports and decides on its photo.

A file that is rejected is deleted, and so is one that no photo awaits. S3 may report a file late or
more than once. A message that keeps failing goes to the dead-letter queue.
"""

from typing import Any
from urllib.parse import unquote_plus

from motorpool.checkins import store as checkins
from motorpool.messages.consumer import consumer
from motorpool.photos.inspection import inspect


@consumer
def handler(message: dict[str, Any]) -> None:
    for event in message.get("Records", ()):
        stored = event["s3"]["object"]
        photo_id = unquote_plus(stored["key"]).removeprefix("photos/")
        inspect(photo_id, stored["versionId"], also=checkins.inspection_writes)
