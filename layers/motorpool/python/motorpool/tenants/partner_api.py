"""Users over the wire: the requests and answers of the partner API."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from motorpool.api.schemas import EmptyIsNone, PartnerModel, ShortText, StateCode
from motorpool.clock import iso
from motorpool.names import PRINTABLE
from motorpool.tenants.users import Email, Phone, User


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
