"""Storage of partners."""

from motorpool.access import origin_store as origins
from motorpool.access.callers import Caller
from motorpool.access.clients import Client
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import ClientNotFound, PartnerNotFound
from motorpool.ids import is_id
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner


def get(partner_id: str) -> Partner:
    """The partner with that id. Raises PartnerNotFound."""
    item = table.get(keys.partner(partner_id)) if is_id("ptr", partner_id) else None
    if item is None:
        raise PartnerNotFound
    return from_attributes(Partner, item)


def account_of(caller: Caller) -> tuple[Partner, Client, Organization | None]:
    """The caller's partner, client and default organization, in one call.

    Raises ClientNotFound when the client or its partner is not there any more.
    """
    own = keys.organization(caller.org_id) if caller.org_id else None
    partner, client = keys.partner(caller.partner_id), keys.client(caller.client_id)
    items = table.get_many(partner, client, *([own] if own else []))
    if partner not in items or client not in items:
        raise ClientNotFound
    organization = items.get(own) if own else None
    return (
        from_attributes(Partner, items[partner]),
        from_attributes(Client, items[client]),
        from_attributes(Organization, organization) if organization else None,
    )


def every() -> list[Partner]:
    """All partners, sorted by name."""
    return [from_attributes(Partner, item) for item in table.query(keys.ALL_PARTNERS, index="gsi1")]


def add(partner: Partner) -> TransactItem:
    """The write of a new partner."""
    return table.put(keys.partner(partner.id), _item(partner), only_if=FREE)


def replaced(read: Partner, changed: Partner) -> TransactItem:
    """The write that replaces `read`. Raises VersionConflict when it was changed after that."""
    return table.replace(keys.partner(read.id), _item(changed), read_version=read.version)


def with_origins(read: Partner, changed: Partner) -> tuple[TransactItem, ...]:
    """The writes that replace `read` with a partner that allows other origins.

    Raises VersionConflict.
    """
    return replaced(read, changed), *origins.changed(read.id, read.origins, changed.origins)


def _item(partner: Partner) -> Item:
    index = {"gsi1pk": keys.ALL_PARTNERS, "gsi1sk": f"{partner.name}#{partner.id}"}
    return to_attributes(partner) | index
