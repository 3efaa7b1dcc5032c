"""The end of photos that no check-in used: their files follow their items."""

from motorpool.dynamodb import keys
from motorpool.dynamodb.table import Key
from motorpool.ids import is_id
from motorpool.photos import bucket
from motorpool.photos import store as photos


def id_of(key: Key) -> str:
    """The id of the photo with that key. Raises ValueError when it is not one."""
    photo_id = key.pk.removeprefix(keys.PHOTOS)
    if not is_id("pho", photo_id):
        # Less than an id would be the beginning of other photos' keys.
        raise ValueError(f"{photo_id!r} is not the id of a photo")
    return photo_id


def forget(photo_id: str) -> None:
    """Delete all files of a photo that is not in the table; doing it again changes nothing.

    A photo that is there (again, from a backup) keeps its files.
    """
    if photos.find(photo_id) is None:
        bucket.remove_all(photo_id)
