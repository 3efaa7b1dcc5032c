"""Clients of partners, as items."""

from dataclasses import replace

from motorpool.clients import Client
from motorpool.errors import ClientNotFound, Conflict
from motorpool.ids import is_id
from motorpool.store import keys, table
from motorpool.store.items import from_attributes, to_attributes
from motorpool.store.table import FREE, Write

UNCHANGED = "updated = :read"


def find(partner_id: str, client_id: str) -> Client | None:
    """The partner's client with that id, None when there is none."""
    if not (is_id("ptr", partner_id) and is_id("cli", client_id)):
        return None
    item = table.get(keys.client(partner_id, client_id))
    return from_attributes(Client, item) if item else None


def get(partner_id: str, client_id: str) -> Client:
    """The partner's client with that id. Raises ClientNotFound."""
    client = find(partner_id, client_id)
    if client is None:
        raise ClientNotFound
    return client


def of_partner(partner_id: str) -> list[Client]:
    """All clients of a partner, oldest first."""
    items = table.query(keys.partner(partner_id).pk, begins_with="CLIENT#")
    return [from_attributes(Client, item) for item in items]


def add(client: Client) -> Write:
    """A new client."""
    return table.put(keys.client(client.partner_id, client.id), to_attributes(client), only_if=FREE)


def replaced(read: Client, changed: Client) -> Write:
    """`changed` in the place of `read`. Raises Conflict when another operator was faster."""
    later = replace(changed, updated=max(changed.updated, read.updated + 1))
    return table.put(
        keys.client(read.partner_id, read.id),
        to_attributes(later),
        only_if=UNCHANGED,
        values={":read": read.updated},
        refused=Conflict(),
    )
