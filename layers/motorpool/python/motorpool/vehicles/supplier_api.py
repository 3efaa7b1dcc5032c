"""Vehicles as the supplier API shows them, and its requests about them."""

from typing import Self

from pydantic import Field

from motorpool.api.pages import Token as PageToken
from motorpool.api.schemas import Id, SupplierModel
from motorpool.vehicles import colors
from motorpool.vehicles.model import Vehicle


class SupplierVehicle(SupplierModel):
    """The vehicle object of the supplier API."""

    id: str = Field(description="Vehicle ID", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"])
    owner_id: str = Field(
        description="ID of the vehicle supplier that owns the vehicle",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    make: str = Field(examples=["Ford"])
    model: str = Field(examples=["Bronco II"])
    year: int = Field(examples=[1988])
    vin: str = Field(examples=["1FMCU14T6JU400773"])
    license_plate: str | None = Field(examples=["TEST-123"])
    color_hex_code: str | None = Field(examples=["FFFFFF"])
    color_name: str | None = Field(
        description="The CSS color name nearest to the hex code.", examples=["white"]
    )
    last_updated: int = Field(description="Milliseconds since 1970.", examples=[1585339676000])

    @classmethod
    def of(cls, vehicle: Vehicle, *, owner_id: str | None = None) -> Self:
        """The vehicle as the supplier API shows it; `owner_id`: as it will be with that owner."""
        color = vehicle.color_hex_code
        return cls(
            id=vehicle.id,
            owner_id=owner_id or vehicle.owner_id,
            make=vehicle.make,
            model=vehicle.model,
            year=vehicle.year,
            vin=vehicle.vin,
            license_plate=vehicle.plate,
            color_hex_code=color,
            color_name=colors.name_of(color) if color else None,
            last_updated=vehicle.updated,
        )


class SupplierVehicleAnswer(SupplierModel):
    """A vehicle."""

    vehicle: SupplierVehicle

    @classmethod
    def of(cls, vehicle: Vehicle) -> Self:
        """The vehicle as the supplier API shows it."""
        return cls(vehicle=SupplierVehicle.of(vehicle))


class SupplierVehiclesAnswer(SupplierModel):
    """A page of vehicles."""

    vehicles: list[SupplierVehicle]
    next_page_token: str | None = Field(examples=[None])

    @classmethod
    def of(cls, vehicles: list[Vehicle], next_page_token: str | None) -> Self:
        """The page as the supplier API shows it."""
        shown = [SupplierVehicle.of(vehicle) for vehicle in vehicles]
        return cls(vehicles=shown, next_page_token=next_page_token)


class SupplierPageQuery(SupplierModel):
    """Which page of a list."""

    page_size: int = Field(25, ge=1, le=100, description="The most items that one page may have.")
    page_token: PageToken | None = Field(
        None, description="The `next_page_token` of the page before."
    )


class OwnedVehiclesQuery(SupplierPageQuery):
    """Whose vehicles."""

    owner_id: Id | None = Field(
        None, description="The organization that owns them; the client's own, unless given."
    )


class AssignDriver(SupplierModel):
    """Who is to drive a vehicle."""

    driver_id: Id = Field(
        description="A user of the organization that owns the vehicle.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
