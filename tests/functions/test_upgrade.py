"""Items that older versions wrote (tests/upgrade) are loaded, changed and listed by our code."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace

import pytest

from motorpool.access import client_store as clients
from motorpool.access import rate_store as rates
from motorpool.access.rate_limit import WINDOW_MS
from motorpool.access.secret_keys import pepper
from motorpool.api import idempotency
from motorpool.checkins import store as checkins
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item
from motorpool.dynamodb.table import Key
from motorpool.dynamodb.values import from_values
from motorpool.history import store as history
from motorpool.history.model import problems
from motorpool.tenants import organization_store as organizations
from motorpool.tenants import partner_store as partners
from motorpool.tenants.organizations import Organization
from motorpool.transfers import store as transfers
from motorpool.vehicles import store as vehicles
from ops.check_ins import requeued
from ops.users import relisted
from tests.functions import wire
from tests.functions.conftest import Answer, Caller, event, everything_stored, handler_of, in_queues
from tests.upgrade import kind_of, request_of, written_by

FIRST, SECOND = "0.1.0", "0.2.0"
PARTNER = "ptr_019aa8f1000000000000000000000001"
CLIENT = "cli_019aa8f1000000000000000000000002"
ORGANIZATION = "org_019aa8f1000000000000000000000003"
TARGET = "org_019aa8f1000000000000000000000009"
USER = "usr_019aa8f1000000000000000000000004"
PHONE = "+14155550100"
# The vehicle in the oldest shape.
VEHICLE = "veh_019aa8f1000000000000000000000005"
# The vehicle that has an open check-in and an accepted transfer.
MOVING = "veh_019aa8f100000000000000000000000b"
CHECK_IN = "chk_019aa8f100000000000000000000000b019aa8f1000000000000000e"
TRANSFER = "trf_01a214266967934bcb730e96ef14d329"
# The open check-in of 0.2.0, and the branch that made it.
QUEUED = "chk_019aa8f1000000000000000000000024019aa8f10000000000000027"
ROOT = "org_019aa8f1000000000000000000000021"
BRANCH = "org_019aa8f1000000000000000000000022"
DEVICE = "dev_019aa8f1000000000000000000000002019aa8f1000000000000000d"
WITH_HISTORY = "veh_019aa8f1000000000000000000000032"
UNUSED_PHOTOS = ("pho_019aa8f1000000000000000000000006", "pho_019aa8f1000000000000000000000007")
# When the unused photos were announced; that version gave them a day.
WRITTEN_MS = 1795634391309
SECRET = "motorpool_secret_recorded-event-this-is-not-a-secret-0000000"


@pytest.fixture(autouse=True)
def _old_table(_empty_table: None) -> None:
    """The table that the first version left behind."""
    for item in written_by(FIRST):
        wire.aws("dynamodb").put_item(TableName=table.table_name(), Item=item)


def stored(key: Key) -> Item | None:
    """The item with that key, as it is now."""
    found = {Key(item["pk"], item["sk"]): item for item in everything_stored()}
    return found.get(key)


def called(function: str, **path: str) -> Answer:
    """What a function answers now; it must not refuse."""
    answer = Caller(function).calls(**path)
    assert answer.status < 300, answer.body
    return answer


def test_a_partner_is_listed_and_gets_a_cadence() -> None:
    [partner] = partners.every()
    assert (partner.id, partner.name) == (PARTNER, "Recorded Motors")
    table.transact(partners.replaced(partner, partner.with_cadence(30, 5)))
    after = partners.get(PARTNER)
    assert after.cadence.days == 30
    table.transact(partners.replaced(after, after.with_cadence(None, 0)))
    assert partners.get(PARTNER).cadence.days is None


def test_a_client_is_admitted_and_listed_and_gets_a_new_secret() -> None:
    admitted = handler_of("authorizer")(event("authorizer"), None)
    assert admitted["principalId"] == CLIENT
    [client] = clients.of_partner(PARTNER)
    rotated = client.with_new_secret("another", pepper())
    table.transact(clients.replaced(client, rotated))
    after = clients.get(PARTNER, CLIENT)
    assert after.accepts(SECRET, pepper())
    assert after.accepts("another", pepper())


def test_organizations_are_listed_and_get_another_below_them() -> None:
    answer = called("list_organizations").body["organizations"]
    assert [(each["id"], each["parent_id"]) for each in answer] == [
        (ORGANIZATION, None),
        (TARGET, ORGANIZATION),
    ]
    target = organizations.find(TARGET)
    below = Organization.create(PARTNER, "Below", "Fleet", target)
    table.transact(organizations.add(below))
    assert [each.id for each in organizations.of_partner(PARTNER)][-1] == below.id


def test_a_user_is_found_by_id_and_phone_and_gets_a_vehicle() -> None:
    assert called("get_user").body["id"] == USER
    assert called("get_user_by_phone", phone=PHONE).body["id"] == USER
    caller = Caller("create_vehicle_by_vin").with_body(
        vin="4JGCB65E68A080534", make="Mercedes-Benz", model="R-Class", year=2008, licensePlate="N1"
    )
    answer = caller.calls()
    assert (answer.status, answer.body["userId"]) == (200, USER), answer.body


def test_a_user_is_changed_and_listed() -> None:
    assert called("list_users").body["users"] == []
    assert relisted(dry_run=True) == relisted() == 1
    assert [each["id"] for each in called("list_users").body["users"]] == [USER]
    assert relisted() == 0
    assert called("update_user").body["phone"] == "+14155550123"
    assert Caller("get_user_by_phone").calls(phone=PHONE).status == 404
    assert called("get_vehicle").body["customerPhoneNumber"] == "+14155550123"


def test_a_phone_is_still_taken() -> None:
    answer = Caller("create_user").with_body(phone=PHONE).calls()
    assert answer.refusal == (409, "ERROR_USER_ALREADY_EXISTS")


def test_a_vehicle_is_found_listed_and_changed() -> None:
    assert called("get_vehicle").body["id"] == VEHICLE
    assert called("get_supplier_vehicle", vehicle_id=VEHICLE).body["vehicle"]["id"] == VEHICLE
    assert called("update_vehicle").body["license"] == "TEST-456"
    assert called("update_vehicle").status == 200
    of_user = called("list_user_vehicles").body["vehicles"]
    assert [(each["id"], each["license"]) for each in of_user] == [
        (VEHICLE, "TEST-456"),
        (MOVING, "TEST-222"),
    ]
    of_owner = called("list_supplier_vehicles").body["vehicles"]
    assert [each["id"] for each in of_owner] == [VEHICLE, MOVING]


def test_vin_and_plate_are_taken_until_the_vehicle_is_deactivated() -> None:
    create = Caller("create_vehicle_by_vin")
    assert create.calls().refusal == (409, "ERROR_VEHICLE_ALREADY_EXISTS")
    called("deactivate_vehicle")
    assert stored(keys.vin_claim(PARTNER, "1FMCU14T6JU400773")) is None
    assert stored(keys.plate_claim(PARTNER, "CA", "TEST123")) is None
    assert create.calls().status == 200


def test_the_chain_of_custody_is_shown_and_goes_on() -> None:
    def owners() -> list[str]:
        entries = called("get_custody", vehicle_id=MOVING).body["custody"]
        return [each["owner_id"] for each in entries]

    assert owners() == [ORGANIZATION]
    delivered()
    assert owners() == [ORGANIZATION, TARGET]


def test_a_check_in_is_found_listed_and_reviewed() -> None:
    assert called("get_mileage_check_in", id=CHECK_IN).body["checkInStatus"] == "Pending"
    of_vehicle = called("list_vehicle_check_ins", vehicleId=MOVING).body["checkIns"]
    queue = called("list_check_ins_for_review").body["checkIns"]
    assert [each["id"] for each in of_vehicle] == [each["id"] for each in queue] == [CHECK_IN]
    reviewed = called("review_mileage_check_in", id=CHECK_IN).body
    assert reviewed["checkInStatus"] == "Confirmed"
    assert called("list_check_ins_for_review").body["checkIns"] == []


@pytest.fixture
def _second_table() -> None:
    """What the second version wrote beside it."""
    for item in written_by(SECOND):
        wire.aws("dynamodb").put_item(TableName=table.table_name(), Item=item)


def review_queue(status: str = "Pending", *, of: str = "") -> list[str]:
    """The ids that a client of the whole partner, or of the organization at a path, finds."""
    found: list[str] = []
    query = {"status": status, "limit": "1"}
    while True:
        caller = Caller("list_check_ins_for_review").with_query(**query)
        body = (caller.linked_to(of.rpartition("/")[2], of) if of else caller).calls().body
        found += [check_in["id"] for check_in in body["checkIns"]]
        if body["nextCursor"] is None:
            return found
        query["cursor"] = body["nextCursor"]


@pytest.mark.usefixtures("_second_table")
def test_check_ins_of_both_versions_are_in_one_queue_oldest_first() -> None:
    assert review_queue() == [CHECK_IN, QUEUED]
    assert review_queue(of=ORGANIZATION) == [CHECK_IN]
    assert review_queue(of=ROOT) == review_queue(of=f"{ROOT}/{BRANCH}") == [QUEUED]
    assert review_queue(of=f"{ROOT}/{TARGET}") == []


@pytest.mark.usefixtures("_second_table")
@pytest.mark.parametrize("id", [CHECK_IN, QUEUED])
def test_a_check_in_of_any_version_moves_through_the_queues(id: str) -> None:
    [other] = {CHECK_IN, QUEUED} - {id}
    hold = Caller("review_mileage_check_in").with_body(checkInStatus="OnHold", adminNote="So.")
    assert hold.calls(id=id).status == 200
    assert (review_queue(), review_queue("OnHold")) == ([other], [id])
    called("review_mileage_check_in", id=id)
    assert (review_queue(), review_queue("OnHold")) == ([other], [])
    assert all(id not in item["sk"] for item in everything_stored() if "QUEUE#" in item["pk"])


@pytest.mark.usefixtures("_second_table")
def test_an_origin_of_the_second_version_is_allowed() -> None:
    context = SimpleNamespace(function_name="motorpool-answer_preflight")
    answer = handler_of("answer_preflight")(event("answer_preflight"), context)
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://app.example.com"


@pytest.mark.usefixtures("_second_table")
def test_a_device_of_the_second_version_is_listed_and_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    an_hour_later = 1795656317720 + 3_600_000
    for module in ("devices", "device_store"):
        monkeypatch.setattr(f"motorpool.access.{module}.now_ms", lambda: an_hour_later)
    user = "usr_019aa8f1000000000000000000000031"
    [listed] = called("list_user_devices", userId=user).body["devices"]
    assert listed["deviceId"] == DEVICE
    called("delete_device", deviceId=DEVICE)
    assert called("list_user_devices", userId=user).body["devices"] == []


@pytest.mark.usefixtures("_second_table")
def test_a_history_of_the_second_version_is_whole_and_goes_on() -> None:
    called("deactivate_vehicle", vehicleId=WITH_HISTORY)
    vehicle = vehicles.find(WITH_HISTORY)
    assert vehicle is not None
    assert problems(history.every(WITH_HISTORY), vehicle.head) == []
    listed = called("list_vehicle_history", vehicleId=WITH_HISTORY).body["history"]
    assert [(each["n"], each["type"]) for each in listed] == [
        (3, "vehicle.deactivated"),
        (2, "vehicle.updated"),
        (1, "vehicle.registered"),
    ]


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8])
def test_a_history_goes_on_after_a_function_of_the_first_version_changed_the_vehicle(
    length: int,
) -> None:
    """It writes the attributes that it knows: without the end of the history."""
    for _ in range(length):
        active = called("get_vehicle", vehicleId=VEHICLE).body["active"]
        called("deactivate_vehicle" if active else "activate_vehicle", vehicleId=VEHICLE)
    wire.aws("dynamodb").update_item(
        TableName=table.table_name(),
        Key={"pk": {"S": f"VEHICLE#{VEHICLE}"}, "sk": {"S": "VEHICLE"}},
        UpdateExpression="REMOVE historyNumber, historyHash",
    )
    called("update_vehicle", vehicleId=VEHICLE)
    vehicle = vehicles.find(VEHICLE)
    assert vehicle is not None
    assert problems(history.every(VEHICLE), vehicle.head) == []
    assert vehicle.history_number == length + 1


def test_custody_of_both_versions_is_one_list_whose_pages_are_full() -> None:
    for function in ("deactivate_vehicle", "activate_vehicle", "deactivate_vehicle"):
        called(function, vehicleId=MOVING)
    delivered()
    called("activate_vehicle", vehicleId=MOVING)
    query, owners = {"page_size": "1"}, []
    for _ in range(2):
        page = Caller("get_custody").with_query(**query).calls(vehicle_id=MOVING).body
        owners += [(each["owner_id"], each["transfer_id"]) for each in page["custody"]]
        query["page_token"] = page["next_page_token"]
    assert owners == [(ORGANIZATION, None), (TARGET, TRANSFER)]
    assert query["page_token"] is None


def test_a_vehicle_of_the_first_version_has_a_history_since_its_next_change() -> None:
    assert called("list_vehicle_history", vehicleId=VEHICLE).body["history"] == []
    called("deactivate_vehicle", vehicleId=VEHICLE)
    [entry] = called("list_vehicle_history", vehicleId=VEHICLE).body["history"]
    assert (entry["n"], entry["type"], entry["before"]) == (1, "vehicle.deactivated", None)


def test_an_open_check_in_without_entries_gets_them_when_a_photo_is_inspected() -> None:
    check_in = checkins.find(CHECK_IN)
    assert check_in is not None
    table.transact(*checkins.replaced(check_in, replace(check_in, license_latitude=1.0)))
    assert in_queues() == {(PARTNER, "Pending"), (ORGANIZATION, "Pending")}
    assert review_queue() == review_queue(of=ORGANIZATION) == [CHECK_IN]


def test_an_operator_moves_old_check_ins_into_the_queues_once() -> None:
    assert requeued(PARTNER, dry_run=True) == 1
    assert in_queues() == set()
    assert requeued(PARTNER) == 1
    assert in_queues() == {(PARTNER, "Pending"), (ORGANIZATION, "Pending")}
    assert review_queue() == [CHECK_IN]
    assert requeued(PARTNER) == 0


def test_photos_that_were_never_used_go_into_a_check_in_of_the_oldest_vehicle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    an_hour_later = WRITTEN_MS + 3_600_000
    for module in ("model", "store"):
        monkeypatch.setattr(f"motorpool.photos.{module}.now_ms", lambda: an_hour_later)
    for photo_id in UNUSED_PHOTOS:
        assert called("get_photo_status", photoId=photo_id).body["photoStatus"] == "AwaitingUpload"
        wire.aws("s3").put_object(
            Bucket=os.environ["PHOTO_BUCKET"], Key=f"photos/{photo_id}", Body=b"a photo"
        )
    check_in = called("create_mileage_check_in").body
    for photo_id in UNUSED_PHOTOS:
        photo = stored(keys.photo(photo_id))
        assert photo is not None
        assert photo["usedBy"] == check_in["id"]
        assert "expiresAt" not in photo
    [listed] = called("list_vehicle_check_ins").body["checkIns"]
    assert listed["id"] == check_in["id"]


def delivered() -> None:
    """The queue's consumer gets the message of the stored transfer."""
    recorded = event("apply_transfer")
    recorded["Records"][0]["body"] = json.dumps({"transfer_id": TRANSFER, "vehicle_id": MOVING})
    context = SimpleNamespace(function_name="motorpool-apply_transfer")
    assert handler_of("apply_transfer")(recorded, context) == {"batchItemFailures": []}


