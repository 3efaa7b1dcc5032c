"""Storage of clients."""

from dataclasses import dataclass, replace

from motorpool.access.clients import Client
from motorpool.access.devices import Device, client_of
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import ClientNotFound, Conflict
from motorpool.ids import is_id

UNCHANGED = "updated = :read"


def find(client_id: str, *, partner_id: str | None = None) -> Client | None:
    """The client with that id; None when there is none, or it is not of `partner_id` (if given)."""
    item = table.get(keys.client(client_id)) if is_id("cli", client_id) else None
    if item is None or partner_id not in (None, item["partnerId"]):
        return None
    return from_attributes(Client, item)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose id the `clientId` header has: a client or one of its devices, and the partner's pages.

    `device` is None for a client. `origins`: of which web pages the partner allows to call.
    """

    client: Client
    device: Device | None
    origins: tuple[str, ...]


def account(partner_id: str, id: str) -> Account | None:
    """The partner's client or device with that id; None when there is none.

    One consistent read of the partner, the client and the device.
    """
    client_id = client_of(id) or id
    if not (is_id("ptr", partner_id) and is_id("cli", client_id)):
        return None
    partner, client, device = keys.partner(partner_id), keys.client(client_id), keys.device(id)
    wanted = (partner, client, device) if id != client_id else (partner, client)
    items = table.get_many(*wanted)
    if len(items) < len(wanted) or any(
        item["partnerId"] != partner_id for key, item in items.items() if key != partner
    ):
        return None
    return Account(
        from_attributes(Client, items[client]),
        from_attributes(Device, items[device]) if device in items else None,
        items[partner].get("origins", ()),
    )


def get(partner_id: str, client_id: str) -> Client:
    """The partner's client with that id. Raises ClientNotFound."""
    client = find(client_id, partner_id=partner_id)
    if client is None:
        raise ClientNotFound
    return client


def of_partner(partner_id: str) -> list[Client]:
    """All clients of a partner, oldest first."""
    items = table.query(keys.clients_of(partner_id), index="gsi1")
    return [from_attributes(Client, item) for item in items]


def add(client: Client) -> TransactItem:
    """The write of a new client."""
    return table.put(keys.client(client.id), _item(client), only_if=FREE)


def replaced(read: Client, changed: Client) -> TransactItem:
    """The write that replaces `read`. Raises Conflict when another operator changed it since."""
    later = replace(changed, updated=max(changed.updated, read.updated + 1))
    return table.put(
        keys.client(read.id),
        _item(later),
        only_if=UNCHANGED,
        values={":read": read.updated},
        refused=Conflict(),
    )


def _item(client: Client) -> Item:
    index = {"gsi1pk": keys.clients_of(client.partner_id), "gsi1sk": client.id}
    return to_attributes(client) | index
