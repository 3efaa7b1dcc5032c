"""`motorpool user forget`: nothing that a person is known by is left, and the histories hold."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.world import World
from motorpool.dynamodb import table
from motorpool.dynamodb.table import TransactItem, VersionConflict
from motorpool.errors import UserNotFound
from motorpool.history import store as history
from motorpool.history.model import problems
from motorpool.photos import bucket
from motorpool.photos import store as photos
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from ops import users
from tests.functions import wire, world
from tests.functions.conftest import Caller, everything_stored

OTHERS = "veh_" + "7" * 32
OTHERS_USER = "usr_" + "7" * 32
LATITUDE, LONGITUDE = 37.123456, -122.654321
NOTE = "Kim Okafor stands beside the car"


@pytest.fixture
def root() -> Organization:
    world.partner()
    return world.organization()


@pytest.fixture
def driver(root: Organization) -> User:
    return world.driver(at=root)


@pytest.fixture(autouse=True)
def vehicle(driver: User, root: Organization) -> Vehicle:
    """A vehicle that the person has, drove, and checked in; and somebody else's."""
    made = world.vehicle(of=driver)
    pair = world.photos(of=driver, latitude=LATITUDE, longitude=LONGITUDE)
    assert pair.license
    keyed = Caller("create_mileage_check_in").with_headers(("Idempotency-Key", "k-1"))
    answer = keyed.calls()
    assert answer.status == 200, answer.body
    review = Caller("review_mileage_check_in").with_body(checkInStatus="Declined", adminNote=NOTE)
    assert review.calls(id=answer.body["id"]).status == 200
    update = Caller("update_vehicle").with_headers(("Idempotency-Key", "k-2"))
    assert update.calls().status == 200
    assert Caller("assign_driver").with_body(driver_id=world.USER).calls().status == 204
    other = World().driver(at=root, name="Sam Lee", phone="+14155550177", id=OTHERS_USER)
    World().vehicle(of=other, plate="OTHER-1", id=OTHERS)
    return made


def everything() -> str:
    return json.dumps(everything_stored(), default=str)


def of_others() -> list[Any]:
    return sorted(
        (item for item in everything_stored() if OTHERS in str(item) or OTHERS_USER in str(item)),
        key=str,
    )


def files() -> list[Any]:
    listed = wire.aws("s3").list_object_versions(Bucket=os.environ["PHOTO_BUCKET"])
    return [found["Key"] for found in listed.get("Versions", [])]


def whole(vehicle_id: str) -> int:
    """The number of entries of a vehicle's history, which has no problem."""
    vehicle = vehicles.find(vehicle_id)
    assert vehicle is not None
    entries = history.every(vehicle_id)
    assert problems(entries, vehicle.head) == []
    return len(entries)


def test_nothing_that_the_person_is_known_by_is_left_and_the_histories_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = [world.PHONE, "Kim", "Okafor", str(LATITUDE), str(LONGITUDE), world.PLATE, NOTE]
    before, entries = everything(), whole(world.VEHICLE)
    assert [value for value in known if value not in before] == []
    assert len(files()) == 2
    others = of_others()
    users.forget(world.USER)
    after = everything()
    assert [value for value in known if value in after] == []
    assert files() == []
    assert of_others() == others
    assert whole(world.VEHICLE) == entries + 1
    left = vehicles.find(world.VEHICLE)
    assert left is not None
    assert (left.user_id, left.customer_phone, left.driver_id) == (None, None, None)
    assert capsys.readouterr().out.splitlines() == [
        "check-ins: 1",
        "history entries: 6",
        "kept answers: 2",
        "photos: 2",
        "user: 1",
        "vehicles: 1",
    ]


def test_who_was_forgotten_is_not_found_and_the_phone_is_free(root: Organization) -> None:
    users.forget(world.USER)
    with pytest.raises(UserNotFound):
        users.forget(world.USER)
    assert Caller("get_user").calls().refusal == (404, "ERROR_USER_NOT_FOUND")
    assert Caller("create_user").with_body(phone=world.PHONE).calls().status == 200


def test_an_id_that_nobody_has_is_not_found_and_changes_nothing() -> None:
    before = everything()
    with pytest.raises(UserNotFound):
        users.forget("usr_" + "9" * 32)
    assert everything() == before


def test_a_picture_that_is_made_meanwhile_goes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    transact: Callable[..., None] = table.transact

    def rendered_before(*writes: TransactItem) -> None:
        for id in (world.LICENSE_PHOTO, world.ODOMETER_PHOTO):
            if photo := photos.find(id):
                bucket.keep_rendition(photo, "large", b"a picture")
        transact(*writes)

    monkeypatch.setattr(table, "transact", rendered_before)
    users.forget(world.USER)
    assert files() == []


def test_what_somebody_changes_meanwhile_is_erased_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    transact: Callable[..., None] = table.transact
    refused: list[bool] = []

    def conflicting(*writes: TransactItem) -> None:
        if not refused:
            refused.append(True)
            raise VersionConflict
        transact(*writes)

    monkeypatch.setattr(table, "transact", conflicting)
    users.forget(world.USER)
    assert refused
    assert world.PHONE not in everything()
    whole(world.VEHICLE)


def test_after_it_was_stopped_it_is_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    transact: Callable[..., None] = table.transact
    for stop in range(1, 12):
        calls: list[bool] = []

        def stopping(*writes: TransactItem, calls: list[bool] = calls, stop: int = stop) -> None:
            calls.append(True)
            if len(calls) == stop:
                raise KeyboardInterrupt
            transact(*writes)

        monkeypatch.setattr(table, "transact", stopping)
        try:
            users.forget(world.USER)
            break
        except KeyboardInterrupt:
            continue
    assert world.PHONE not in everything()
    assert files() == []
    whole(world.VEHICLE)