def test_an_accepted_transfer_is_listed_and_completed() -> None:
    assert [each.id for each in transfers.of_partner(PARTNER, "accepted")] == [TRANSFER]
    delivered()
    answer = called("get_transfer", transfer_id=TRANSFER).body["transfer"]
    assert answer["status"] == "completed"
    assert called("get_vehicle", vehicleId=MOVING).body["userId"] is None
    assert transfers.of_partner(PARTNER, "accepted") == []


def test_the_oldest_vehicle_is_transferred() -> None:
    answer = called("transfer_vehicle", vehicle_id=VEHICLE).body
    assert answer["vehicle"]["owner_id"] == TARGET
    assert answer["transfer"]["status"] == "accepted"


def told_of(kind: str) -> None:
    """The dispatcher gets the stream's record of the stored item of that kind."""
    [item] = [item for item in written_by(FIRST) if kind_of(item) == kind]
    recorded, _ = event("dispatch")["Records"]
    recorded["dynamodb"]["Keys"] = {name: item[name] for name in ("pk", "sk")}
    recorded["dynamodb"]["NewImage"] = item
    context = SimpleNamespace(function_name="motorpool-dispatch")
    assert handler_of("dispatch")({"Records": [recorded]}, context) == {"batchItemFailures": []}


def test_a_transfer_that_an_older_version_accepted_becomes_a_message_and_its_outbox_none() -> None:
    for kind in ("outbox", "transfer"):
        told_of(kind)
    queue = os.environ["TRANSFERS_QUEUE_URL"]
    [message] = wire.aws("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"transfer_id": TRANSFER, "vehicle_id": MOVING}


def test_an_hours_requests_are_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    [window] = [from_values(item) for item in written_by(FIRST) if kind_of(item) == "rate"]
    hour = int(window["sk"].removeprefix("RATE#")) * WINDOW_MS
    monkeypatch.setattr(rates, "now_ms", lambda: hour)
    assert rates.counted(CLIENT, "transfer_vehicle", 1800).used == window["used"] + 1


def test_a_repeated_request_gets_its_first_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    [record] = [from_values(item) for item in written_by(FIRST) if kind_of(item) == "request"]
    monkeypatch.setattr(idempotency, "now_ms", lambda: (record["expiresAt"] - 60) * 1000)
    caller = Caller("transfer_vehicle")
    caller.event = request_of(FIRST)
    answer = caller.calls()
    assert (answer.status, answer.body) == (record["status"], json.loads(record["body"]))
    assert answer.headers["Idempotent-Replayed"] == "true"
