"""The supplier API's requests and answers about vehicles."""

from typing import Self

from pydantic import Field

from motorpool.api.pages import SupplierPageQuery
from motorpool.api.schemas import Id, SupplierModel
from motorpool.vehicles import colors
from motorpool.vehicles.model import Vehicle


class SupplierVehicle(SupplierModel):
    """A vehicle."""

    id: str = Field(
        description="ID of the vehicle.", examples=["veh_019aa8f4d6e18c2f5a7b3d0e9f8a1b2c"]
    )
    owner_id: str = Field(
        description="ID of the organization that owns the vehicle.",
        examples=["org_019aa8f2b1c03d5e7f9a1b2c3d4e5f60"],
    )
    make: str = Field(description="Make of the vehicle.", examples=["Ford"])
    model: str = Field(description="Model of the vehicle.", examples=["Bronco II"])
    year: int = Field(description="Model year of the vehicle.", examples=[1988])
    vin: str = Field(description="VIN of the vehicle.", examples=["1FMCU14T6JU400773"])
    license_plate: str | None = Field(
        description="License plate number; null when unset.", examples=["TEST-123"]
    )
    color_hex_code: str | None = Field(
        description="Color of the vehicle: six hexadecimal digits; null when unset.",
        examples=["FFFFFF"],
    )
    color_name: str | None = Field(
        description="The CSS color name nearest to the hex code; null when that is unset.",
        examples=["white"],
    )
    last_updated: int = Field(
        description="When the vehicle was last changed: milliseconds since 1970-01-01 UTC.",
        examples=[1585339676000],
    )
    driver_id: str | None = Field(
        description="ID of the driver: a user of the owner; null when none is assigned.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    external_id: str | None = Field(
        description="The partner's own number for the vehicle; null when unset.",
        examples=["POLICY-2231"],
    )

    @classmethod
    def of(cls, vehicle: Vehicle, *, owner_id: str | None = None) -> Self:
        """The vehicle as the supplier API shows it, with its own owner or with `owner_id`."""
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
            driver_id=vehicle.driver_id,
            external_id=vehicle.external_id,
        )


class SupplierVehicleAnswer(SupplierModel):
    """One vehicle."""

    vehicle: SupplierVehicle

    @classmethod
    def of(cls, vehicle: Vehicle) -> Self:
        """The vehicle as the supplier API shows it."""
        return cls(vehicle=SupplierVehicle.of(vehicle))


class SupplierVehiclesAnswer(SupplierModel):
    """A page of vehicles."""

    vehicles: list[SupplierVehicle] = Field(description="The vehicles of the page.")
    next_page_token: str | None = Field(
        description="The `page_token` of the next page; null on the last page.", examples=[None]
    )

    @classmethod
    def of(cls, vehicles: list[Vehicle], next_page_token: str | None) -> Self:
        """The page as the supplier API shows it."""
        shown = [SupplierVehicle.of(vehicle) for vehicle in vehicles]
        return cls(vehicles=shown, next_page_token=next_page_token)


class OwnedVehiclesQuery(SupplierPageQuery):
    """Which organization's vehicles to list."""

    owner_id: Id | None = Field(
        None,
        description="ID of the organization whose vehicles to list. Without it, the client's "
        "default organization; required when the client has none.",
    )


class AssignDriver(SupplierModel):
    """The driver to assign."""

    driver_id: Id = Field(
        description="ID of the driver: a user of the organization that owns the vehicle.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
