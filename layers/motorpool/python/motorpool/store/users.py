"""Users, as items, and the claims on their phones."""

from motorpool.callers import Caller
from motorpool.errors import NoPermission, UserAlreadyExists, UserNotFound
from motorpool.ids import is_id
from motorpool.store import keys, table
from motorpool.store.items import from_attributes, to_attributes
from motorpool.store.table import FREE, Write
from motorpool.users import User


def get(user_id: str, *, seen_by: Caller) -> User:
    """The user with that id.

    Raises UserNotFound (also for another partner's) and NoPermission (outside the subtree).
    """
    item = table.get(keys.user(user_id)) if is_id("usr", user_id) else None
    if item is None or item["partnerId"] != seen_by.partner_id:
        raise UserNotFound
    user = from_attributes(User, item)
    if not seen_by.sees(user.org_path):
        raise NoPermission
    return user


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
