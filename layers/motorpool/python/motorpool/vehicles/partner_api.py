"""Vehicles over the wire: the requests and answers of the partner API."""

from typing import Annotated, Self, cast

from pydantic import Field, model_validator

from motorpool.api.schemas import EmptyIsNone, Id, PartnerModel, ShortText, StateCode
from motorpool.clock import iso
from motorpool.vehicles.model import ColorHexCode, PhotoUrl, Vehicle, VehicleChanges
from motorpool.vehicles.plates import LicensePlate


class CreateVehicleByVin(PartnerModel):
    """A vehicle to be put on the books. Make, model and year must agree with what the VIN says."""

    user_id: Id = Field(
        description="Id of the user.", examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"]
    )
    vin: str = Field(description="VIN of the vehicle.", examples=["1FMCU14T6JU400773"])
    make: ShortText = Field(description="Make of the vehicle.", examples=["Ford"])
    model: ShortText = Field(description="Model of the vehicle.", examples=["Bronco II"])
    year: int = Field(ge=1980, description="Model year of the vehicle.", examples=[1988])
    license_plate: Annotated[LicensePlate | None, EmptyIsNone] = Field(
        None,
        description="License plate number; compared without case, spaces, dots and dashes.",
        examples=["TEST-123"],
    )
    state: StateCode | None = Field(
        None,
        description="Two-letter US state or DC code; required with a license plate.",
        examples=["CA"],
    )

    @model_validator(mode="after")
    def _plates_are_issued_by_states(self) -> Self:
        if self.license_plate and not self.state:
            raise ValueError("state: required when licensePlate is given")
        return self


class UpdateVehicle(PartnerModel):
    """Changes to a vehicle: only what is named changes; an empty string or null clears it."""

    license_plate: Annotated[LicensePlate | None, EmptyIsNone] = Field(
        None, description="License plate number; empty clears it.", examples=["TEST-456"]
    )
    state: Annotated[StateCode | None, EmptyIsNone] = Field(
        None, description="Two-letter US state or DC code.", examples=["CA"]
    )
    photo_url: Annotated[PhotoUrl | None, EmptyIsNone] = Field(
        None,
        description="URL of a photo of the vehicle.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )
    color_hex_code: Annotated[ColorHexCode | None, EmptyIsNone] = Field(
        None, description="Six hexadecimal digits.", examples=["FFFFFF"]
    )
    user_id: Annotated[Id | None, EmptyIsNone] = Field(
        None,
        description="A user of the organization that owns the vehicle.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )

    @property
    def names_user(self) -> bool:
        """Whether the vehicle gets another user, or none."""
        return "user_id" in self.model_fields_set

    def changes(self) -> VehicleChanges:
        """What the request names of the vehicle itself."""
        named = self.model_dump(by_alias=False, exclude_unset=True, exclude={"user_id"})
        if "license_plate" in named:
            named["plate"] = named.pop("license_plate")
        return cast(VehicleChanges, named)


class VehicleAnswer(PartnerModel):
    """The vehicle object."""

    id: str = Field(
        description="Id of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    license: str | None = Field(description="License plate number.", examples=["TEST-123"])
    photo_url: str | None = Field(description="Photo of the vehicle.", examples=[None])
    make: str = Field(description="Make, as the caller wrote it.", examples=["Ford"])
    model: str = Field(description="Model, as the caller wrote it.", examples=["Bronco II"])
    vin: str = Field(description="VIN of the vehicle.", examples=["1FMCU14T6JU400773"])
    state: str | None = Field(description="Two-letter state code.", examples=["CA"])
    year: str = Field(description="Model year.", examples=["1988"])
    date_added: str = Field(
        description="Time at which the vehicle was added to the system.",
        examples=["2026-11-21T09:30:00.000Z"],
    )
    updated: str = Field(
        description="Last updated timestamp.", examples=["2026-11-21T09:30:00.000Z"]
    )
    user_id: str | None = Field(
        description="User id of the owner.", examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"]
    )
    customer_phone_number: str | None = Field(
        description="Phone number of the owner.", examples=["+14155550123"]
    )
    active: bool = Field(description="Whether the vehicle is on the books.", examples=[True])

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
        )


class VehiclesAnswer(PartnerModel):
    """A page of vehicles."""

    vehicles: list[VehicleAnswer]
    next_cursor: str | None = Field(
        description="Leads to the next page; null at the end.", examples=[None]
    )

    @classmethod
    def of(cls, vehicles: list[Vehicle], next_cursor: str | None) -> Self:
        """The page as the partner API shows it."""
        return cls(vehicles=[VehicleAnswer.of(v) for v in vehicles], next_cursor=next_cursor)
