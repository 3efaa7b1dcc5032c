"""POST /vehicles/checkin/mileage: every answer of the contract, and what each leaves behind."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import boto3
import pytest

from motorpool.checkins.photo_pair import PhotoPair
from motorpool.dynamodb import keys, table
from motorpool.photos import store as photos
from motorpool.tenants.organizations import Organization
from motorpool.tenants.partners import DAY_MS
from motorpool.tenants.users import User
from motorpool.vehicles.model import Vehicle
from motorpool.vehicles.vin import DecodedVin
from tests.functions import wire, world
from tests.functions.conftest import Answer, Caller, everything_stored, in_queues
from tests.functions.wire import Fault

Somebody = Callable[[], Caller]

ANOTHER_BRONCO = DecodedVin("1FMCU14T2JU000001", "FORD", "Bronco II", None, 1988)
ANOTHER_VEHICLE = "veh_" + "a" * 32
A_PHOTO, ANOTHER_PHOTO = "pho_" + "a" * 32, "pho_" + "b" * 32
KEYED = ("Idempotency-Key", "order-66")


@pytest.fixture(autouse=True)
def root() -> Organization:
    world.partner()
    return world.organization()


@pytest.fixture
def driver(root: Organization) -> User:
    return world.driver(at=root)


@pytest.fixture
def vehicle(driver: User) -> Vehicle:
    return world.vehicle(of=driver)


@pytest.fixture
def pair(driver: User) -> PhotoPair:
    return world.photos(of=driver)


def handles(*ids: str) -> list[dict[str, str]]:
    return [{"url": f"{world.API}/photo/{id}"} for id in ids]


def stored(kind: str) -> list[dict[str, Any]]:
    """The items of that kind (the beginning of the sort key)."""
    return [item for item in everything_stored() if item["sk"].startswith(kind)]


def refused(answer: Answer, status: int, code: str) -> str:
    assert answer.refusal == (status, code)
    assert stored("CHECKIN") == []
    assert not any("usedBy" in photo for photo in stored("PHOTO"))
    return answer.message


def shown(photo_id: str) -> dict[str, Any]:
    """A photo in a check-in."""
    url = f"{world.API}/photo/{photo_id}"
    return {"photoId": photo_id, "photoUrl": url, "latitude": None, "longitude": None}


def test_a_check_in_comes_back_with_every_documented_field(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "id": answer.body["id"],
        "vehicleId": world.VEHICLE,
        "userId": world.USER,
        "organizationId": world.ORGANIZATION,
        "license": "TEST-123",
        "adminNote": None,
        "reasonCode": None,
        "checkedInAt": answer.body["updated"],
        "checkInStatus": "Pending",
        "mileage": 48210,
        "nextCheckInDate": None,
        "updated": answer.body["updated"],
        "licensePhotos": [shown(world.LICENSE_PHOTO)],
        "odometerPhotos": [shown(world.ODOMETER_PHOTO)],
    }
    assert answer.body["id"].startswith("chk_")


def test_all_effects_are_stored_together(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    id = somebody().calls().body["id"]
    [after] = stored("VEHICLE")
    assert after["highestMileage"] == 48210
    assert after["openCheckInId"] == id
    for photo in stored("PHOTO"):
        assert photo["usedBy"] == id
        assert photo["versionId"]
        assert "expiresAt" not in photo  # what is used is not forgotten
    [check_in] = stored("CHECKIN")
    assert check_in["pk"] == after["pk"]
    assert in_queues() == {(world.PARTNER, "Pending"), (world.ORGANIZATION, "Pending")}


def test_the_position_of_an_inspected_photo_is_that_of_its_file_and_else_what_was_asserted(
    somebody: Somebody, driver: User, vehicle: Vehicle
) -> None:
    world.photo(
        world.LICENSE_PHOTO, of=driver, photo_status="Ready", version_id="v",
        latitude=37.5, longitude=-122.25, asserted_latitude=1.0, asserted_longitude=2.0,
    )  # fmt: skip
    world.photo(world.ODOMETER_PHOTO, of=driver, asserted_latitude=3.0, asserted_longitude=-4.5)
    body = somebody().calls().body
    [license], [odometer] = body["licensePhotos"], body["odometerPhotos"]
    assert (license["latitude"], license["longitude"]) == (37.5, -122.25)
    assert (odometer["latitude"], odometer["longitude"]) == (3.0, -4.5)


def test_a_read_and_a_write_are_enough(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    keyed = somebody().with_headers(KEYED).calls()
    assert keyed.calls == ("BatchGetItem", "TransactWriteItems")
    replayed = somebody().with_headers(KEYED).calls()
    assert (replayed.body, replayed.headers["Idempotent-Replayed"]) == (keyed.body, "true")
    assert len(replayed.calls) <= 2
    assert len(somebody().calls().calls) == 1  # refused: it is locked


def size(item: dict[str, Any]) -> int:
    """Bytes of an item in DynamoDB's JSON, near enough: names and values."""
    return sum(
        len(name) + len(str(value)) for name, typed in item.items() for value in typed.values()
    )


