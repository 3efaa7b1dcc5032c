"""The inspection of an upload: what the file says decides what becomes of its photo.

It may be told of an upload twice, late, or out of order. The first version that is inspected (or,
before that, checked in) is pinned on the photo; whatever else reaches the key changes nothing.
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
    photo_id: str, version_id: str, *, told: Callable[[Photo], tuple[TransactItem, ...]]
) -> None:
    """Inspect that version of a photo's file, unless the photo does not wait for it.

    `told`: what is to be written together with the inspected photo, because it uses the photo.
    Raises Unavailable when the photo or what uses it keeps changing, or the table fails.
    """
    for _ in budget.tries():
        photo = photos.find(photo_id)
        if photo is None or not photo.awaits(version_id):
            return
        try:
            seen = _seen(photo, version_id)
            table.transact(photos.inspected(seen), *told(seen))
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
