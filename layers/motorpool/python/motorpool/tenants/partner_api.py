"""The partner API's requests and answers about users."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints

from motorpool.api.schemas import EmptyIsNone, PartnerModel, ShortText, StateCode
from motorpool.clock import iso
from motorpool.names import PRINTABLE
from motorpool.tenants.users import Email, Phone, User


class Address(PartnerModel):
    """The state that a user lives in."""

    state: StateCode = Field(
        description="Two-letter US state or DC code; upper or lower case.", examples=["CA"]
    )


class CreateUser(PartnerModel):
    """The user to create."""

    first_name: ShortText = Field(description="First name.", examples=["Dana"])
    last_name: ShortText = Field(description="Last name.", examples=["Reyes"])
    phone: Phone = Field(
        description="Phone number in E.164 format, unique among the partner's users.",
        examples=["+14155550123"],
    )
    email: Annotated[Email | None, EmptyIsNone] = Field(
        None, description="Email address.", examples=["dana@example.com"]
    )
    address: Address
    organization_id: Annotated[str, StringConstraints(max_length=64, pattern=PRINTABLE)] | None = (
        Field(
            None,
            description="Id of the user's organization. Without it, the client's default "
            "organization; required when the client has none.",
            examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
        )
    )


class UserAnswer(PartnerModel):
    """A user."""

    id: str = Field(
        description="Id of the user.", examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"]
    )
    first_name: str = Field(description="First name.", examples=["Dana"])
    last_name: str = Field(description="Last name.", examples=["Reyes"])
    phone: str = Field(description="Phone number in E.164 format.", examples=["+14155550123"])
    email: str | None = Field(
        description="Email address; null when unset.", examples=["dana@example.com"]
    )
    address: Address
    organization_id: str = Field(
        description="Id of the user's organization.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    date_added: str = Field(
        description="When the user was created (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    updated: str = Field(
        description="When the user was last changed (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )

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
