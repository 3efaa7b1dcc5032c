"""Users, as items, and the claims on their phones."""

from motorpool.access.callers import Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, Write
from motorpool.errors import NoPermission, UserAlreadyExists, UserNotFound
from motorpool.ids import is_id
from motorpool.tenants.users import User, is_phone


def get(user_id: str, *, seen_by: Caller) -> User:
    """The user with that id.

    Raises UserNotFound (also for another partner's) and NoPermission (outside the subtree).
    """
    user = find(user_id)
    if user is None or user.partner_id != seen_by.partner_id:
        raise UserNotFound
    if not seen_by.sees(user.org_path):
        raise NoPermission
    return user


def find(user_id: str) -> User | None:
    """The user with that id, whosever it is; None when there is none."""
    item = table.get(keys.user(user_id)) if is_id("usr", user_id) else None
    return from_attributes(User, item) if item else None


def get_by_phone(phone: str, *, seen_by: Caller) -> User:
    """The partner's user with that phone number. Raises as `get`."""
    claim = table.get(keys.phone_claim(seen_by.partner_id, phone)) if is_phone(phone) else None
    if claim is None:
        raise UserNotFound
    return get(claim["userId"], seen_by=seen_by)


def add(user: User) -> tuple[Write, ...]:
    """A new user and the claim on the phone. Raises UserAlreadyExists when it is taken."""
    return (
        table.put(
            keys.phone_claim(user.partner_id, user.phone),
            {"userId": user.id},
            only_if=FREE,
            refused=UserAlreadyExists(),
        ),
        table.put(keys.user(user.id), to_attributes(user), only_if=FREE),
    )
