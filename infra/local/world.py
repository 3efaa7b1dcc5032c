"""The builder of all demo and test data: partners and what they have, by the rules of the models.

The demo world of `make run`, the operators' drills, the tests and the benchmarks use it. Each
function creates one entity, writes it, and returns it as it is stored. Ids, VINs and phones are new
unless they are given.
"""

import itertools
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from infra.local.pictures import LATITUDE, LONGITUDE, picture
from infra.local.vins import new_vin
from motorpool import aws
from motorpool.access import client_store as clients
from motorpool.access import device_store as devices
from motorpool.access.callers import Actor
from motorpool.access.clients import Client, new_secret
from motorpool.access.devices import Device
from motorpool.access.scopes import ALL_SCOPES, Scope
from motorpool.access.secret_keys import pepper
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn, Decision, plate_for
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.dynamodb import table
from motorpool.dynamodb.items import from_attributes
from motorpool.dynamodb.table import TransactItem
from motorpool.dynamodb.values import from_values
from motorpool.history.model import VehicleEvent
from motorpool.photos import store as photos
from motorpool.photos.image import Inspection
from motorpool.photos.model import ContentType, Photo
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants import user_store as users
from motorpool.tenants.organizations import Organization, SupplierType
from motorpool.tenants.partners import Cadence, Partner
from motorpool.tenants.users import User
from motorpool.transfers import apply as transfer_queue
from motorpool.transfers import store as transfers
from motorpool.transfers.apply import TransferMessage
from motorpool.transfers.model import Transfer
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.vin import DecodedVin

# In the histories of what it makes.
BUILDER = Actor("operator", "world")

# What an inspection says of a small photo.
SEEN = Inspection(
    content_type="image/jpeg",
    width=64,
    height=48,
    orientation=1,
    sha256="0" * 64,
    perceptual_hash="0" * 16,
    latitude=LATITUDE,
    longitude=LONGITUDE,
    taken_on="2026-11-21T17:29:41.000Z",
    note=None,
    renditions={},
)

_phones = itertools.count(secrets.randbelow(8_000_000) + 1_000_000)


@dataclass(frozen=True)
class Admitted:
    """A client and its secret, which is not stored."""

    client: Client
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """The three headers that it calls with."""
        return {
            "partnerId": self.client.partner_id,
            "clientId": self.client.id,
            "clientSecret": self.secret,
        }


def new_phone() -> str:
    """A new phone number in E.164."""
    return f"+1917{next(_phones)}"


def a_bronco() -> DecodedVin:
    """A 1988 Bronco II with a new VIN, as decoded."""
    return DecodedVin(new_vin(), "FORD", "Bronco II", None, 1988)


