"""The recorded world, built in the stack under test with new ids.

A recorded event, with its ids replaced by these, is a request that succeeds.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.local.vins import new_vin
from infra.local.world import World, new_phone
from infra.paths import ROOT
from motorpool.checkins.model import vehicle_of
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item
from motorpool.tenants.organizations import Organization
from tests.e2e.api import new_plate
from tests.e2e.tenant import Tenant
from tests.functions import world as recorded

EVENTS = ROOT / "events"

# A user of the organization that the recorded transfer goes to; no event names one.
NEW_USER = "usr_019aa8f100000000000000000000000b"

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Request:
    """What is sent: the values of the path and of the query, and the JSON body."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any

    @classmethod
    def recorded(cls, function: str) -> "Request":
        """What the function's recorded event asks."""
        event = json.loads((EVENTS / f"{function}.json").read_text())
        body = json.loads(event["body"]) if event["body"] else None
        return cls(event["pathParameters"] or {}, event["queryStringParameters"] or {}, body)

    def texts(self) -> Iterator[tuple[Place, str]]:
        """Every text in it, and where it is: `("body", "licensePhotos", 0, "url")`."""
        yield from _texts((), vars(self))

    def put(self, place: Place, text: str) -> "Request":
        """The request with another text there; where nothing is yet, it is added."""
        parts = json.loads(json.dumps(vars(self)))
        inner = parts
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = text
        return Request(**parts)


def _texts(place: Place, value: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts((*place, name), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts((*place, number), inner)


@dataclass(frozen=True)
class Cast:
    """The entities of a recorded world. `names`: the new id (or phone, plate) of each recorded one.

    `known`: what only the owner may learn.
    """

    tenant: Tenant
    names: dict[str, str]
    known: frozenset[str]

    @classmethod
    def of(cls, tenant: Tenant, at: Organization, below: Organization) -> "Cast":
        """Users, vehicles, check-ins, photos and a transfer of `at`, and of `below` it."""
        world = World()
        driver = world.driver(at=at)
        new_user = world.driver(at=below)
        # Two links of custody and two check-ins: lists of one page have no cursor.
        came = world.vehicle(of=new_user, plate=new_plate())
        _, vehicle = world.moved(vehicle=came, to=at, new_user=driver)
        for mileage in (1, 2):
            pair = world.pair(of=driver)
            check_in, vehicle = world.check_in(of=vehicle, photos=pair, mileage=mileage)
            _, vehicle = world.reviewed(check_in, "Confirmed", of=vehicle)
        moved, _ = world.moved(vehicle=world.vehicle(of=driver), to=below)
        in_review = world.vehicle(of=driver, plate=new_plate())
        check_in, in_review = world.check_in(of=in_review, photos=world.pair(of=driver))
        check_in, _ = world.reviewed(check_in, "OnHold", of=in_review)
        for _ in range(2):
            pending = world.vehicle(of=driver, plate=new_plate())
            world.check_in(of=pending, photos=world.pair(of=driver))
        license, odometer = world.ready_photo(of=driver), world.ready_photo(of=driver)
        # Two, so that their list has a cursor.
        client = world.client(of=tenant.partner.id, linked_to=at).client
        world.device(of=driver, by=client)
        device, _ = world.device(of=driver, by=client)
        names = {
            recorded.DEVICE: device.id,
            recorded.PARTNER: tenant.partner.id,
            recorded.ORGANIZATION: at.id,
            recorded.TARGET: below.id,
            recorded.USER: driver.id,
            NEW_USER: new_user.id,
            recorded.VEHICLE: vehicle.id,
            recorded.LICENSE_PHOTO: license.id,
            recorded.ODOMETER_PHOTO: odometer.id,
            recorded.CHECK_IN: check_in.id,
            recorded.TRANSFER: moved.id,
            recorded.PHONE: driver.phone,
            recorded.PLATE: vehicle.plate or "",
            recorded.API: tenant.url,
        }
        told = {driver.first_name, driver.last_name, driver.phone, new_user.phone, vehicle.vin}
        told |= {in_review.vin, in_review.id, in_review.plate or ""}
        ids = set(names.values()) - {tenant.url, tenant.partner.id}
        return cls(tenant, names, frozenset(ids | told))

    def cast(self, request: Request) -> Request:
        """The recorded request with these names in it."""
        return Request(**json.loads(self.renamed(json.dumps(vars(request)))))

    def renamed(self, text: str) -> str:
        """A recorded text with these names in it."""
        for name, own in (self.names | _new()).items():
            text = text.replace(name, own)
        return text

    @cached_property
    def before(self) -> list[Item | None]:
        """What was stored when this was first looked at."""
        return self.now()

    def now(self) -> list[Item | None]:
        """What is stored of them."""
        own = self.names
        check_in = own[recorded.CHECK_IN]
        return [
            table.get(key)
            for key in (
                keys.user(own[recorded.USER]),
                keys.vehicle(own[recorded.VEHICLE]),
                keys.check_in(vehicle_of(check_in) or "", check_in),
                keys.photo(own[recorded.LICENSE_PHOTO]),
                keys.photo(own[recorded.ODOMETER_PHOTO]),
                keys.transfer(own[recorded.TRANSFER]),
                keys.organization(own[recorded.ORGANIZATION]),
                keys.device(own[recorded.DEVICE]),
            )
        ]


def _new() -> dict[str, str]:
    """New values for the VIN, phone and plate that a request creates something with."""
    return {
        recorded.BRONCO.vin: new_vin(),
        "+14155550123": new_phone(),
        "TEST-456": new_plate(),
    }
