"""The inspection of an upload: what the file says decides what becomes of its photo.

It may be told of an upload twice, late, or out of order. The first version that is inspected (or,
before that, checked in) is pinned on the photo; whatever else reaches the key changes nothing.
"""

from motorpool import budget, images, uploads
from motorpool.errors import Unavailable
from motorpool.photos import Photo
from motorpool.store import checkins, photos, table
from motorpool.store.table import Stale, Write


def inspect(photo_id: str, version_id: str) -> None:
    """Inspect that version of a photo's file, unless the photo does not wait for it.

    Raises Unavailable when the photo or its check-in keeps changing, or the table fails.
    """
    for _ in budget.tries():
        photo = photos.find(photo_id)
        if photo is None or not photo.awaits(version_id):
            return
        try:
            table.transact(*_writes(photo, _seen(photo, version_id)))
        except Stale:
            continue
        return
    raise Unavailable


def _seen(photo: Photo, version_id: str) -> Photo:
    data = uploads.file_of(photo, version_id)
    try:
        seen = images.inspect(data, photo.content_type)
    except images.Rejected as rejection:
        return photo.rejected(rejection.because, size=len(data), version_id=version_id)
    ready = photo.inspected(seen, size=len(data), version_id=version_id)
    uploads.keep_thumbnail(ready, seen.thumbnail)
    return ready


def _writes(photo: Photo, seen: Photo) -> tuple[Write, ...]:
    """The photo, and the check-in that was waiting to know more of it."""
    check_in = checkins.find(photo.used_by) if photo.used_by else None
    if check_in is None:
        return (photos.inspected(seen),)
    return photos.inspected(seen), checkins.replaced(check_in, check_in.with_inspected(seen))