@contextmanager
def capacity_counted() -> Iterator[list[int]]:
    """The units that each DynamoDB call consumes meanwhile, by the rules that AWS publishes.

    A strongly consistent read: 1 for each 4 KB of each item, and for each that is not there; a
    transactional write: 2 for each 1 KB of each item. (moto's own figures are placeholders.)
    """
    consumed: list[int] = []

    def seen(operation: str, given: dict[str, Any], answer: dict[str, Any]) -> None:
        match operation:
            case "BatchGetItem":
                [keys] = given["RequestItems"].values()
                [items] = answer["Responses"].values()
                units = [math.ceil(size(item) / 4096) for item in items]
                consumed.append(sum(units) + len(keys["Keys"]) - len(items))
            case "TransactWriteItems":
                parts = [part for parts in given["TransactItems"] for part in parts.values()]
                items = [part.get("Item") or stored_item(part["Key"]) for part in parts]
                consumed.append(sum(2 * math.ceil(size(item) / 1024) for item in items))

    with wire.calls_watched(seen):
        yield consumed


def stored_item(key: dict[str, Any]) -> dict[str, Any]:
    """Read by a client of the test's own, which nobody counts."""
    answer = wire.aws("dynamodb").get_item(TableName=table.table_name(), Key=key)
    return dict(answer["Item"])


def with_history(vehicle: Vehicle, length: int) -> None:
    """So many confirmed check-ins of the vehicle, put there as they would be."""
    with boto3.resource("dynamodb").Table(table.table_name()).batch_writer() as batch:
        for number in range(length):
            batch.put_item(
                Item={
                    "pk": f"VEHICLE#{vehicle.id}",
                    "sk": f"CHECKIN#chk_{number:056x}",
                    "partnerId": vehicle.partner_id,
                    "checkInStatus": "Confirmed",
                    "license": "x" * 400,
                }
            )


@pytest.mark.parametrize("length", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_vehicle_with_a_long_history_costs_what_one_with_none_does(
    somebody: Somebody, driver: User, vehicle: Vehicle, pair: PhotoPair, length: int
) -> None:
    with capacity_counted() as without:
        first = somebody().calls()
    old = world.vehicle(ANOTHER_VEHICLE, of=driver, car=ANOTHER_BRONCO, plate="OLD-4567")
    with_history(old, length)
    world.photo(A_PHOTO, of=driver)
    world.photo(ANOTHER_PHOTO, of=driver)
    with capacity_counted() as with_many:
        caller = somebody().with_body(
            vehicleId=ANOTHER_VEHICLE,
            licensePlate="OLD-4567",
            licensePhotos=handles(A_PHOTO),
            odometerPhotos=handles(ANOTHER_PHOTO),
        )
        again = caller.calls()
    assert (first.status, again.status) == (200, 200)
    assert first.calls == again.calls == ("BatchGetItem", "TransactWriteItems")
    assert without == with_many == [5, 14]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vehicleId", ...), ("vehicleId", ""), ("vehicleId", 7), ("vehicleId", "x" * 65),
        ("licensePlate", ...), ("licensePlate", None), ("licensePlate", ""), ("licensePlate", "#"),
        ("state", "XX"), ("state", ""), ("state", 7),
        ("mileage", ...), ("mileage", 0), ("mileage", -1), ("mileage", 2_000_001),
        ("mileage", "48210"), ("mileage", 48210.5), ("mileage", True), ("mileage", None),
        ("licensePhotos", "x"), ("licensePhotos", {}), ("licensePhotos", [7]),
        ("odometerPhotos", [{}]), ("odometerPhotos", [{"url": 7}]),
        ("odometerPhotos", [{"url": "x" * 2049}]),
    ],
    ids=lambda value: ascii(value)[:16],
)  # fmt: skip
def test_a_bad_body_is_a_400_that_names_the_field_whatever_else_is_wrong(
    somebody: Somebody, field: str, value: Any
) -> None:
    rest: dict[str, Any] = {"licensePhotos": []} if field != "licensePhotos" else {}
    answer = somebody().with_body(**rest | {field: value}).calls()
    assert field in refused(answer, 400, "ERROR_INVALID_PARAMETERS")
    assert answer.calls == ()


