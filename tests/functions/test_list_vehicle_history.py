"""GET /vehicles/{vehicleId}/history: what happened, by whom, and what a new owner sees of it."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local.world import World
from motorpool.dynamodb import keys, table
from motorpool.history import store as history
from motorpool.history.model import problems
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.transfers import store as transfers
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.model import Vehicle
from tests.functions import wire, world
from tests.functions.conftest import Caller, event, everything_stored, handler_of

Somebody = Callable[[], Caller]

CONTEXT = SimpleNamespace(function_name="motorpool-apply_transfer")
HIDDEN = ("by", "requestId", "changed", "vehicle", "checkIn", "transfer")


@pytest.fixture(autouse=True)
def root() -> Organization:
    world.partner()
    return world.organization()


@pytest.fixture(autouse=True)
def driver(root: Organization) -> User:
    return world.driver(at=root)


@pytest.fixture(autouse=True)
def vehicle(driver: User) -> Vehicle:
    return world.vehicle(of=driver)


@pytest.fixture
def target() -> Organization:
    return world.organization(world.TARGET)


def listed(caller: Caller) -> list[dict[str, Any]]:
    answer = caller.calls(vehicleId=world.VEHICLE)
    assert answer.status == 200, answer.body
    entries: list[dict[str, Any]] = answer.body["history"]
    return entries


def test_an_entry_says_what_happened_who_did_it_and_how_the_vehicle_is_then(
    somebody: Somebody,
) -> None:
    changed = Caller("update_vehicle").with_body(colorHexCode="C0FFEE", state="CA").calls()
    newest, first = listed(somebody())
    assert (newest["n"], newest["type"]) == (2, "vehicle.updated")
    assert newest["by"] == {"kind": "client", "id": world.CLIENT}
    assert newest["requestId"] == changed.headers["x-request-id"]
    assert newest["vehicle"] == changed.body
    assert newest["timestamp"] == changed.body["updated"]
    assert newest["before"] == first["hash"]
    assert (newest["checkIn"], newest["transfer"]) == (None, None)
    assert (first["n"], first["type"], first["before"]) == (1, "vehicle.registered", None)


def test_a_change_that_changes_nothing_is_no_entry(somebody: Somebody) -> None:
    Caller("activate_vehicle").calls()
    assert len(listed(somebody())) == 1


def test_a_refused_request_is_no_entry(somebody: Somebody) -> None:
    refused = Caller("update_vehicle").with_body(licensePlate="X", state=None).calls()
    assert refused.status == 400
    assert len(listed(somebody())) == 1


def test_a_check_in_and_its_review_are_entries_with_the_check_in_as_it_was(
    somebody: Somebody, driver: User
) -> None:
    world.photos(of=driver)
    made = Caller("create_mileage_check_in").calls()
    held = Caller("review_mileage_check_in")
    held = held.with_body(checkInStatus="OnHold", adminNote="Not sharp.")
    reviewed = held.calls(id=made.body["id"])
    on_hold, created, _ = listed(somebody())
    assert (created["type"], created["checkIn"]) == ("checkin.created", made.body)
    assert (on_hold["type"], on_hold["checkIn"]) == ("checkin.on_hold", reviewed.body)
    assert created["mileage"] == made.body["mileage"]


def test_an_amended_check_in_is_an_entry_with_the_new_reading(
    somebody: Somebody, driver: User, vehicle: Vehicle
) -> None:
    made, vehicle = world.check_in(of=vehicle, photos=world.photos(of=driver))
    World().reviewed(made, "OnHold", of=vehicle)
    again = [world.photo(f"pho_{n:032x}", of=driver).id for n in range(2)]
    handles = [[{"url": f"{world.API}/photo/{id}"}] for id in again]
    amend = Caller("update_mileage_check_in").with_body(
        mileage=41_000, licensePhotos=handles[0], odometerPhotos=handles[1]
    )
    amended = amend.calls(id=made.id)
    assert amended.status == 200, amended.body
    entry = listed(somebody())[0]
    assert (entry["type"], entry["checkIn"]) == ("checkin.amended", amended.body)
    assert (entry["mileage"], entry["changed"]) == (41_000, ["mileage"])


def test_drivers_come_and_go_in_the_history(somebody: Somebody) -> None:
    body = {"driver_id": world.USER}
    assert Caller("assign_driver").with_body(**body).calls().status == 204
    assert Caller("assign_driver").with_body(**body).calls().status == 204
    assert Caller("unassign_driver").calls().status == 204
    assert Caller("unassign_driver").calls().status == 204
    assert [(entry["type"], entry["changed"]) for entry in listed(somebody())[:-1]] == [
        ("vehicle.driver_unassigned", ["driverId"]),
        ("vehicle.driver_assigned", ["driverId"]),
    ]


def test_a_failed_transfer_is_an_entry_of_the_worker_that_gave_it_up(
    somebody: Somebody, vehicle: Vehicle, target: Organization
) -> None:
    user = world.driver("usr_" + "8" * 32, at=target, phone="+14155550188")
    transfer, _ = world.transfer(of=vehicle, to=target, new_user=user)
    gone = {":id": user.id}
    table.transact(table.delete(keys.user(user.id), only_if="id = :id", values=gone))
    handler_of("apply_transfer")(event("apply_transfer"), CONTEXT)
    failed, accepted, _ = listed(somebody())
    assert (failed["type"], accepted["type"]) == ("transfer.failed", "transfer.accepted")
    assert failed["by"] == {"kind": "worker", "id": transfer.id}
    assert failed["transfer"]["failure"] == "The new user is not one of the new owner's"
    assert failed["transfer"]["completedAt"] == failed["timestamp"]
    assert accepted["transfer"]["completedAt"] is None


def test_a_forgotten_persons_entries_are_shown_without_what_the_person_was_known_by(
    somebody: Somebody, driver: User, vehicle: Vehicle
) -> None:
    _, vehicle = world.check_in(of=vehicle, photos=world.photos(of=driver))
    for _, entry in history.every(vehicle.id):
        [forgotten] = [history.add(entry.forgotten()).request["Item"]]
        wire.aws("dynamodb").put_item(TableName=table.table_name(), Item=forgotten)
    assert problems(history.every(vehicle.id), vehicle.head) == []
    created, registered = listed(somebody())
    shown = registered["vehicle"]
    assert (shown["license"], shown["customerPhoneNumber"]) == (None, None)
    assert shown["vin"] == vehicle.vin
    assert created["checkIn"]["license"] == ""
    assert created["checkIn"]["licensePhotos"][0]["latitude"] is None


def test_a_new_owner_sees_of_the_time_before_only_what_the_car_is_known_by(
    somebody: Somebody, driver: User, vehicle: Vehicle, target: Organization
) -> None:
    check_in, vehicle = world.check_in(of=vehicle, photos=world.photos(of=driver))
    transfer, _ = world.transfer(of=vehicle, to=target)
    handler_of("apply_transfer")(event("apply_transfer"), CONTEXT)
    moved = transfers.find(transfer.id)
    assert moved is not None
    assert moved.transfer_status == "completed"
    seen = listed(somebody().linked_to(target.id, target.path))
    assert [entry["type"] for entry in seen][-2:] == ["checkin.created", "vehicle.registered"]
    for entry in seen[-2:]:
        assert {name: entry[name] for name in HIDDEN} == dict.fromkeys(HIDDEN)
        assert entry["hash"]
        assert entry["timestamp"].endswith("Z")
    assert seen[-2]["mileage"] == check_in.mileage
    assert seen[0]["transfer"]["toOrganizationId"] == target.id


def test_pages_are_full_newest_first_and_repeat_nothing(
    somebody: Somebody, vehicle: Vehicle
) -> None:
    for number in range(6):
        vehicle = world.changed(vehicle, replace(vehicle, color_hex_code=f"00000{number}"))
    found: list[int] = []
    query = {"limit": "3"}
    for size in (3, 3, 1):
        answer = somebody().with_query(**query).calls()
        assert len(answer.body["history"]) == size
        assert answer.calls == ("GetItem", "Query")
        found += [entry["n"] for entry in answer.body["history"]]
        query["cursor"] = answer.body["nextCursor"]
    assert found == [7, 6, 5, 4, 3, 2, 1]
    assert query["cursor"] is None


def test_an_entry_is_in_the_transaction_of_its_change_and_never_alone(vehicle: Vehicle) -> None:
    stale = vehicle
    vehicle = world.changed(vehicle, replace(vehicle, color_hex_code="C0FFEE"))
    writes = vehicles.changed(
        stale, replace(stale, active=False), "vehicle.deactivated", by=world.builder
    )
    with pytest.raises(table.VersionConflict):
        table.transact(*writes)
    assert problems(history.every(vehicle.id), vehicle.head) == []
    assert len(history.every(vehicle.id)) == 2


def size_of(value: Any) -> int:
    """Bytes of a value, by the rules of DynamoDB's guide ("Item sizes and formats")."""
    match value:
        case bool() | None:
            return 1
        case str():
            return len(value.encode())
        case dict():
            return 3 + sum(1 + len(name) + size_of(each) for name, each in value.items())
        case list():
            return 3 + sum(1 + size_of(each) for each in value)
    # Two digits a byte, one byte for the exponent and one for the sign.
    return (len(str(value).strip("-").replace(".", "")) + 1) // 2 + 2


