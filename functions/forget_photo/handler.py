"""Reads the table's stream: deletes the files of each photo that expired unused.

DynamoDB deletes the photo's item, and only if no check-in uses the photo. A photo without an item
can never be used, so its files can go.
"""

from collections.abc import Mapping
from typing import Any

from motorpool.dynamodb import keys, stream
from motorpool.messages.stream_reader import stream_reader
from motorpool.photos import expiry


def expired_photo(record: Mapping[str, Any]) -> str | None:
    key = stream.expired_key(record, key_prefix=keys.PHOTOS)
    return None if key is None else expiry.id_of(key)


@stream_reader(expired_photo)
def handler(photo_id: str) -> None:
    expiry.forget(photo_id)
