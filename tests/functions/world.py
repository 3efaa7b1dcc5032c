"""The world that the recorded events speak of, put into the table piece by piece.

Every helper writes one entity, with the id that the events have unless told otherwise, and
returns it.
"""

import os
from dataclasses import replace
from typing import Any

from motorpool.access import client_store as clients
from motorpool.access.clients import Client
from motorpool.access.scopes import ALL_SCOPES
from motorpool.access.secret_keys import pepper
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.dynamodb import table
from motorpool.photos import store as stored_photos
from motorpool.photos.model import ContentType, Photo
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants import user_store as users
from motorpool.tenants.organizations import Organization, SupplierType
from motorpool.tenants.partners import Cadence, Partner
from motorpool.tenants.users import User
from motorpool.transfers import store as transfers
from motorpool.transfers.model import Transfer
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.vin import DecodedVin
from tests.functions import wire

PARTNER = "ptr_019aa8f1000000000000000000000001"
CLIENT = "cli_019aa8f1000000000000000000000002"
ORGANIZATION = "org_019aa8f1000000000000000000000003"
USER = "usr_019aa8f1000000000000000000000004"
VEHICLE = "veh_019aa8f1000000000000000000000005"
LICENSE_PHOTO = "pho_019aa8f1000000000000000000000006"
ODOMETER_PHOTO = "pho_019aa8f1000000000000000000000007"
CHECK_IN = "chk_019aa8f1000000000000000000000005019aa8f10000000000000008"
TARGET = "org_019aa8f1000000000000000000000009"
TRANSFER = "trf_019aa8f100000000000000000000000a"
SECRET = "motorpool_secret_recorded-event-this-is-not-a-secret-0000000"

OTHER_PARTNER = "ptr_" + "f" * 32

BRONCO = DecodedVin("1FMCU14T6JU400773", "FORD", "Bronco II", None, 1988)


# The URL of the API in the recorded events.
API = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/api"


def partner(
    id: str = PARTNER, *, cadence_days: int | None = None, opens_days_before: int = 0
) -> Partner:
    """A partner."""
    signed = replace(Partner.create("Recorded Motors"), id=id)
    made = signed.with_cadence(cadence_days, opens_days_before)
    table.transact(partners.add(made))
    return made


def organization(
    id: str = ORGANIZATION,
    *,
    of: str = PARTNER,
    parent: Organization | None = None,
    supplier_type: SupplierType = "Fleet",
) -> Organization:
    """An organization, at the root or below a parent."""
    path = f"{parent.path}/{id}" if parent else id
    founded = Organization.create(of, "A fleet", supplier_type, parent)
    made = replace(founded, id=id, path=path)
    table.transact(organizations.add(made))
    return made


def client(
    id: str = CLIENT, *, secret: str = SECRET, of: str = PARTNER, **links: Organization
) -> Client:
    """A client with every scope. `links` are `linked_to` and `home`."""
    admitted = Client.create(of, "A client", ALL_SCOPES, secret=secret, pepper=pepper(), **links)
    made = replace(admitted, id=id)
    table.transact(clients.add(made))
    return made


def driver(id: str = USER, *, at: Organization, phone: str = "+14155550100") -> User:
    """A user of an organization."""
    enrolled = User.create(at, first_name="Kim", last_name="Okafor", phone=phone, state="CA")
    made = replace(enrolled, id=id)
    table.transact(*users.add(made))
    return made


def vehicle(
    id: str = VEHICLE,
    *,
    of: User,
    car: DecodedVin = BRONCO,
    plate: str | None = "TEST-123",
    state: str | None = "CA",
) -> Vehicle:
    """An active vehicle of a user."""
    registered = Vehicle.create(car, of, make="Ford", model=car.model, plate=plate, state=state)
    made = replace(registered, id=id)
    table.transact(*vehicles.add(made))
    return made


def photo(
    id: str,
    *,
    of: User,
    file: bytes | None = b"not looked at yet",
    content_type: ContentType = "image/jpeg",
    **changes: Any,
) -> Photo:
    """A photo of a user, uploaded unless `file` is None; `changes` are fields of the item."""
    made = replace(Photo.create(of, content_type), id=id, **changes)
    table.transact(*stored_photos.add(made))
    if file is not None:
        uploaded(made, file)
    return made


def photos(*, of: User, **changes: Any) -> PhotoPair:
    """The two photos that the recorded check-ins name, as `photo` makes them."""
    return PhotoPair(
        photo(LICENSE_PHOTO, of=of, **changes), photo(ODOMETER_PHOTO, of=of, **changes)
    )


def uploaded(photo: Photo, file: bytes) -> str:
    """A phone's upload of a photo's file; its version."""
    put = wire.aws("s3").put_object(
        Bucket=os.environ["PHOTO_BUCKET"],
        Key=photo.key,
        Body=file,
        ContentType=photo.content_type,
    )
    version: str = put["VersionId"]
    return version


def check_in(
    id: str = CHECK_IN,
    *,
    of: Vehicle,
    photos: PhotoPair,
    mileage: int = 40_000,
    plate: str = "TEST-123",
    state: str | None = "CA",
) -> tuple[CheckIn, Vehicle]:
    """A pending check-in of a vehicle, by the rules, and the vehicle after it."""
    pair = photos.uploaded()
    made, after = CheckIn.create(
        of,
        pair,
        plate=plate,
        state=state,
        mileage=mileage,
        cadence=Cadence(),
        plate_is_taken=False,
    )
    made = replace(made, id=id)
    after = replace(after, open_check_in_id=id)
    table.transact(*checkins.add(made, of, after, pair))
    return made, replace(after, version=of.version + 1)


def transfer(
    id: str = TRANSFER, *, of: Vehicle, to: Organization, new_user: User | None = None
) -> tuple[Transfer, Vehicle]:
    """An accepted transfer with its outbox entry, and the vehicle reserved for it."""
    made, reserved = Transfer.accepted(of, to, new_user)
    made, reserved = replace(made, id=id), replace(reserved, pending_transfer_id=id)
    table.transact(*transfers.add(made, of, reserved))
    return made, replace(reserved, version=of.version + 1)
