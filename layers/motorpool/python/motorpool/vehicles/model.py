"""Vehicles: the rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, NotRequired, Self, TypedDict

from pydantic import Field, StringConstraints

from motorpool.api.schemas import ShortText, Upper
from motorpool.clock import now_ms
from motorpool.dynamodb.items import camel, from_attributes
from motorpool.errors import DriverNotFound, InactiveVehicle, InvalidParameters, TransferInProgress
from motorpool.history.model import Entry, Event, Head, VehicleEvent, shown
from motorpool.ids import new_id
from motorpool.tenants.organizations import SupplierType
from motorpool.tenants.users import User
from motorpool.vehicles.vin import DecodedVin

ColorHexCode = Annotated[
    str, Upper, StringConstraints(strip_whitespace=True, pattern=r"^[0-9A-F]{6}$")
]
ExternalId = ShortText
# The partner's own notes: never interpreted, and replaced as a whole.
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,40}$")],
        Annotated[str, StringConstraints(max_length=500)],
    ],
    Field(max_length=20),
]
PhotoUrl = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[!-~]+$")]


class VehicleChanges(TypedDict, total=False):
    """Changes to a vehicle, by the names of its fields; None clears a field."""

    plate: str | None
    state: str | None
    photo_url: str | None
    color_hex_code: str | None
    external_id: str | None
    metadata: Mapping[str, str] | None


class OpenReading(TypedDict):
    """An open check-in, as `checkins/readings.py` keeps it in the vehicle."""

    ownerId: str
    mileage: NotRequired[int]
    at: int


class OpenReadings(TypedDict):
    """The open check-ins by id, and what remains without them; see `checkins/readings.py`."""

    mileage: NotRequired[int]
    at: NotRequired[int]
    open: Mapping[str, OpenReading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle of an organization (`owner_id`, `owner_path`) and usually of a user.

    `make` and `model` are as the caller wrote them, `decoded_…` as in the VIN database. `plate` is
    as written; plates are compared normalized. `external_id` and `metadata` are the partner's own.
    Only active vehicles claim their VIN, plate and external id. `open_check_in_id` is the open
    check-in that its present owner made, `open_readings` what `checkins/readings.py` keeps.
    `plate_is_given`: the open check-in gave it its plate, which it takes back when it is declined.
    `history_…` is the last entry of its history; none yet, if only version 0.1.0 wrote it.
    `custody_number` is read by that version, which a rollback brings back.
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
    external_id: str | None = None
    metadata: Mapping[str, str] | None = None
    active: bool
    date_added: int
    updated: int
    highest_mileage: int | None = None
    last_check_in_at: int | None = None
    open_check_in_id: str | None = None
    open_readings: OpenReadings | None = None
    plate_is_given: bool | None = None
    driver_id: str | None = None
    pending_transfer_id: str | None = None
    pending_owner_id: str | None = None
    pending_user_id: str | None = None
    last_transfer_id: str | None = None
    custody_number: int = 1
    history_number: int = 0
    history_hash: str | None = None
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
        external_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Self:
        """A new vehicle of that user and the user's organization.

        A plate without a state is of the user's. Raises InvalidParameters when the user has none.
        """
        if plate and not state:
            state = owner.state
            if not state:
                raise InvalidParameters(("state", "required: the user's address has none"))
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
            external_id=external_id,
            metadata=metadata,
            active=True,
            date_added=now,
            updated=now,
        )

    def updated_with(self, changes: "VehicleChanges") -> Self:
        """The vehicle with those changes; the same object when they change nothing.

        Raises InvalidParameters on a plate without a state.
        """
        changed = replace(self, **changes)
        if changed.plate and not changed.state:
            raise InvalidParameters(("state", "required with a license plate"))
        if (changed.plate, changed.state) != (self.plate, self.state):
            changed = replace(changed, plate_is_given=None)
        return self._unless_same(changed)

    def owned_by(self, user: User | None) -> Self:
        """The vehicle with that user, or with none; the same object when it is so already.

        Raises InvalidParameters on a user of another organization.
        """
        if user and user.org_id != self.owner_id:
            raise InvalidParameters(
                (
                    "userId",
                    "belongs to another organization than the vehicle: transfer the vehicle first",
                )
            )
        changed = replace(
            self,
            user_id=user.id if user else None,
            customer_phone=user.phone if user else None,
        )
        return self._unless_same(changed)

    def with_phone_of(self, user: User) -> Self:
        """The vehicle with its user's phone number; the same object when it has it already."""
        return self._unless_same(replace(self, customer_phone=user.phone))

    def _unless_same(self, changed: Self) -> Self:
        return self if changed == self else replace(changed, updated=now_ms())

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

    @property
    def head(self) -> Head | None:
        """The last entry of its history, as far as it names one."""
        return Head(self.history_number, self.history_hash) if self.history_hash else None

    def with_head(self, head: Head) -> Self:
        """The vehicle with that last entry of its history."""
        return replace(self, history_number=head.n, history_hash=head.hash)

    def event(self, type: VehicleEvent) -> Event:
        """What happened to the vehicle: it is as it is now. Its plate is its user's."""
        return Event(
            type=type,
            at=self.updated,
            partner_id=self.partner_id,
            owner_paths=(self.owner_path,),
            thing=shown(self, *_SHOWN),
            personal=shown(self, *_PERSONAL),
        )

    def changed_since(self, read: "Vehicle") -> tuple[str, ...]:
        """The attributes in which it differs, for its history."""
        return tuple(camel(name) for name in _TOLD if getattr(self, name) != getattr(read, name))

    @classmethod
    def as_in(cls, entry: Entry) -> Self:
        """The vehicle as an entry about it shows it; what no API shows is None."""
        owner_path = entry.owner_paths[0]
        return from_attributes(
            cls,
            {
                **entry.thing,
                **(entry.personal or {}),
                "id": entry.subject_id,
                "partnerId": entry.partner_id,
                "ownerId": owner_path.rpartition("/")[2],
                "ownerPath": owner_path,
                "updated": entry.at,
            },
        )


# What the APIs show of a vehicle beside its id, owner and last change.
_SHOWN = (
    *("make", "model", "vin", "year", "color_hex_code", "active", "date_added"),
    *("user_id", "driver_id"),
)
# A plate leads to its holder, a picture or its address may show one, and nobody knows what the
# partner notes.
_PERSONAL = ("plate", "state", "photo_url", "customer_phone", "external_id", "metadata")
_TOLD = (
    *("plate", "state", "photo_url", "color_hex_code", "user_id", "driver_id", "active"),
    *("owner_id", "highest_mileage", "external_id", "metadata", "customer_phone"),
)