@pytest.mark.parametrize("missing", [..., [], None], ids=str)
@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("licensePhotos", "ERROR_LICENSE_PHOTO_REQUIRED"),
        ("odometerPhotos", "ERROR_ODOMETER_PHOTO_REQUIRED"),
    ],
)
def test_without_a_photo_it_is_said_which_one_is_required(
    somebody: Somebody, field: str, code: str, missing: Any
) -> None:
    refused(somebody().with_body(vehicleId="veh_9", **{field: missing}).calls(), 500, code)


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        (world.LICENSE_PHOTO, "ERROR_LICENSE_PHOTO_REQUIRED"),
        (world.ODOMETER_PHOTO, "ERROR_ODOMETER_PHOTO_REQUIRED"),
    ],
)
@pytest.mark.parametrize("why", ["never uploaded", "rejected: The file is text."])
def test_a_photo_that_never_came_or_was_rejected_is_required_again(
    somebody: Somebody, driver: User, vehicle: Vehicle, missing: str, code: str, why: str
) -> None:
    rejected = {"photo_status": "Rejected", "rejected_because": "The file is text."}
    for id in (world.LICENSE_PHOTO, world.ODOMETER_PHOTO):
        wrong = id == missing
        changes: dict[str, Any] = rejected if wrong and "rejected" in why else {}
        world.photo(id, of=driver, file=None if wrong else b"here", **changes)
    # The mileage would be refused too; but that comes later.
    world.changed(vehicle, replace(vehicle, highest_mileage=99_999))
    assert why in refused(somebody().calls(), 500, code)


