"""Storage of users, and of the claims on their phone numbers."""

from motorpool.access.callers import Actor, Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import NoPermission, UserAlreadyExists, UserNotFound
from motorpool.history import store as history
from motorpool.history.model import Entry
from motorpool.ids import is_id
from motorpool.tenants.users import User, is_phone


def get(user_id: str, *, visible_to: Caller) -> User:
    """The user with that id.

    Raises UserNotFound (also for another partner's) and NoPermission (outside the subtree).
    """
    user = find(user_id)
    if user is None or user.partner_id != visible_to.partner_id:
        raise UserNotFound
    if not visible_to.sees(user.org_path):
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


def removed(user: User) -> tuple[TransactItem, ...]:
    """The writes that delete a user and its phone's claim. Raises VersionConflict."""
    itself = {":user": user.id}
    claim = keys.phone_claim(user.partner_id, user.phone)
    return (
        table.delete(keys.user(user.id), only_if="id = :user", values=itself),
        table.delete(claim, only_if="userId = :user", values=itself),
    )


def add(user: User, *, by: Actor) -> tuple[TransactItem, ...]:
    """The writes of a new user, its phone's claim and the event.

    Raises UserAlreadyExists on a taken phone.
    """
    event = user.event("user.created")
    return (
        table.put(
            keys.phone_claim(user.partner_id, user.phone),
            {"userId": user.id},
            only_if=FREE,
            refused=UserAlreadyExists(),
        ),
        table.put(keys.user(user.id), to_attributes(user), only_if=FREE),
        history.add(Entry.create(event, subject_id=user.id, after=None, by=by)),
    )
