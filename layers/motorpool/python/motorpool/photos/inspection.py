"""The inspection of an upload: decides whether its photo is ready or rejected.

S3 may report uploads late, out of order, or more than once. The first S3 version that is inspected
or used by a check-in stays the photo's version; later uploads to its key change nothing.
"""

from collections.abc import Callable

from motorpool import budget
from motorpool.dynamodb import table
from motorpool.dynamodb.table import TransactItem, VersionConflict
from motorpool.errors import Unavailable
from motorpool.photos import bucket, image
from motorpool.photos import store as photos
from motorpool.photos.model import Photo


def inspect(
    photo_id: str, version_id: str, *, also: Callable[[Photo], tuple[TransactItem, ...]]
) -> None:
    """Inspect that version of a photo's file, if the photo awaits it.

    `also`: makes the writes that belong in the transaction of the inspected photo. Raises
    Unavailable when conflicting changes use up all attempts, or the table fails.
    """
    for _ in budget.tries():
        photo = photos.find(photo_id)
        if photo is None or not photo.awaits(version_id):
            return
        try:
            seen = _seen(photo, version_id)
            table.transact(photos.inspected(seen), *also(seen))
        except VersionConflict:
            continue
        return
    raise Unavailable


def _seen(photo: Photo, version_id: str) -> Photo:
    data = bucket.file_of(photo, version_id)
    try:
        seen = image.inspect(data, photo.content_type)
    except image.Rejected as rejection:
        return photo.rejected(rejection.because, size=len(data), version_id=version_id)
    ready = photo.inspected(seen, size=len(data), version_id=version_id)
    bucket.keep_thumbnail(ready, seen.thumbnail)
    return ready
