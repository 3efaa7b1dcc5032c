"""Storage of the origins that partners allow: an item for each origin and partner.

A preflight names no partner, so it needs to find an origin by itself.
"""

from motorpool.access.origins import is_origin
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.table import TransactItem


def anybody_allows(origin: str) -> bool:
    """Whether any partner allows the origin. One read; none for what is no origin."""
    if not is_origin(origin):
        return False
    return bool(table.page(keys.origin(origin, "").pk, limit=1, after=None).items)


def changed(
    partner_id: str, read: tuple[str, ...], after: tuple[str, ...]
) -> tuple[TransactItem, ...]:
    """The writes that allow other origins of a partner than before."""
    return (
        *(table.put(keys.origin(each, partner_id), {}) for each in after if each not in read),
        *(table.delete(keys.origin(each, partner_id)) for each in read if each not in after),
    )
