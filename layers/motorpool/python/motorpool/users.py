"""Users: the drivers and owners that a partner's vehicles belong to."""

import re
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from motorpool.clock import iso, now_ms
from motorpool.ids import new_id
from motorpool.organizations import Organization, SupplierType
from motorpool.plates import StateCode
from motorpool.wire import NOT_PRINTABLE, PRINTABLE, EmptyIsNone, PartnerModel, ShortText

E164 = r"^\+[1-9][0-9]{6,14}$"
Phone = Annotated[str, StringConstraints(pattern=E164)]
Email = Annotated[
    str,
    StringConstraints(
        max_length=254, pattern=rf"^[^@\s{NOT_PRINTABLE}]{{1,64}}@[^@\s{NOT_PRINTABLE}]+$"
    ),
]


def is_phone(text: str) -> bool:
    """Whether that is a phone number in E.164."""
    return re.fullmatch(E164, text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of an organization. A user never changes organization; the phone is unique."""

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

    @classmethod
    def enrolled(cls, request: "CreateUser", organization: Organization) -> Self:
        """A new user of that organization."""
        now = now_ms()
        return cls(
            id=new_id("usr"),
            partner_id=organization.partner_id,
            org_id=organization.id,
            org_path=organization.path,
            supplier_type=organization.supplier_type,
            first_name=request.first_name,
            last_name=request.last_name,
            phone=request.phone,
            email=request.email,
            state=request.address.state,
            date_added=now,
            updated=now,
        )


class Address(PartnerModel):
    """Where a user lives, as far as the registry needs it."""

    state: StateCode = Field(description="Two-letter US state or DC code.", examples=["CA"])


class CreateUser(PartnerModel):
    """A user to be created."""

    first_name: ShortText = Field(examples=["Dana"])
    last_name: ShortText = Field(examples=["Reyes"])
    phone: Phone = Field(description="E.164, unique per partner.", examples=["+14155550123"])
    email: Annotated[Email | None, EmptyIsNone] = Field(None, examples=["dana@example.com"])
    address: Address
    organization_id: Annotated[str, StringConstraints(max_length=64, pattern=PRINTABLE)] | None = (
        Field(
            None,
            description="The organization the user joins; by default the client's own.",
            examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
        )
    )


class UserAnswer(PartnerModel):
    """A user."""

    id: str = Field(examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"])
    first_name: str = Field(examples=["Dana"])
    last_name: str = Field(examples=["Reyes"])
    phone: str = Field(examples=["+14155550123"])
    email: str | None = Field(examples=["dana@example.com"])
    address: Address
    organization_id: str = Field(examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"])
    date_added: str = Field(examples=["2026-11-21T09:30:00.000Z"])
    updated: str = Field(examples=["2026-11-21T09:30:00.000Z"])

    @classmethod
    def of(cls, user: User) -> Self:
        """The user as the partner API shows it."""
        return cls(
            id=user.id,
            first_name=user.first_name,
            last_name=user.last_name,
            phone=user.phone,
            email=user.email,
            address=Address.model_validate({"state": user.state}),
            organization_id=user.org_id,
            date_added=iso(user.date_added),
            updated=iso(user.updated),
        )