class World:
    """Creates entities and writes them. `save` gets the writes: by default, it is a transaction."""

    def __init__(self, save: Callable[..., None] = table.transact) -> None:
        self.save = save

    def partner(
        self,
        name: str = "Tested Motors",
        *,
        id: str | None = None,
        cadence_days: int | None = None,
        opens_days_before: int = 0,
    ) -> Partner:
        """A partner."""
        signed = Partner.create(name).with_cadence(cadence_days, opens_days_before)
        partner = replace(signed, id=id or signed.id)
        self.save(partners.add(partner))
        return partner

    def organization(
        self,
        name: str = "A fleet",
        *,
        of: str = "",
        parent: Organization | None = None,
        supplier_type: SupplierType = "Fleet",
        id: str | None = None,
    ) -> Organization:
        """An organization below a parent, or a root of the partner whose id is `of`."""
        partner_id = parent.partner_id if parent else of
        founded = Organization.create(partner_id, name, supplier_type, parent)
        path = founded.path.replace(founded.id, id or founded.id)
        organization = replace(founded, id=id or founded.id, path=path)
        self.save(organizations.add(organization))
        return organization

    def client(
        self,
        *,
        of: str,
        linked_to: Organization | None = None,
        home: Organization | None = None,
        scopes: frozenset[Scope] = ALL_SCOPES,
        secret: str | None = None,
        revoked: bool = False,
        name: str = "A client",
        id: str | None = None,
    ) -> Admitted:
        """A client of the partner whose id is `of`, or of one of its organizations."""
        secret = secret or new_secret()
        admitted = Client.create(
            of, name, scopes, secret=secret, pepper=pepper(), linked_to=linked_to, home=home
        )
        client = replace(admitted, id=id or admitted.id)
        self.save(clients.add(client.revoked() if revoked else client))
        return Admitted(client, secret)

    def device(
        self, *, of: User, by: Client, seconds: int = 3600, id: str | None = None
    ) -> tuple[Device, dict[str, str]]:
        """A device of a user, which a client let in, and the three headers that it calls with."""
        secret = new_secret()
        admitted = Device.create(
            of, by=by.as_caller(), seconds=seconds, secret=secret, pepper=pepper()
        )
        device = replace(admitted, id=id or admitted.id)
        self.save(devices.add(device))
        headers = {"partnerId": by.partner_id, "clientId": device.id, "clientSecret": secret}
        return device, headers

    def driver(
        self,
        *,
        at: Organization,
        name: str | None = None,
        phone: str | None = None,
        state: str = "CA",
        id: str | None = None,
    ) -> User:
        """A user of an organization. `name`: first and last."""
        mark = secrets.token_hex(6)
        first, last = name.split() if name else (f"Dana-{mark}", f"Reyes-{mark}")
        enrolled = User.create(
            at, first_name=first, last_name=last, phone=phone or new_phone(), state=state
        )
        user = replace(enrolled, id=id or enrolled.id)
        self.save(*users.add(user, by=BUILDER))
        return user

    def vehicle(
        self,
        *,
        of: User,
        car: DecodedVin | None = None,
        plate: str | None = None,
        state: str | None = "CA",
        id: str | None = None,
    ) -> Vehicle:
        """An active vehicle of a user; `state` is the plate's."""
        decoded = car or a_bronco()
        issued = state if plate else None
        registered = Vehicle.create(
            decoded, of, make="Ford", model=decoded.model, plate=plate, state=issued
        )
        vehicle = replace(registered, id=id or registered.id)
        writes = vehicles.add(vehicle, by=BUILDER)
        self.save(*writes)
        return written(writes)

    def changed(self, vehicle: Vehicle, after: Vehicle, happened: VehicleEvent) -> Vehicle:
        """A changed vehicle, as it is stored."""
        writes = vehicles.changed(vehicle, after, happened, by=BUILDER)
        self.save(*writes)
        return written(writes)

    def photo(
        self,
        *,
        of: User,
        file: bytes | None = None,
        content_type: ContentType = "image/jpeg",
        uploaded: bool = True,
        id: str | None = None,
        **changes: Any,
    ) -> Photo:
        """A photo of a user; `changes` are other fields of the item. Its file is in the bucket."""
        announced = Photo.create(of, content_type)
        photo = replace(announced, id=id or announced.id, **changes)
        self.save(*photos.add(photo))
        if uploaded:
            upload(photo, file or picture(content_type))
        return photo

    def ready_photo(self, *, of: User) -> Photo:
        """A photo of a user that was inspected already, so that S3 is not asked for its file."""
        photo = Photo.create(of, "image/jpeg").inspected(SEEN, size=1_000, version_id="1")
        self.save(*photos.add(photo))
        return photo

    def pair(self, *, of: User) -> PhotoPair:
        """The two photos of a check-in, inspected already."""
        return PhotoPair(self.ready_photo(of=of), self.ready_photo(of=of))

    def check_in(
        self,
        *,
        of: Vehicle,
        photos: PhotoPair,
        mileage: int = 40_000,
        plate: str | None = None,
        state: str | None = None,
        id: str | None = None,
    ) -> tuple[CheckIn, Vehicle]:
        """A pending check-in of a vehicle, by the rules, and the vehicle after it."""
        pair = photos.uploaded_by(of.user_id)
        plate, issued = plate_for(of, plate or of.plate or "", state, is_taken=False)
        made, after = CheckIn.create(
            of, pair, plate=plate, state=issued, mileage=mileage, cadence=Cadence()
        )
        check_in = replace(made, id=id or made.id)
        after = replace(after, open_check_in_id=check_in.id)
        writes = checkins.add(check_in, of, after, pair, by=BUILDER)
        self.save(*writes)
        return check_in, written(writes)

    def reviewed(
        self, check_in: CheckIn, decision: Decision, *, of: Vehicle
    ) -> tuple[CheckIn, Vehicle]:
        """A check-in of a vehicle with a reviewer's decision, and the vehicle after it."""
        reviewed, after = check_in.reviewed(decision, "Looked at.", of)
        no_photos = PhotoPair(None, None)
        writes = checkins.changed(check_in, reviewed, of, after, no_photos, by=BUILDER)
        self.save(*writes)
        return reviewed, written(writes)

    def transfer(
        self, *, of: Vehicle, to: Organization, new_user: User | None = None, id: str | None = None
    ) -> tuple[Transfer, Vehicle]:
        """An accepted transfer, and the vehicle reserved for it."""
        accepted, reserved = Transfer.accepted(of, to, new_user)
        transfer = replace(accepted, id=id or accepted.id)
        reserved = replace(reserved, pending_transfer_id=transfer.id)
        writes = transfers.add(transfer, of, reserved, by=BUILDER)
        self.save(*writes)
        return transfer, written(writes)

    def moved(
        self, *, vehicle: Vehicle, to: Organization, new_user: User | None = None
    ) -> tuple[Transfer, Vehicle]:
        """A completed transfer, and the vehicle after it; both are read from the table."""
        transfer, _ = self.transfer(of=vehicle, to=to, new_user=new_user)
        message = TransferMessage(transfer_id=transfer.id, vehicle_id=vehicle.id)
        transfer_queue.apply(message)
        after = transfers.applicable(transfer.id, vehicle.id)
        if after.transfer is None or after.vehicle is None:
            raise LookupError(transfer.id)
        return after.transfer, after.vehicle


def written(writes: tuple[TransactItem, ...]) -> Vehicle:
    """The vehicle as it is after those writes, with its version and the end of its history."""
    items = [from_values(write.request["Item"]) for write in writes if write.action == "Put"]
    [item] = [item for item in items if item["sk"] == "VEHICLE"]
    return from_attributes(Vehicle, item)


def upload(photo: Photo, file: bytes) -> str:
    """Put a photo's file where a phone's form would put it; the file's version."""
    version: str = aws.s3().put_object(
        Bucket=os.environ["PHOTO_BUCKET"],
        Key=photo.key,
        Body=file,
        ContentType=photo.content_type,
    )["VersionId"]
    return version
