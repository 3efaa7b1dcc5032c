"""The uploads queue: S3 tells of each file that arrived, and what it says decides on its photo.

Told twice or late, it changes nothing; a file that keeps failing ends in the dead-letter queue.
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
        inspect(photo_id, stored["versionId"], told=checkins.told_of)