@pytest.mark.parametrize("levels", [1, 3])
def test_the_entries_of_a_check_in_and_its_review_take_two_write_units_each(levels: int) -> None:
    """One unit for each kilobyte, doubled in a transaction."""
    at = world.organization("org_" + "1" * 32)
    for level in range(levels - 1):
        at = world.organization(f"org_{level:032}", parent=at)
    driver = world.driver("usr_" + "2" * 32, at=at, phone="+14155550199")
    id = "veh_" + "3" * 32
    world.vehicle(
        id, of=driver, car=replace(world.BRONCO, vin="1FMCU14T1JU400999"), plate="LONG-42"
    )
    world.photos(of=driver, latitude=37.7793056, longitude=-122.4193056)
    made = Caller("create_mileage_check_in").with_body(vehicleId=id, licensePlate="LONG-42").calls()
    assert made.status == 200
    declined = Caller("review_mileage_check_in").with_body(
        checkInStatus="Declined", adminNote="The plate in the photo is another vehicle's."
    )
    assert declined.calls(id=made.body["id"]).status == 200
    sizes = {
        item["type"]: size_of(item) - 3 - len(item)
        for item in everything_stored()
        if item["pk"] == f"VEHICLE#{id}" and item["sk"].startswith("HISTORY#")
    }
    assert sizes.keys() == {"vehicle.registered", "checkin.created", "checkin.declined"}
    assert max(sizes.values()) <= 1024