@pytest.mark.parametrize("status", [403, 503])
def test_a_photo_that_s3_says_nothing_about_is_a_failure_and_not_a_missing_photo(
    somebody: Somebody,
    driver: User,
    vehicle: Vehicle,
    faulty: Callable[..., Fault],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    world.photos(of=driver, file=b"here")
    faulty("HeadObject", status, "")
    refused(somebody().calls(), 500, "INTERNAL_SERVER_ERROR")
    assert "unexpected" in caplog.messages


@pytest.mark.parametrize(
    ("listing", "code"),
    [
        ("HeadObject", "ERROR_LICENSE_PHOTO_REQUIRED"),
        ("ListObjectsV2", "INTERNAL_SERVER_ERROR"),
    ],
    ids=["the list has no such key", "the list is refused too"],
)
def test_only_the_list_of_keys_says_of_a_403_that_the_photo_never_came(
    somebody: Somebody,
    driver: User,
    vehicle: Vehicle,
    monkeypatch: pytest.MonkeyPatch,
    listing: str,
    code: str,
) -> None:
    world.photos(of=driver, file=None)
    refused_calls = {"HeadObject", listing}

    def refuses(operation: str, request: Any) -> Any:
        if operation in refused_calls:
            return wire.answer(403)
        return wire.to_moto(operation, request)

    wire.lay(monkeypatch, refuses)
    refused(somebody().calls(), 500, code)


@pytest.mark.parametrize("state", ["never uploaded", "Rejected"])
def test_nobody_learns_the_state_of_somebody_elses_photo(
    somebody: Somebody, root: Organization, vehicle: Vehicle, pair: PhotoPair, state: str
) -> None:
    stranger = world.driver("usr_" + "a" * 32, at=root, phone="+14155550101")
    rejected = {"photo_status": "Rejected", "rejected_because": "The file is text."}
    world.photo(A_PHOTO, of=stranger, file=None, **(rejected if state == "Rejected" else {}))
    answer = somebody().with_body(licensePhotos=handles(A_PHOTO)).calls()
    assert "text" not in refused(answer, *NOT_OWNED)


@pytest.mark.parametrize("field", ["licensePhotos", "odometerPhotos"])
def test_more_than_one_photo_is_refused_before_anything_is_read(
    somebody: Somebody, field: str
) -> None:
    two = handles(world.LICENSE_PHOTO, world.ODOMETER_PHOTO)
    answer = somebody().with_body(vehicleId="veh_9", **{field: two}).calls()
    refused(answer, 500, "ERROR_MILEAGE_CHECKIN_SUPPORTS_ONLY_ONE_PHOTO")
    assert answer.calls == ()


@pytest.mark.parametrize("id", ["veh_9", "veh_" + "9" * 32, "\0", "a#b", world.USER])
def test_a_vehicle_that_is_not_there_is_not_found(
    somebody: Somebody, pair: PhotoPair, id: str
) -> None:
    refused(somebody().with_body(vehicleId=id).calls(), 404, "ERROR_VEHICLE_NOT_FOUND")


def test_another_partners_vehicle_is_not_found(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    world.partner(world.OTHER_PARTNER)
    answer = somebody().of(world.OTHER_PARTNER).calls()
    refused(answer, 404, "ERROR_VEHICLE_NOT_FOUND")


def test_a_vehicle_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization, vehicle: Vehicle, pair: PhotoPair
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    answer = somebody().linked_to(branch.id, branch.path).with_body(licensePlate="OTHER").calls()
    refused(answer, 403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


def test_a_deactivated_vehicle_is_not_checked_in(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    assert Caller("deactivate_vehicle").calls().status == 200
    answer = somebody().with_body(licensePlate="OTHER").calls()
    refused(answer, 403, "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY")


def test_a_vehicle_that_nobody_owns_is_not_checked_in(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    assert Caller("update_vehicle").with_body(licensePlate=..., state=..., userId=None).calls()
    refused(somebody().with_body(licensePlate="OTHER").calls(), 404, "ERROR_USER_NOT_FOUND")


@pytest.mark.parametrize("other", [{"licensePlate": "OTHER"}, {"state": "NV"}], ids=str)
def test_another_plate_or_state_than_the_vehicles_is_a_mismatch(
    somebody: Somebody, vehicle: Vehicle, other: dict[str, str]
) -> None:
    # Nor are there such photos; but that comes later.
    refused(somebody().with_body(**other).calls(), 500, "ERROR_LICENSE_PLATE_MISMATCH")


@pytest.mark.parametrize("plate", ["test 123", "T.E.S.T.123", "TEST123", " TEST-123 "])
def test_a_plate_is_compared_without_case_spaces_dots_and_dashes(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair, plate: str
) -> None:
    answer = somebody().with_body(licensePlate=plate, state=...).calls()
    assert (answer.status, answer.body["license"]) == (200, "TEST-123")


class TestFirstPlate:
    """A vehicle that had no plate gets the one of its check-in."""

    @pytest.fixture(autouse=True)
    def plateless(self, driver: User) -> Vehicle:
        return world.vehicle(of=driver, plate=None, state=None)

    @pytest.fixture
    def rival(self, driver: User) -> Vehicle:
        return world.vehicle(ANOTHER_VEHICLE, of=driver, car=ANOTHER_BRONCO)

    def test_it_is_claimed_in_the_same_transaction(
        self, somebody: Somebody, pair: PhotoPair
    ) -> None:
        assert somebody().calls().status == 200
        [vehicle] = stored("VEHICLE")
        assert (vehicle["plate"], vehicle["state"]) == ("TEST-123", "CA")
        [claim] = [item for item in stored("CLAIM") if "PLATE" in item["pk"]]
        assert claim["vehicleId"] == world.VEHICLE

    def test_it_is_refused_when_another_active_vehicle_has_it(
        self, somebody: Somebody, rival: Vehicle
    ) -> None:
        # Nor are there such photos; but that comes later.
        refused(somebody().calls(), 409, "ERROR_VEHICLE_ALREADY_EXISTS")

    def test_without_a_state_it_is_of_the_users_state(
        self, somebody: Somebody, pair: PhotoPair
    ) -> None:
        answer = somebody().with_body(state=...).calls()
        assert answer.status == 200
        [vehicle] = stored("VEHICLE")
        assert (vehicle["plate"], vehicle["state"]) == ("TEST-123", "CA")
        # Two reads more than any other check-in: the user, and the plate in that state.
        assert answer.calls == ("BatchGetItem", "GetItem", "GetItem", "TransactWriteItems")

    def test_it_is_refused_in_the_users_state_too(self, somebody: Somebody, rival: Vehicle) -> None:
        # Nor are there such photos; but that comes later.
        answer = somebody().with_body(state=...).calls()
        refused(answer, 409, "ERROR_VEHICLE_ALREADY_EXISTS")

    def test_it_needs_a_state_if_even_the_user_has_none(
        self, somebody: Somebody, driver: User, pair: PhotoPair
    ) -> None:
        table.transact(table.delete(keys.user(driver.id)))
        answer = somebody().with_body(state=...).calls()
        assert "state: " in refused(answer, 400, "ERROR_INVALID_PARAMETERS")

    def test_it_is_of_the_vehicles_state_when_the_check_in_names_none(
        self, somebody: Somebody, pair: PhotoPair, rival: Vehicle
    ) -> None:
        Caller("update_vehicle").with_body(licensePlate=..., state="NV").calls()
        answer = somebody().with_body(state=...).calls()
        assert (answer.status, answer.body["license"]) == (200, "TEST-123")

    def test_it_is_refused_in_the_vehicles_state_too(
        self, somebody: Somebody, pair: PhotoPair, rival: Vehicle
    ) -> None:
        Caller("update_vehicle").with_body(licensePlate=..., state="CA").calls()
        answer = somebody().with_body(state=...).calls()
        refused(answer, 409, "ERROR_VEHICLE_ALREADY_EXISTS")


NOT_OWNED = (500, "ERROR_PHOTO_NOT_OWNED_BY_USER")


@pytest.mark.parametrize(
    "url",
    [f"{world.API}/photo/{A_PHOTO}", "https://example.com/a.jpg", "", "pho_1"],
    ids=["no such photo", "no handle", "empty", "an id"],
)
def test_a_url_that_is_no_photo_of_ours_is_not_the_users(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair, url: str
) -> None:
    refused(somebody().with_body(odometerPhotos=[{"url": url}], mileage=1).calls(), *NOT_OWNED)


def test_a_handle_is_known_under_any_host_of_the_api(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    url = f"http://127.0.0.1:4566/elsewhere/photo/{world.LICENSE_PHOTO}"
    assert somebody().with_body(licensePhotos=[{"url": url}]).calls().status == 200


def test_another_users_photo_is_refused(
    somebody: Somebody, root: Organization, vehicle: Vehicle, pair: PhotoPair
) -> None:
    world.photo(A_PHOTO, of=world.driver("usr_" + "a" * 32, at=root, phone="+14155550101"))
    refused(somebody().with_body(licensePhotos=handles(A_PHOTO)).calls(), *NOT_OWNED)


def test_another_partners_photo_is_refused_as_one_that_is_not_there(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair
) -> None:
    theirs = world.organization("org_" + "e" * 32, of=world.OTHER_PARTNER)
    world.photo(A_PHOTO, of=world.driver("usr_" + "e" * 32, at=theirs), file=None)
    refused(somebody().with_body(licensePhotos=handles(A_PHOTO)).calls(), *NOT_OWNED)


def test_one_photo_cannot_show_both(somebody: Somebody, vehicle: Vehicle, pair: PhotoPair) -> None:
    both = handles(world.LICENSE_PHOTO)
    refused(somebody().with_body(odometerPhotos=both).calls(), *NOT_OWNED)


def test_a_photo_is_used_once_even_by_another_vehicle_of_the_user(
    somebody: Somebody, driver: User, vehicle: Vehicle, pair: PhotoPair
) -> None:
    assert somebody().calls().status == 200
    world.vehicle(ANOTHER_VEHICLE, of=driver, car=ANOTHER_BRONCO, plate="OTHER")
    world.photo(A_PHOTO, of=driver)
    answer = somebody().with_body(
        vehicleId=ANOTHER_VEHICLE, licensePlate="OTHER", licensePhotos=handles(A_PHOTO)
    ).calls()  # fmt: skip
    assert answer.refusal == NOT_OWNED
    assert "used by another check-in" in answer.message
    assert len(stored("CHECKIN")) == 1


def test_a_used_photo_is_said_before_the_lock_and_the_lock_before_the_mileage(
    somebody: Somebody, driver: User, vehicle: Vehicle, pair: PhotoPair
) -> None:
    assert somebody().calls().status == 200
    assert somebody().with_body(mileage=1).calls().refusal == NOT_OWNED
    world.photo(A_PHOTO, of=driver)
    world.photo(ANOTHER_PHOTO, of=driver)
    others = {"licensePhotos": handles(A_PHOTO), "odometerPhotos": handles(ANOTHER_PHOTO)}
    answer = somebody().with_body(mileage=1, **others).calls()
    assert answer.refusal == (500, "ERROR_CHECKIN_IS_LOCKED")
    assert Caller("review_mileage_check_in").calls(id=stored("CHECKIN")[0]["id"]).status == 200
    answer = somebody().with_body(mileage=48209, **others).calls()
    assert answer.refusal == (500, "ERROR_MILEAGE")
    assert "48210" in answer.message
    assert somebody().with_body(**others).calls().status == 200  # equal is enough


def test_with_a_cadence_the_next_check_in_has_a_date_and_opens_before_it(
    somebody: Somebody, driver: User, vehicle: Vehicle, pair: PhotoPair,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wire.aws("dynamodb").delete_item(
        TableName=table.table_name(),
        Key={"pk": {"S": f"PARTNER#{world.PARTNER}"}, "sk": {"S": "PARTNER"}},
    )
    world.partner(cadence_days=30, opens_days_before=5)
    first = 1_795_253_400_000
    monkeypatch.setattr("motorpool.checkins.model.now_ms", lambda: first)
    answer = somebody().calls()
    assert answer.body["checkedInAt"] == "2026-11-21T09:30:00.000Z"
    assert answer.body["nextCheckInDate"] == "2026-12-21T09:30:00.000Z"
    assert Caller("review_mileage_check_in").calls(id=answer.body["id"]).status == 200
    world.photo(A_PHOTO, of=driver)
    world.photo(ANOTHER_PHOTO, of=driver)
    again = somebody().with_body(
        licensePhotos=handles(A_PHOTO), odometerPhotos=handles(ANOTHER_PHOTO)
    )
    monkeypatch.setattr("motorpool.checkins.model.now_ms", lambda: first + 25 * DAY_MS - 1)
    locked = again.calls()
    assert locked.refusal == (500, "ERROR_CHECKIN_IS_LOCKED")
    assert "2026-12-16T09:30:00.000Z" in locked.message
    monkeypatch.setattr("motorpool.checkins.model.now_ms", lambda: first + 25 * DAY_MS)
    assert again.calls().status == 200


def test_a_photo_inspected_between_reading_and_writing_is_read_again(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pair.license
    seen: dict[str, Any] = {
        "photo_status": "Ready",
        "latitude": 37.5,
        "longitude": -122.25,
        "version_id": "v",
    }
    transact = table.transact

    def once_the_inspection_is_done(*writes: table.TransactItem) -> None:
        monkeypatch.setattr(table, "transact", transact)
        assert pair.license
        table.transact(*photos.inspected(replace(pair.license, **seen)))
        transact(*writes)

    monkeypatch.setattr(table, "transact", once_the_inspection_is_done)
    monkeypatch.setattr("time.sleep", lambda _: None)
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body["licensePhotos"][0]["latitude"] == 37.5
    assert len(answer.calls) == 5  # two reads, the inspection, and two writes
    assert photos.find(world.LICENSE_PHOTO).used_by == answer.body["id"]  # type: ignore[union-attr]


def test_a_photo_that_has_expired_is_refused_though_dynamodb_has_it_yet(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pair.odometer
    over = (pair.odometer.expires_at or 0) * 1000
    monkeypatch.setattr("motorpool.photos.model.now_ms", lambda: over)
    refused(somebody().calls(), *NOT_OWNED)


def test_a_photo_that_expires_between_reading_and_writing_is_not_used(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pair.license
    over = (pair.license.expires_at or 0) * 1000
    transact = table.transact

    def once_its_time_is_over(*writes: table.TransactItem) -> None:
        monkeypatch.setattr("motorpool.photos.model.now_ms", lambda: over)
        transact(*writes)

    # The time of the condition, which is made before the transaction is sent.
    monkeypatch.setattr("motorpool.photos.store.now_ms", lambda: over)
    monkeypatch.setattr(table, "transact", once_its_time_is_over)
    monkeypatch.setattr("time.sleep", lambda _: None)
    refused(somebody().calls(), *NOT_OWNED)
    photo = photos.find(world.LICENSE_PHOTO)
    assert photo is not None
    assert (photo.used_by, photo.expires_at) == (None, pair.license.expires_at)


def test_a_photo_that_dynamodb_deletes_between_reading_and_writing_is_not_used(
    somebody: Somebody, vehicle: Vehicle, pair: PhotoPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = table.transact

    def once_it_is_deleted(*writes: table.TransactItem) -> None:
        monkeypatch.setattr(table, "transact", transact)
        key = keys.photo(world.LICENSE_PHOTO)._asdict()
        boto3.resource("dynamodb").Table(table.table_name()).delete_item(Key=key)
        transact(*writes)

    monkeypatch.setattr(table, "transact", once_it_is_deleted)
    monkeypatch.setattr("time.sleep", lambda _: None)
    refused(somebody().calls(), *NOT_OWNED)
    assert photos.find(world.LICENSE_PHOTO) is None
