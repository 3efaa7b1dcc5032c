"""The partner API's requests and answers about vehicles."""

from typing import Annotated, Self, cast

from pydantic import Field, StringConstraints, model_validator

from motorpool.api.pages import PageQuery
from motorpool.api.schemas import EmptyIsNone, Id, PartnerModel, ShortText, StateCode, Upper
from motorpool.clock import iso
from motorpool.vehicles.model import (
    ColorHexCode,
    ExternalId,
    Metadata,
    PhotoUrl,
    Vehicle,
    VehicleChanges,
)
from motorpool.vehicles.plates import LicensePlate


class CreateVehicleByVin(PartnerModel):
    """The vehicle to create. Make, model and year must agree with the decoded VIN."""

    user_id: Id = Field(
        description="Id of the user who owns the vehicle.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    vin: str = Field(
        description="VIN of the vehicle: 17 characters, upper or lower case.",
        examples=["1FMCU14T6JU400773"],
    )
    make: ShortText = Field(
        description="Make of the vehicle; common other names are accepted (`Chevy`).",
        examples=["Ford"],
    )
    model: ShortText = Field(
        description="Model of the vehicle; a trim or series may follow it.", examples=["Bronco II"]
    )
    year: int = Field(
        ge=1980,
        description="Year in which the vehicle was built: the model year that the VIN decodes to, "
        "or the year before.",
        examples=[1988],
    )
    license_plate: Annotated[LicensePlate | None, EmptyIsNone] = Field(
        None,
        description="License plate number. Case, spaces, dots and dashes are ignored when plates "
        "are compared. Unique in its state among the partner's active vehicles.",
        examples=["TEST-123"],
    )
    state: StateCode | None = Field(
        None,
        description="Two-letter US state or DC code, upper or lower case. For a license plate, the "
        "default is the state of the user's address.",
        examples=["CA"],
    )
    external_id: Annotated[ExternalId | None, EmptyIsNone] = Field(
        None,
        description="The partner's own number for the vehicle: 1 to 64 printable characters, "
        "compared as they are. Unique among the partner's active vehicles.",
        examples=["POLICY-2231"],
    )
    metadata: Metadata | None = Field(
        None,
        description="Notes of the partner's own, which Motorpool never interprets: up to 20 names "
        "(1 to 40 letters, digits, `_`, `.` and `-`), each with a text of up to 500 characters.",
        examples=[{"costCenter": "4711"}],
    )


class UpdateVehicle(PartnerModel):
    """Changes to a vehicle. Missing fields stay as they are; null or an empty string clears one."""

    license_plate: Annotated[LicensePlate | None, EmptyIsNone] = Field(
        None,
        description="License plate number; needs a state, here or on the vehicle.",
        examples=["TEST-456"],
    )
    state: Annotated[StateCode | None, EmptyIsNone] = Field(
        None, description="Two-letter US state or DC code, upper or lower case.", examples=["CA"]
    )
    photo_url: Annotated[PhotoUrl | None, EmptyIsNone] = Field(
        None,
        description="URL of a photo of the vehicle: http or https, up to 2048 characters.",
        examples=["https://cdn.example.com/cars/bronco.jpg"],
    )
    color_hex_code: Annotated[ColorHexCode | None, EmptyIsNone] = Field(
        None, description="Color of the vehicle: six hexadecimal digits.", examples=["FFFFFF"]
    )
    user_id: Annotated[Id | None, EmptyIsNone] = Field(
        None,
        description="Id of the user who owns the vehicle: a user of its organization.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    external_id: Annotated[ExternalId | None, EmptyIsNone] = Field(
        None,
        description="The partner's own number for the vehicle, unique among the partner's active "
        "vehicles.",
        examples=["POLICY-2231"],
    )
    metadata: Metadata | None = Field(
        None,
        description="Notes of the partner's own, in the place of all that there were.",
        examples=[{"costCenter": "4711"}],
    )

    @property
    def names_user(self) -> bool:
        """Whether the request sets or clears the vehicle's user."""
        return "user_id" in self.model_fields_set

    def changes(self) -> VehicleChanges:
        """The changes to the vehicle's own fields: without the user."""
        named = self.model_dump(by_alias=False, exclude_unset=True, exclude={"user_id"})
        if "license_plate" in named:
            named["plate"] = named.pop("license_plate")
        return cast(VehicleChanges, named)


