"""Vehicles: what is on the books, and the requests and answers about them."""

from dataclasses import dataclass, replace
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from motorpool.clock import iso, now_ms
from motorpool.errors import InactiveVehicle, InvalidParameters, TransferInProgress
from motorpool.ids import new_id
from motorpool.organizations import SupplierType
from motorpool.plates import LicensePlate, StateCode
from motorpool.users import User
from motorpool.vin import DecodedVin
from motorpool.wire import EmptyIsNone, Id, PartnerModel, ShortText, Upper

ColorHexCode = Annotated[
    str, Upper, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-F]{6}$")
]
PhotoUrl = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[!-~]+$")]


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
    supplier_type: SupplierType
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
    photo_url: str | None = None
    color_hex_code: str | None = None
    active: bool
    date_added: int
    updated: int
    highest_mileage: int | None = None
    last_check_in_at: int | None = None
    open_check_in_id: str | None = None
    driver_id: str | None = None
    pending_transfer_id: str | None = None
    pending_owner_id: str | None = None
    last_transfer_id: str | None = None
    custody_number: int = 1
    version: int = 1

    @classmethod
    def registered(cls, request: "CreateVehicleByVin", decoded: DecodedVin, owner: User) -> Self:
        """A new vehicle of that user and the user's organization."""
        now = now_ms()
        return cls(
            id=new_id("veh"),
            partner_id=owner.partner_id,
            owner_id=owner.org_id,
            owner_path=owner.org_path,
            supplier_type=owner.supplier_type,
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
            active=True,
            date_added=now,
            updated=now,
        )

    def updated_with(self, request: "UpdateVehicle", user: User | None) -> Self:
        """The vehicle with what the request gives; what it does not name stays.

        `user` is the one that `userId` names. Raises InvalidParameters on a plate without a state,
        and on a user of another organization.
        """
        given = request.model_fields_set
        plate = request.license_plate if "license_plate" in given else self.plate
        state = request.state if "state" in given else self.state
        if plate and not state:
            raise InvalidParameters(("state", "required with a license plate"))
        changed = replace(self, plate=plate, state=state, updated=now_ms())
        if "photo_url" in given:
            changed = replace(changed, photo_url=request.photo_url)
        if "color_hex_code" in given:
            changed = replace(changed, color_hex_code=request.color_hex_code)
        if "user_id" in given:
            if user and user.org_id != self.owner_id:
                raise InvalidParameters(
                    ("userId", "is of another organization than the vehicle: transfer it first")
                )
            changed = replace(
                changed,
                user_id=user.id if user else None,
                customer_phone=user.phone if user else None,
            )
        return changed

    def made_active(self, active: bool) -> Self:
        """The vehicle on the books or off them; the same object when it is so already."""
        if self.active == active:
            return self
        return replace(self, active=active, updated=now_ms())

    def driven_by(self, driver: User | None) -> Self:
        """The vehicle with that driver, or with none.

        Raises TransferInProgress, and InactiveVehicle on a driver for a deactivated vehicle.
        """
        driver_id = driver.id if driver else None
        if driver_id == self.driver_id:
            return self
        if driver and self.pending_transfer_id:
            raise TransferInProgress
        if driver and not self.active:
            raise InactiveVehicle
        return replace(self, driver_id=driver_id, updated=now_ms())


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
