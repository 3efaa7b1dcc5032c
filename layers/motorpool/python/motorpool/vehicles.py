"""Vehicles: what is on the books, and the requests and answers about them."""

from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from motorpool.clock import iso, now_ms
from motorpool.ids import new_id
from motorpool.plates import LicensePlate, StateCode
from motorpool.users import User
from motorpool.vin import DecodedVin
from motorpool.wire import EmptyIsNone, PartnerModel, ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle of an organization (`owner_id`, `owner_path`) and, mostly, of a user.

    `make` and `model` as the caller wrote them, `decoded_…` as the VIN database has them. `plate`
    as written; it is compared in a plainer form. Only an active vehicle holds its VIN and plate.
    """

    id: str
    partner_id: str
    owner_id: str
    owner_path: str
    user_id: str | None
    customer_phone: str | None
    vin: str
    make: str
    model: str
    year: int
    decoded_make: str
    decoded_model: str
    plate: str | None
    state: str | None
    photo_url: str | None
    active: bool
    date_added: int
    updated: int

    @classmethod
    def registered(cls, request: "CreateVehicleByVin", decoded: DecodedVin, owner: User) -> Self:
        """A new vehicle of that user and the user's organization."""
        now = now_ms()
        return cls(
            id=new_id("veh"),
            partner_id=owner.partner_id,
            owner_id=owner.org_id,
            owner_path=owner.org_path,
            user_id=owner.id,
            customer_phone=owner.phone,
            vin=decoded.vin,
            make=request.make,
            model=request.model,
            year=decoded.year,
            decoded_make=decoded.make,
            decoded_model=decoded.model,
            plate=request.license_plate,
            state=request.state,
            photo_url=None,
            active=True,
            date_added=now,
            updated=now,
        )


class CreateVehicleByVin(PartnerModel):
    """A vehicle to be put on the books. Make, model and year must agree with what the VIN says."""

    user_id: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
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
