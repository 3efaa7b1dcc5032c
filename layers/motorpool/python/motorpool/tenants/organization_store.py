"""Storage of organizations."""

from collections.abc import Callable, Iterator

from motorpool.access.callers import Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item, from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import MotorpoolError, NoPermission, OrganizationNotFound
from motorpool.ids import is_id
from motorpool.tenants.organizations import Organization

# An organization's item has about 300 bytes, so that so many are a read unit or two.
AT_ONCE = 25


def find(organization_id: str) -> Organization | None:
    """The organization with that id, of any partner; None when there is none."""
    item = table.get(keys.organization(organization_id)) if is_id("org", organization_id) else None
    return from_attributes(Organization, item) if item else None


def get(
    organization_id: str, *, visible_to: Caller, outside: type[MotorpoolError] = NoPermission
) -> Organization:
    """The organization with that id.

    Raises OrganizationNotFound (also for another partner's), and `outside` when it is outside the
    caller's subtree: on the supplier API that is the same error.
    """
    organization = find(organization_id)
    if organization is None or organization.partner_id != visible_to.partner_id:
        raise OrganizationNotFound
    if not visible_to.sees(organization.path):
        raise outside
    return organization


def of_partner(partner_id: str, *, below: str = "") -> list[Organization]:
    """The partner's organizations at and below a path, parents first."""
    items = table.query(keys.organizations_of(partner_id), index="gsi1", begins_with=below)
    return [from_attributes(Organization, item) for item in items]


def add(organization: Organization) -> TransactItem:
    """The write of a new organization."""
    index = {
        "gsi1pk": keys.organizations_of(organization.partner_id),
        "gsi1sk": organization.path,
    }
    return table.put(
        keys.organization(organization.id), to_attributes(organization) | index, only_if=FREE
    )


def partitions_below(
    caller: Caller, partition: Callable[[str], str], *, after: Item | None
) -> Iterator[tuple[str, str]]:
    """The partitions of the organizations that the caller sees, in the order of their paths.

    For `table.chained_page`: each has the organization's path as its name. `partition`: an
    organization's partition, by its id. `after`: where the page before ended; the partition in
    which it did comes first.
    """
    organizations = keys.organizations_of(caller.partner_id)
    start = None
    if after:
        path = after["in"]
        owner = path.rpartition("/")[2]
        yield path, partition(owner)
        key = keys.organization(owner)
        start = key._asdict() | {"gsi1pk": organizations, "gsi1sk": path}
    while True:
        page = table.page(
            organizations, index="gsi1", begins_with=caller.org_path, limit=AT_ONCE, after=start
        )
        yield from ((item["path"], partition(item["id"])) for item in page.items)
        if page.last_key is None:
            return
        start = page.last_key
