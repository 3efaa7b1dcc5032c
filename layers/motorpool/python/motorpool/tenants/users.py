"""Users: the drivers and owners that a partner's vehicles belong to."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, Self, TypedDict

from pydantic import StringConstraints

from motorpool.clock import now_ms
from motorpool.dynamodb.items import from_attributes
from motorpool.history.model import Entry, Event, UserEvent, shown
from motorpool.ids import new_id
from motorpool.names import NOT_PRINTABLE
from motorpool.tenants.organizations import Organization, SupplierType

E164 = r"^\+[1-9][0-9]{6,14}$"
Phone = Annotated[str, StringConstraints(pattern=E164)]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=rf"^[^@\s{NOT_PRINTABLE}]{{1,64}}@[^@\s{NOT_PRINTABLE}]+$"
    ),
]


def is_phone(text: str) -> bool:
    """Whether `text` is a phone number in E.164 format."""
    return re.fullmatch(E164, text) is not None


class UserChanges(TypedDict, total=False):
    """Changes to a user, by the names of its fields."""

    first_name: str
    last_name: str
    phone: str
    email: str | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of one organization, which never changes. The phone is unique in the partner."""

    id: str
    partner_id: str
    org_id: str
    org_path: str
    supplier_type: SupplierType
    first_name: str
    last_name: str
    phone: str
    email: str | None
    state: str
    date_added: int
    updated: int
    version: int = 1

    def event(self, type: UserEvent) -> Event:
        """What happened to the user."""
        return Event(
            type=type,
            at=self.updated,
            partner_id=self.partner_id,
            owner_paths=(self.org_path,),
            thing=shown(self, "state", "date_added"),
            personal=shown(self, "first_name", "last_name", "phone", "email"),
        )

    @classmethod
    def as_in(cls, entry: Entry) -> Self:
        """The user as an entry about it shows it; after it was forgotten, without its person."""
        [org_path] = entry.owner_paths
        return from_attributes(
            cls,
            {
                **dict.fromkeys(("firstName", "lastName", "phone"), ""),
                **entry.thing,
                **(entry.personal or {}),
                "id": entry.subject_id,
                "partnerId": entry.partner_id,
                "orgId": org_path.rpartition("/")[2],
                "orgPath": org_path,
                "updated": entry.at,
            },
        )

    @classmethod
    def create(
        cls,
        organization: Organization,
        *,
        first_name: str,
        last_name: str,
        phone: str,
        state: str,
        email: str | None = None,
    ) -> Self:
        """A new user of that organization."""
        now = now_ms()
        return cls(
            id=new_id("usr"),
            partner_id=organization.partner_id,
            org_id=organization.id,
            org_path=organization.path,
            supplier_type=organization.supplier_type,
            first_name=first_name,
            last_name=last_name,
            phone=phone,
            email=email,
            state=state,
            date_added=now,
            updated=now,
        )

    def updated_with(self, changes: UserChanges) -> Self:
        """The user with those changes; the same object when they change nothing."""
        changed = replace(self, **changes)
        return self if changed == self else replace(changed, updated=now_ms())
