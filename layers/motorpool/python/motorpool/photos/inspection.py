"""The inspection of an upload: decides whether its photo is ready or rejected.

S3 may report uploads late, out of order, or more than once. The first S3 version that is inspected
or used by a check-in stays the photo's version. What was rejected and every other version are
deleted, each when S3's report of it is handled.
"""

from collections.abc import Callable

from motorpool import budget
from motorpool.dynamodb import table
from motorpool.dynamodb.table import TransactItem, VersionConflict
from motorpool.errors import Unavailable
from motorpool.ids import is_id
from motorpool.photos import bucket, image
from motorpool.photos import store as photos
from motorpool.photos.model import Photo


def inspect(
    photo_id: str, version_id: str, *, also: Callable[[Photo], tuple[TransactItem, ...]]
) -> None:
    """Inspect that version of a photo's file, if the photo awaits it; delete it if nobody will.

    `also`: makes the writes that belong in the transaction of the inspected photo. Raises
    Unavailable when conflicting changes use up all attempts, or the table fails.
    """
    for _ in budget.tries():
        photo = photos.find(photo_id)
        if photo is None or not photo.awaits(version_id):
            break
        try:
            photo = _seen(photo, version_id)
            table.transact(*photos.inspected(photo), *also(photo))
        except VersionConflict:
            continue
        break
    else:
        raise Unavailable
    # After the decision: if the function ends in between, the report comes again.
    if is_id("pho", photo_id) and not (photo and photo.keeps(version_id)):
        bucket.remove(photo_id, version_id)


def _seen(photo: Photo, version_id: str) -> Photo:
    data = bucket.file_of(photo, version_id)
    try:
        seen = image.inspect(data, photo.content_type)
    except image.Rejected as rejection:
        return photo.rejected(rejection.because, size=len(data), version_id=version_id)
    ready = photo.inspected(seen, size=len(data), version_id=version_id)
    for size, jpeg in seen.renditions.items():
        bucket.keep_rendition(ready, size, jpeg)
    return ready
