"""Renditions that the inspection did not make: asked for and waited for here, made by `rendering`.

The consumer of the renditions queue makes them. So the endpoint does without the decoders and their
memory, and a burst of requests makes no more pictures at once than the queue's concurrency.
"""

import time

from pydantic import BaseModel, ConfigDict

from motorpool.errors import Unavailable
from motorpool.messages import queues
from motorpool.photos import bucket
from motorpool.photos.model import Photo, RenditionSize

# Seconds. The largest pictures take 5; the function has 25, of which the budget takes up to 10.
LONGEST_WAIT = 12.0
PAUSE = 0.25


class WantedRendition(BaseModel):
    """A message of the renditions queue: a rendition of a version of a photo's file."""

    model_config = ConfigDict(strict=True, frozen=True)

    photo_id: str
    version_id: str
    size: RenditionSize


def ensure_made(photo: Photo, size: RenditionSize) -> None:
    """Wait until a rendition of an inspected photo is in the bucket, and have it made if it is not.

    Raises Unavailable when that takes more than 12 seconds; it is made all the same, so the request
    can be repeated.
    """
    if photo.has(size) or bucket.is_made(photo, size):
        return
    wanted = WantedRendition(photo_id=photo.id, version_id=photo.version_id or "", size=size)
    queues.send("renditions", wanted.model_dump_json(), group=photo.partner_id)
    until = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < until:
        time.sleep(PAUSE)
        if bucket.is_made(photo, size):
            return
    raise Unavailable
