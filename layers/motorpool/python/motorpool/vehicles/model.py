"""Vehicles: the rules."""

from dataclasses import dataclass, replace
from typing import Annotated, Self, TypedDict

from pydantic import StringConstraints

from motorpool.api.schemas import Upper
from motorpool.clock import now_ms
from motorpool.errors import DriverNotFound, InactiveVehicle, InvalidParameters, TransferInProgress
from motorpool.ids import new_id
from motorpool.tenants.organizations import SupplierType
from motorpool.tenants.users import User
from motorpool.vehicles.vin import DecodedVin

ColorHexCode = Annotated[
    str, Upper, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-F]{6}$")
]
PhotoUrl = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[!-~]+$")]


class VehicleChanges(TypedDict, total=False):
    """Changes to a vehicle, by the names of its fields; None clears a field."""

    plate: str | None
    state: str | None
    photo_url: str | None
    color_hex_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle of an organization (`owner_id`, `owner_path`) and usually of a user.

    `make` and `model` are as the caller wrote them, `decoded_…` as in the VIN database. `plate` is
    as written; plates are compared normalized. Only active vehicles claim their VIN and plate.
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
    def create(
        cls,
        decoded: DecodedVin,
        owner: User,
        *,
        make: str,
        model: str,
        plate: str | None,
        state: str | None,
    ) -> Self:
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
            make=make,
            model=model,
            year=decoded.year,
            decoded_make=decoded.make,
            decoded_model=decoded.model,
            plate=plate,
            state=state,
            active=True,
            date_added=now,
            updated=now,
        )

    def updated_with(self, changes: "VehicleChanges") -> Self:
        """The vehicle with those changes. Raises InvalidParameters on a plate without a state."""
        changed = replace(self, **changes, updated=now_ms())
        if changed.plate and not changed.state:
            raise InvalidParameters(("state", "required with a license plate"))
        return changed

    def owned_by(self, user: User | None) -> Self:
        """The vehicle with that user, or with none.

        Raises InvalidParameters on a user of another organization.
        """
        if user and user.org_id != self.owner_id:
            raise InvalidParameters(
                (
                    "userId",
                    "belongs to another organization than the vehicle: transfer the vehicle first",
                )
            )
        return replace(
            self,
            user_id=user.id if user else None,
            customer_phone=user.phone if user else None,
            updated=now_ms(),
        )

    def made_active(self, active: bool) -> Self:
        """The vehicle activated or deactivated; the same object when it already is."""
        if self.active == active:
            return self
        return replace(self, active=active, updated=now_ms())

    def assigned_to(self, driver: User | None) -> Self:
        """The vehicle with that driver, who replaces any other.

        Raises DriverNotFound unless the driver is a user of the owner, TransferInProgress and
        InactiveVehicle.
        """
        if driver is None or driver.org_id != self.owner_id:
            raise DriverNotFound
        if driver.id == self.driver_id:
            return self
        if self.pending_transfer_id:
            raise TransferInProgress
        if not self.active:
            raise InactiveVehicle
        return replace(self, driver_id=driver.id, updated=now_ms())

    def unassigned(self) -> Self:
        """The vehicle without a driver; the same object when it has none."""
        return replace(self, driver_id=None, updated=now_ms()) if self.driver_id else self
