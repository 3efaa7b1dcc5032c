"""Partners, as items."""

from motorpool.errors import PartnerNotFound
from motorpool.ids import is_id
from motorpool.partners import Partner
from motorpool.store import keys, table
from motorpool.store.items import from_attributes, to_attributes
from motorpool.store.table import FREE, Write


def get(partner_id: str) -> Partner:
    """The partner with that id. Raises PartnerNotFound."""
    item = table.get(keys.partner(partner_id)) if is_id("ptr", partner_id) else None
    if item is None:
        raise PartnerNotFound
    return from_attributes(Partner, item)


def every() -> list[Partner]:
    """All partners by name, for operators."""
    return [from_attributes(Partner, item) for item in table.query(keys.ALL_PARTNERS, index="gsi1")]


def add(partner: Partner) -> Write:
    """A new partner."""
    index = {"gsi1pk": keys.ALL_PARTNERS, "gsi1sk": f"{partner.name}#{partner.id}"}
    return table.put(keys.partner(partner.id), to_attributes(partner) | index, only_if=FREE)
