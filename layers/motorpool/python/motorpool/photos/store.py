"""Storage of photos."""

from motorpool.access.callers import Actor, Caller
from motorpool.clock import now_ms
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, Key, TransactItem, VersionConflict
from motorpool.errors import NoPermission, PhotoNotFound, PhotoNotOwnedByUser
from motorpool.history import store as history
from motorpool.history.model import Entry
from motorpool.ids import is_id
from motorpool.photos.model import Photo

AWAITED = "photoStatus = :awaiting AND attribute_not_exists(usedBy)"
AWAITED_BY_CHECK_IN = "photoStatus = :awaiting AND usedBy = :user"
UNUSED_AND_AS_READ = (
    "attribute_not_exists(usedBy) AND photoStatus = :read"
    " AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"
)


def get(photo_id: str, *, visible_to: Caller) -> Photo:
    """The photo with that id.

    Raises PhotoNotFound (also for another partner's, and for one that has expired) and NoPermission
    (outside the subtree).
    """
    photo = find(photo_id)
    if photo is None or photo.has_expired or photo.partner_id != visible_to.partner_id:
        raise PhotoNotFound
    if not visible_to.sees(photo.org_path) or not visible_to.sees_user(photo.user_id):
        raise NoPermission
    return photo


def find(photo_id: str) -> Photo | None:
    """The photo with that id, of any partner, even if it has expired; None when there is none."""
    item = table.get(keys.photo(photo_id)) if is_id("pho", photo_id) else None
    return from_attributes(Photo, item) if item else None


def from_batch(items: dict[Key, Item], photo_id: str | None, partner_id: str) -> Photo | None:
    """The partner's photo with that id among items read together; None when it is not there.

    One that has expired is not there either.
    """
    item = items.get(keys.photo(photo_id)) if photo_id else None
    if item is None or item["partnerId"] != partner_id:
        return None
    photo = from_attributes(Photo, item)
    return None if photo.has_expired else photo


def add(photo: Photo) -> tuple[TransactItem, ...]:
    """The write of a new photo."""
    return (table.put(keys.photo(photo.id), to_attributes(photo), only_if=FREE),)


def used(photo: Photo, check_in_id: str) -> TransactItem:
    """The write that marks the photo as used by that check-in.

    Its files are then kept for good: DynamoDB deletes only items that have `expiresAt`. Raises
    PhotoNotOwnedByUser when another check-in used it first, VersionConflict when it was inspected
    or has expired since it was read.
    """
    return table.update(
        keys.photo(photo.id),
        "SET usedBy = :checkIn, versionId = :version REMOVE expiresAt",
        only_if=UNUSED_AND_AS_READ,
        values={
            ":checkIn": check_in_id,
            ":version": photo.version_id,
            ":read": photo.photo_status,
            ":now": now_ms() // 1000,
        },
        refused=_used_or_changed,
    )


def _used_or_changed(item: Item) -> PhotoNotOwnedByUser | VersionConflict:
    if "usedBy" in item:
        return PhotoNotOwnedByUser("A photo was used by another check-in")
    return VersionConflict()


def inspected(photo: Photo) -> tuple[TransactItem, ...]:
    """The writes of the inspected photo and the event.

    Raises VersionConflict when it was changed after it was read.
    """
    worker = Actor("worker", photo.id)
    entry = Entry.create(photo.event(), subject_id=photo.id, after=None, by=worker)
    as_read = {":awaiting": "AwaitingUpload"}
    if photo.used_by:
        as_read[":user"] = photo.used_by
    return (
        table.put(
            keys.photo(photo.id),
            to_attributes(photo),
            only_if=AWAITED_BY_CHECK_IN if photo.used_by else AWAITED,
            values=as_read,
            refused=VersionConflict(),
        ),
        history.add(entry),
    )
