"""The uploads queue: S3 tells of each file that arrived, and what it says decides on its photo.

Told twice or late, it changes nothing; a file that keeps failing ends in the dead-letter queue.
"""

from typing import Any
from urllib.parse import unquote_plus

from motorpool.consumer import consumer
from motorpool.inspection import inspect


@consumer
def handler(message: dict[str, Any]) -> None:
    for event in message.get("Records", ()):
        stored = event["s3"]["object"]
        inspect(unquote_plus(stored["key"]).removeprefix("photos/"), stored["versionId"])
