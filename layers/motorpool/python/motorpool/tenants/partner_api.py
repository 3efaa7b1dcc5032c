"""The partner API's requests and answers about users."""

from typing import Annotated, Self, cast

from pydantic import Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from motorpool.access.callers import Caller
from motorpool.access.clients import Client
from motorpool.access.devices import (
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    Device,
)
from motorpool.access.limits import CLIENT, TRANSFERS_PER_HOUR
from motorpool.api.schemas import NOT_STORED, EmptyIsNone, PartnerModel, ShortText, StateCode
from motorpool.clock import DAY_SECONDS, iso
from motorpool.names import PRINTABLE
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import Partner
from motorpool.tenants.users import Email, Phone, User, UserChanges


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


class UpdateUser(PartnerModel):
    """Changes to a user. Missing fields stay as they are."""

    first_name: ShortText | None = Field(None, description="First name.", examples=["Dana"])
    last_name: ShortText | None = Field(None, description="Last name.", examples=["Reyes"])
    phone: Phone | None = Field(
        None,
        description="Phone number in E.164 format, unique among the partner's users. The user's "
        "vehicles get it too.",
        examples=["+14155550124"],
    )
    email: Annotated[Email | None, EmptyIsNone] = Field(
        None,
        description="Email address; null or an empty string clears it.",
        examples=["dana@example.com"],
    )
    address: Address | None = None

    @model_validator(mode="after")
    def _only_the_email_is_cleared(self) -> Self:
        for name in self.model_fields_set - {"email"}:
            if getattr(self, name) is None:
                raise ValueError(f"{to_camel(name)}: must not be null")
        return self

    def changes(self) -> UserChanges:
        """The changes to the user's fields."""
        named = self.model_dump(by_alias=False, exclude_unset=True, exclude={"address"})
        if self.address:
            named["state"] = self.address.state
        return cast(UserChanges, named)


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


class UsersAnswer(PartnerModel):
    """A page of users."""

    users: list[UserAnswer] = Field(description="The users of the page.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(cls, users: list[User], next_cursor: str | None) -> Self:
        """The page as the partner API shows it."""
        return cls(users=[UserAnswer.of(user) for user in users], next_cursor=next_cursor)


class LimitsAnswer(PartnerModel):
    """How many requests the client may make."""

    requests_per_second: int = Field(
        description="Requests a second to all operations of both APIs, where the operator limits "
        "each client.",
        examples=[CLIENT.per_second],
    )
    requests_at_once: int = Field(
        description="Requests that may come at once after a quiet time.", examples=[CLIENT.at_once]
    )
    transfers_per_hour: int = Field(
        description="Requests for transfers in an hour.", examples=[TRANSFERS_PER_HOUR]
    )


class ClientAnswer(PartnerModel):
    """The client that the request's credentials are of."""

    client_id: str = Field(
        description="Id of the client.", examples=["cli_019aa8f0c1d2e3f405162738495a6b7c"]
    )
    name: str = Field(description="Name of the client.", examples=["Fleet backend"])
    partner_id: str = Field(
        description="Id of the partner.", examples=["ptr_019aa8f0b1c2d3e4f5061728394a5b6c"]
    )
    partner_name: str = Field(description="Name of the partner.", examples=["Example Fleets"])
    organization_id: str | None = Field(
        description="Id of the organization that new users join when the request names none; null "
        "when there is none.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    organization_name: str | None = Field(
        description="Name of that organization.", examples=["Fleet West"]
    )
    sees_whole_partner: bool = Field(
        description="True when the client sees the whole partner; false when it sees that "
        "organization and those below it.",
        examples=[True],
    )
    scopes: list[str] = Field(
        description="Scopes of the client, in alphabetical order.", examples=[["checkins.review"]]
    )
    version: str | None = Field(
        description="The version of the API that the request is answered in; null: the documents' "
        "own.",
        examples=[None],
    )
    limits: LimitsAnswer = Field(description="How many requests the client may make.")

    @classmethod
    def of(
        cls, caller: Caller, partner: Partner, client: Client, organization: Organization | None
    ) -> Self:
        """The client as the partner API shows it."""
        return cls(
            client_id=client.id,
            name=client.name,
            partner_id=partner.id,
            partner_name=partner.name,
            organization_id=organization.id if organization else None,
            organization_name=organization.name if organization else None,
            sees_whole_partner=not caller.org_path,
            scopes=sorted(caller.scopes),
            version=None,
            limits=LimitsAnswer(
                requests_per_second=CLIENT.per_second,
                requests_at_once=CLIENT.at_once,
                transfers_per_hour=TRANSFERS_PER_HOUR,
            ),
        )


class HealthAnswer(PartnerModel):
    """That the API answers."""

    status: str = Field(description="Always `ok`.", examples=["ok"])


class CreateDevice(PartnerModel):
    """The device to let in."""

    ttl_seconds: int = Field(
        DAY_SECONDS,
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="Seconds until the device's time is over.",
        examples=[DAY_SECONDS],
    )


class DeviceAnswer(PartnerModel):
    """A device, without its secret."""

    device_id: str = Field(
        description="Id of the device.",
        examples=["dev_019aa8f0c1d2e3f405162738495a6b7c019aa8f60f8a1b2c3d4e5f60"],
    )
    user_id: str = Field(
        description="Id of the user whose device it is.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    created_at: str = Field(
        description="When the device was let in (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    expires_at: str = Field(
        description="When its time is over (ISO 8601, UTC).", examples=["2026-11-22T09:30:00.000Z"]
    )

    @classmethod
    def of(cls, device: Device) -> Self:
        """The device as the partner API shows it."""
        return cls(
            device_id=device.id,
            user_id=device.user_id,
            created_at=iso(device.created),
            expires_at=iso(device.expires_at * 1000),
        )


class NewDeviceAnswer(DeviceAnswer):
    """A device, and the three headers that it sends. The secret is shown once."""

    partner_id: str = Field(
        description="Value of the header `partnerId`.",
        examples=["ptr_019aa8f0b1c2d3e4f5061728394a5b6c"],
    )
    client_id: str = Field(
        description="Value of the header `clientId`: the device's id.",
        examples=["dev_019aa8f0c1d2e3f405162738495a6b7c019aa8f60f8a1b2c3d4e5f60"],
    )
    client_secret: Annotated[str, NOT_STORED] = Field(
        description="Value of the header `clientSecret`. A repeated request with the same "
        "Idempotency-Key gets another one, which replaces this one.",
        examples=["motorpool_secret_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"],
    )

    @classmethod
    def with_secret(cls, device: Device, secret: str) -> Self:
        """The device as it is shown once, with its secret."""
        shown = DeviceAnswer.of(device)
        return cls(
            **dict(shown), partner_id=device.partner_id, client_id=device.id, client_secret=secret
        )


class DevicesAnswer(PartnerModel):
    """A page of devices."""

    devices: list[DeviceAnswer] = Field(description="The devices of the page.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(cls, devices: list[Device], next_cursor: str | None) -> Self:
        """The page as the partner API shows it."""
        return cls(devices=[DeviceAnswer.of(one) for one in devices], next_cursor=next_cursor)
