"""The recorded world: what the recorded events speak of, built piece by piece.

Every function makes one entity with the builder of `infra.local.world`, under the id that the
events have unless told otherwise, and returns it.
"""

from typing import Any

from infra.local.world import BUILDER, World, upload
from motorpool.access.clients import Client
from motorpool.checkins.model import CheckIn
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.history.model import VehicleEvent
from motorpool.photos.model import Photo
from motorpool.tenants.organizations import Organization, SupplierType
from motorpool.tenants.partners import Partner
from motorpool.tenants.users import User
from motorpool.transfers.model import Transfer
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.vin import DecodedVin

PARTNER = "ptr_019aa8f1000000000000000000000001"
CLIENT = "cli_019aa8f1000000000000000000000002"
ORGANIZATION = "org_019aa8f1000000000000000000000003"
USER = "usr_019aa8f1000000000000000000000004"
VEHICLE = "veh_019aa8f1000000000000000000000005"
LICENSE_PHOTO = "pho_019aa8f1000000000000000000000006"
ODOMETER_PHOTO = "pho_019aa8f1000000000000000000000007"
CHECK_IN = "chk_019aa8f1000000000000000000000005019aa8f10000000000000008"
DEVICE = "dev_019aa8f1000000000000000000000002019aa8f1000000000000000d"
TARGET = "org_019aa8f1000000000000000000000009"
TRANSFER = "trf_019aa8f100000000000000000000000a"
SECRET = "motorpool_secret_recorded-event-this-is-not-a-secret-0000000"
PHONE = "+14155550100"
PLATE = "TEST-123"

OTHER_PARTNER = "ptr_" + "f" * 32

BRONCO = DecodedVin("1FMCU14T6JU400773", "FORD", "Bronco II", None, 1988)

# The URL of the API in the recorded events.
API = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/api"

NOT_LOOKED_AT = b"not looked at yet"

uploaded = upload
builder = BUILDER
_world = World()


def partner(
    id: str = PARTNER, *, cadence_days: int | None = None, opens_days_before: int = 0
) -> Partner:
    """A partner."""
    return _world.partner(id=id, cadence_days=cadence_days, opens_days_before=opens_days_before)


def organization(
    id: str = ORGANIZATION,
    *,
    of: str = PARTNER,
    parent: Organization | None = None,
    supplier_type: SupplierType = "Fleet",
) -> Organization:
    """An organization, at the root or below a parent."""
    return _world.organization(of=of, parent=parent, supplier_type=supplier_type, id=id)


def client(
    id: str = CLIENT,
    *,
    secret: str = SECRET,
    of: str = PARTNER,
    linked_to: Organization | None = None,
    home: Organization | None = None,
) -> Client:
    """A client with every scope."""
    return _world.client(id=id, secret=secret, of=of, linked_to=linked_to, home=home).client


def driver(id: str = USER, *, at: Organization, phone: str = PHONE) -> User:
    """A user of an organization."""
    return _world.driver(at=at, name="Kim Okafor", phone=phone, id=id)


def vehicle(
    id: str = VEHICLE,
    *,
    of: User,
    car: DecodedVin = BRONCO,
    plate: str | None = PLATE,
    state: str | None = "CA",
) -> Vehicle:
    """An active vehicle of a user."""
    return _world.vehicle(of=of, car=car, plate=plate, state=state, id=id)


def changed(
    vehicle: Vehicle, after: Vehicle, happened: VehicleEvent = "vehicle.updated"
) -> Vehicle:
    """A changed vehicle, as it is stored."""
    return _world.changed(vehicle, after, happened)


def photo(id: str, *, of: User, file: bytes | None = NOT_LOOKED_AT, **changes: Any) -> Photo:
    """A photo of a user, uploaded unless `file` is None; `changes` are fields of the item."""
    return _world.photo(of=of, file=file, uploaded=file is not None, id=id, **changes)


def photos(*, of: User, **changes: Any) -> PhotoPair:
    """The two photos that the recorded check-ins name, as `photo` makes them."""
    return PhotoPair(
        photo(LICENSE_PHOTO, of=of, **changes), photo(ODOMETER_PHOTO, of=of, **changes)
    )


def check_in(
    id: str = CHECK_IN,
    *,
    of: Vehicle,
    photos: PhotoPair,
    mileage: int = 40_000,
    plate: str = PLATE,
    state: str | None = "CA",
) -> tuple[CheckIn, Vehicle]:
    """A pending check-in of a vehicle, by the rules, and the vehicle after it."""
    return _world.check_in(of=of, photos=photos, mileage=mileage, plate=plate, state=state, id=id)


def transfer(
    id: str = TRANSFER, *, of: Vehicle, to: Organization, new_user: User | None = None
) -> tuple[Transfer, Vehicle]:
    """An accepted transfer, and the vehicle reserved for it."""
    return _world.transfer(of=of, to=to, new_user=new_user, id=id)