class VehicleAnswer(PartnerModel):
    """The vehicle object."""

    id: str = Field(
        description="Id of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    license: str | None = Field(
        description="License plate number as it was given; null when unset.", examples=["TEST-123"]
    )
    photo_url: str | None = Field(
        description="URL of a photo of the vehicle; null when unset.", examples=[None]
    )
    make: str = Field(description="Make of the vehicle as it was given.", examples=["Ford"])
    model: str = Field(description="Model of the vehicle as it was given.", examples=["Bronco II"])
    vin: str = Field(description="VIN of the vehicle.", examples=["1FMCU14T6JU400773"])
    state: str | None = Field(
        description="Two-letter code of the plate's state; null when unset.", examples=["CA"]
    )
    year: str = Field(description="Model year, as a string.", examples=["1988"])
    date_added: str = Field(
        description="When the vehicle was created (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    updated: str = Field(
        description="When the vehicle was last changed (ISO 8601, UTC).",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    user_id: str | None = Field(
        description="Id of the user who owns the vehicle; null when it has none.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    customer_phone_number: str | None = Field(
        description="Phone number of that user in E.164 format; null when it has none.",
        examples=["+14155550123"],
    )
    active: bool = Field(
        description="False after the vehicle was deactivated: others may use its VIN, plate and "
        "external id.",
        examples=[True],
    )
    organization_id: str = Field(
        description="Id of the organization that owns the vehicle.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    external_id: str | None = Field(
        description="The partner's own number for the vehicle; null when unset.",
        examples=["POLICY-2231"],
    )
    metadata: dict[str, str] | None = Field(
        description="Notes of the partner's own; null when unset.",
        examples=[{"costCenter": "4711"}],
    )

    @classmethod
    def of(cls, vehicle: Vehicle) -> Self:
        """The vehicle as the partner API shows it."""
        return cls(
            id=vehicle.id,
            license=vehicle.plate,
            photo_url=vehicle.photo_url,
            make=vehicle.make,
            model=vehicle.model,
            vin=vehicle.vin,
            state=vehicle.state,
            year=str(vehicle.year),
            date_added=iso(vehicle.date_added),
            updated=iso(vehicle.updated),
            user_id=vehicle.user_id,
            customer_phone_number=vehicle.customer_phone,
            active=vehicle.active,
            organization_id=vehicle.owner_id,
            external_id=vehicle.external_id,
            metadata=None if vehicle.metadata is None else dict(vehicle.metadata),
        )


class VehiclesAnswer(PartnerModel):
    """A page of vehicles."""

    vehicles: list[VehicleAnswer] = Field(description="The vehicles of the page.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(cls, vehicles: list[Vehicle], next_cursor: str | None) -> Self:
        """The page as the partner API shows it."""
        return cls(vehicles=[VehicleAnswer.of(v) for v in vehicles], next_cursor=next_cursor)


class VehiclesQuery(PageQuery):
    """Which vehicles to list; several filters must all be met."""

    vin: Annotated[str, Upper, StringConstraints(strip_whitespace=True, max_length=64)] | None = (
        Field(
            None,
            description="VIN of an active vehicle, upper or lower case.",
            examples=["1FMCU14T6JU400773"],
        )
    )
    license_plate: LicensePlate | None = Field(
        None,
        description="License plate of an active vehicle, compared as when it was registered; needs "
        "`state`.",
        examples=["TEST-123"],
    )
    state: StateCode | None = Field(
        None, description="Two-letter code of the plate's state.", examples=["CA"]
    )
    external_id: ExternalId | None = Field(
        None, description="`externalId` of an active vehicle.", examples=["POLICY-2231"]
    )
    organization_id: Id | None = Field(
        None,
        description="Id of the organization that owns the vehicles, without those of the "
        "organizations below it.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    user_id: Id | None = Field(
        None,
        description="Id of the user who owns the vehicles.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    active: bool | None = Field(
        None, description="`true`: only active vehicles; `false`: only deactivated ones."
    )

    @model_validator(mode="after")
    def _plates_and_states_come_together(self) -> Self:
        if self.license_plate and not self.state:
            raise ValueError("state: required with licensePlate")
        if self.state and not self.license_plate:
            raise ValueError("licensePlate: required with state")
        return self

    @property
    def plate(self) -> tuple[str, str] | None:
        """State and plate; None when no plate is given."""
        return (self.state, self.license_plate) if self.state and self.license_plate else None

    @property
    def names_one(self) -> bool:
        """Whether it asks for what one active vehicle has at most."""
        return bool(self.vin or self.plate or self.external_id)

    def accepts(self, vehicle: Vehicle) -> bool:
        """Whether an active vehicle meets the filters that are not its own."""
        return (
            self.organization_id in (None, vehicle.owner_id)
            and self.user_id in (None, vehicle.user_id)
            and self.active is not False
        )

    @property
    def subject(self) -> str:
        """Which list it is, for the cursor."""
        return f"vehicles of {self.organization_id} and {self.user_id} that are {self.active}"
