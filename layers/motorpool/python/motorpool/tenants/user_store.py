"""Storage of users, and of the claims on their phone numbers.

The writes of a new or changed user are a tuple, which goes into one transaction.
"""

from motorpool.access.callers import Actor, Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import NoPermission, UserAlreadyExists, UserNotFound
from motorpool.history import store as history
from motorpool.history.model import Entry, Head
from motorpool.ids import is_id
from motorpool.tenants import organization_store as organizations
from motorpool.tenants.users import User, is_phone

ITS_OWN = "userId = :user"


def get(user_id: str, *, visible_to: Caller) -> User:
    """The user with that id.

    Raises UserNotFound (also for another partner's) and NoPermission (outside the subtree).
    """
    user = find(user_id)
    if user is None or user.partner_id != visible_to.partner_id:
        raise UserNotFound
    if not visible_to.sees(user.org_path) or not visible_to.sees_user(user.id):
        raise NoPermission
    return user


def find(user_id: str) -> User | None:
    """The user with that id, of any partner; None when there is none."""
    item = table.get(keys.user(user_id)) if is_id("usr", user_id) else None
    return from_attributes(User, item) if item else None


def get_by_phone(phone: str, *, visible_to: Caller) -> User:
    """The partner's user with that phone number. Raises as `get`."""
    claim = table.get(keys.phone_claim(visible_to.partner_id, phone)) if is_phone(phone) else None
    if claim is None:
        raise UserNotFound
    return get(claim["userId"], visible_to=visible_to)


def of_subtree(caller: Caller, *, limit: int, after: Item | None) -> tuple[list[User], Item | None]:
    """A page of all users that the caller sees, and the key before the next page.

    They come by organization, in the order of the organizations' paths; those of one oldest first.
    """
    partitions = organizations.partitions_below(caller, keys.users_of_organization, after=after)
    page = table.chained_page(partitions, index="gsi1", limit=limit, after=after)
    return [from_attributes(User, item) for item in page.items], page.last_key


def removed(user: User) -> tuple[TransactItem, ...]:
    """The writes that delete a user and its phone's claim. Raises VersionConflict."""
    itself = {":user": user.id}
    claim = keys.phone_claim(user.partner_id, user.phone)
    return (
        table.delete(keys.user(user.id), only_if="id = :user", values=itself),
        table.delete(claim, only_if=ITS_OWN, values=itself),
    )


def add(user: User, *, by: Actor) -> tuple[TransactItem, ...]:
    """The writes of a new user, its phone's claim and the event.

    Raises UserAlreadyExists on a taken phone.
    """
    event = user.event("user.created")
    return (
        _called(user),
        table.put(keys.user(user.id), _item(user), only_if=FREE),
        history.add(Entry.create(event, subject_id=user.id, after=None, by=by)),
    )


def changed(read: User, after: User, *, by: Actor) -> tuple[TransactItem, ...]:
    """The writes of a changed user, the event, and the claim of a new phone instead of the old one.

    Raises UserAlreadyExists on a taken phone, and VersionConflict when the user was changed after
    it was read. Empty when nothing changed.
    """
    if after == read:
        return ()
    # A user's entries have the numbers of its versions.
    last = Head(read.version, None)
    event = after.event("user.updated")
    return (
        # First, so that the same change by a concurrent request is a VersionConflict, and not
        # refused because of the user's own new claim.
        table.replace(keys.user(after.id), _item(after), read_version=read.version),
        *(_moved_claim(read, after) if after.phone != read.phone else ()),
        history.add(Entry.create(event, subject_id=after.id, after=last, by=by)),
    )


def _moved_claim(read: User, after: User) -> tuple[TransactItem, ...]:
    old = keys.phone_claim(read.partner_id, read.phone)
    return _called(after), table.delete(old, only_if=ITS_OWN, values={":user": read.id})


def _called(user: User) -> TransactItem:
    return table.put(
        keys.phone_claim(user.partner_id, user.phone),
        {"userId": user.id},
        only_if=FREE,
        refused=UserAlreadyExists(),
    )


def _item(user: User) -> Item:
    """The item. Version 0.1.0 wrote users without a version and without this index entry."""
    index = {
        "gsi1pk": keys.users_of_organization(user.org_id),
        "gsi1sk": f"{user.date_added:013d}#{user.id}",
    }
    return to_attributes(user) | index


def listed(user: User) -> TransactItem:
    """The write that puts a user that has no index entry into the lists. Raises VersionConflict."""
    return table.replace(keys.user(user.id), _item(user), read_version=user.version)
