"""Storage of organizations."""

from motorpool.access.callers import Caller
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import from_attributes, to_attributes
from motorpool.dynamodb.table import FREE, TransactItem
from motorpool.errors import MotorpoolError, NoPermission, OrganizationNotFound
from motorpool.ids import is_id
from motorpool.tenants.organizations import Organization


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
