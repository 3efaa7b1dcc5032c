"""Making the renditions that somebody asked for (see `renditions`)."""

from motorpool.photos import bucket, image
from motorpool.photos import store as photos
from motorpool.photos.renditions import WantedRendition


def make(wanted: WantedRendition) -> None:
    """Make a rendition, unless it is there or the photo is gone; doing it again changes nothing.

    Raises Rejected when the file cannot be decoded any more.
    """
    photo = photos.find(wanted.photo_id)
    if photo and photo.keeps(wanted.version_id) and not bucket.is_made(photo, wanted.size):
        data = bucket.file_of(photo, wanted.version_id)
        jpeg = image.render(data, photo.content_type, wanted.size)
        bucket.keep_rendition(photo, wanted.size, jpeg)
        photo = photos.find(wanted.photo_id)
    # Whoever deleted the photo meanwhile did not see the new rendition.
    if photo is None:
        bucket.remove_renditions(wanted.photo_id, wanted.version_id)
