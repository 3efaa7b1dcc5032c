"""POST /vehicles/create/by-vin: every answer of the contract, and what each leaves behind."""

import base64
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from infra.spec import Spec
from motorpool.aws import TRIES
from motorpool.dynamodb import table
from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Answer, Caller, everything_stored
from tests.functions.wire import Fault

Somebody = Callable[[], Caller]

ANOTHER_BRONCO = "1FMCU14T2JU000001"
KEYED = ("Idempotency-Key", "order-66")


@pytest.fixture(autouse=True)
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def _driver(root: Organization) -> None:
    world.driver(at=root)


def stored(kind: str) -> int:
    """How many items of that kind (the sort key) there are."""
    return sum(item["sk"] == kind for item in everything_stored())


ANOTHER_VIN = "1FMCU14T2JU000001"
ONLY: dict[str, Any] = {"licensePlate": ..., "state": ..., "colorHexCode": ...}


def refused(answer: Answer, status: int, code: str) -> str:
    assert answer.refusal == (status, code)
    assert stored("VEHICLE") == 0
    return answer.message


def invalid(answer: Answer) -> str:
    return refused(answer, 400, "ERROR_INVALID_PARAMETERS")


def test_a_vehicle_comes_back_with_every_documented_field(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "id": answer.body["id"],
        "license": "TEST-456",
        "photoUrl": None,
        "make": "Ford",
        "model": "Bronco II",
        "vin": "1FMCU14T6JU400773",
        "state": "CA",
        "year": "1988",
        "dateAdded": answer.body["dateAdded"],
        "updated": answer.body["dateAdded"],
        "userId": world.USER,
        "customerPhoneNumber": "+14155550100",
        "active": True,
        "organizationId": world.ORGANIZATION,
        "externalId": None,
        "metadata": None,
    }
    assert answer.body["id"].startswith("veh_")
    assert answer.headers["x-request-id"] == "6f0c1d9e-5a4b-4c3d-8e2f-1a0b9c8d7e6f"
    assert answer.headers["Content-Type"] == "application/json"


def test_the_vehicle_is_stored_with_its_owner_its_decode_and_its_indexes(
    somebody: Somebody, root: Organization
) -> None:
    answer = somebody().with_body(make="ford", model="BRONCO II").calls()
    [item] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
    assert item["pk"] == f"VEHICLE#{answer.body['id']}"
    assert (item["make"], item["decodedMake"]) == ("ford", "FORD")
    assert (item["model"], item["decodedModel"]) == ("BRONCO II", "Bronco II")
    assert (item["ownerId"], item["ownerPath"]) == (root.id, root.path)
    assert item["gsi1pk"] == f"ORG#{root.id}"
    assert item["gsi2pk"] == f"USER#{world.USER}"


def test_a_read_and_a_write_are_enough(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("GetItem", "TransactWriteItems")


def test_two_calls_are_enough_for_every_outcome_with_a_key(somebody: Somebody) -> None:
    outcomes = [
        somebody().with_headers(KEYED).calls(),  # registered
        somebody().with_headers(KEYED).calls(),  # replayed
        somebody().with_headers(KEYED).with_body(state="NV").calls(),  # another request
        somebody().with_headers(("Idempotency-Key", "new")).calls(),  # the VIN is taken
        somebody().with_headers(("Idempotency-Key", "new")).with_body(userId="usr_9").calls(),
        somebody().with_headers(("Idempotency-Key", "new")).with_body(vin="wrong").calls(),
    ]
    assert [answer.status for answer in outcomes] == [200, 200, 400, 409, 404, 400]
    assert max(len(answer.calls) for answer in outcomes) <= 2


def test_plate_and_state_may_be_left_out(somebody: Somebody) -> None:
    answer = somebody().with_body(licensePlate=..., state=...).calls()
    assert (answer.status, answer.body["license"], answer.body["state"]) == (200, None, None)
    assert stored("CLAIM") == 2  # the user's phone and the VIN


def test_the_partners_own_number_and_notes_come_back_as_they_were_given(
    somebody: Somebody,
) -> None:
    own = {"externalId": "Polizze #7/ü", "metadata": {"cost-center.1": "4711\n", "empty": ""}}
    body = somebody().with_body(**own).calls().body
    assert {name: body[name] for name in own} == own
    assert Caller("get_vehicle").calls(vehicleId=body["id"]).body == body
    assert stored("CLAIM") == 4  # the user's phone, the VIN, the plate and the number


def test_an_external_id_is_one_active_vehicles(somebody: Somebody) -> None:
    first = somebody().with_body(externalId="7").calls().body
    another: dict[str, Any] = {"vin": ANOTHER_VIN, "licensePlate": ...}
    answer = somebody().with_body(externalId="7", **another).calls()
    assert answer.refusal == (409, "ERROR_VEHICLE_ALREADY_EXISTS")
    assert "externalId" in answer.message
    Caller("deactivate_vehicle").calls(vehicleId=first["id"])
    second = somebody().with_body(externalId="7", **another).calls().body
    assert Caller("activate_vehicle").calls(vehicleId=first["id"]).status == 409
    Caller("update_vehicle").with_body(**ONLY | {"externalId": "8"}).calls(vehicleId=second["id"])
    assert Caller("activate_vehicle").calls(vehicleId=first["id"]).status == 200


def test_external_ids_are_compared_as_they_are_written(somebody: Somebody) -> None:
    for external_id, vin in (("a1", ...), ("A1", ANOTHER_VIN)):
        named = {} if vin is ... else {"vin": vin, "licensePlate": ...}
        assert somebody().with_body(externalId=external_id, **named).calls().status == 200


def test_the_vin_may_be_typed_in_any_case(somebody: Somebody) -> None:
    answer = somebody().with_body(vin=" 1fmcu14t6ju400773 ").calls()
    assert (answer.status, answer.body["vin"]) == (200, "1FMCU14T6JU400773")


@pytest.mark.parametrize(
    ("vin", "reason"),
    [
        ("1FMCU14T6JU40077", "vin: malformed: "),
        ("1FMCU14T7JU400773", "vin: wrong check digit: "),
        ("ZZZZZZZZ9ZZZZZZZZ", "vin: no match: "),
    ],
)
def test_a_bad_vin_is_refused_saying_which_of_the_three_reasons_it_was(
    somebody: Somebody, vin: str, reason: str
) -> None:
    assert invalid(somebody().with_body(vin=vin).calls()).startswith(reason)


def test_a_false_claim_is_refused_naming_the_decoded_car(somebody: Somebody) -> None:
    message = invalid(somebody().with_body(make="Honda", model="Civic", year=2020).calls())
    assert "the VIN decodes to FORD Bronco II 1988" in message
    assert all(field in message for field in ("make: ", "model: ", "year: "))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("userId", ...),
        ("userId", ""),
        ("userId", 7),
        ("vin", ...),
        ("vin", 17),
        ("make", None),
        ("model", "x" * 65),
        ("year", "1988"),
        ("year", 1979),
        ("year", True),
        ("year", 10**400),
        ("licensePlate", "#"),
        ("state", "XX"),
        ("externalId", "x" * 65),
        ("externalId", "a\nb"),
        ("metadata", {"a b": "c"}),
        ("metadata", {"a" * 41: "c"}),
        ("metadata", {"a": "c" * 501}),
        ("metadata", {"a": 1}),
        ("metadata", {f"a{n}": "" for n in range(21)}),
        ("metadata", "a"),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(somebody: Somebody, field: str, value: Any) -> None:
    message = invalid(somebody().with_body(**{field: value}).calls())
    assert message.startswith((f"{field}: ", f"{field}."))


def test_a_refused_body_costs_no_call(somebody: Somebody) -> None:
    assert somebody().with_body(year="1988").calls().calls == ()
    assert somebody().with_body(vin="wrong").calls().calls == ()


@pytest.mark.parametrize("user_id", ["usr_" + "9" * 32, "usr_1", "nobody", "a#b", world.VEHICLE])
def test_a_user_that_is_not_there_is_not_found(somebody: Somebody, user_id: str) -> None:
    refused(somebody().with_body(userId=user_id).calls(), 404, "ERROR_USER_NOT_FOUND")


def test_another_partners_user_is_not_found(somebody: Somebody) -> None:
    refused(somebody().of(world.OTHER_PARTNER).calls(), 404, "ERROR_USER_NOT_FOUND")


def test_a_user_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization
) -> None:
    west = world.organization("org_" + "a" * 32, parent=root)
    answer = somebody().linked_to(west.id, west.path).calls()
    refused(answer, 403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


def test_a_vin_is_registered_once_per_partner(somebody: Somebody) -> None:
    assert somebody().calls().status == 200
    again = somebody().with_body(licensePlate="OTHER", vin="1fmcu14t6ju400773").calls()
    assert again.refusal == (409, "ERROR_VEHICLE_ALREADY_EXISTS")
    assert "VIN" in again.message
    assert stored("VEHICLE") == 1


@pytest.mark.parametrize("plate", ["TEST-456", "test 456", "T.E.S.T.4.5.6"])
def test_a_plate_is_registered_once_per_state_however_it_is_spelled(
    somebody: Somebody, plate: str
) -> None:
    assert somebody().calls().status == 200
    again = somebody().with_body(vin=ANOTHER_BRONCO, licensePlate=plate).calls()
    assert again.refusal == (409, "ERROR_VEHICLE_ALREADY_EXISTS")
    assert "license plate" in again.message
    assert stored("VEHICLE") == 1
    elsewhere = somebody().with_body(vin=ANOTHER_BRONCO, licensePlate=plate, state="NV").calls()
    assert elsewhere.status == 200


def test_two_partners_may_register_the_same_vehicle(somebody: Somebody) -> None:
    theirs = world.organization("org_" + "f" * 32, of=world.OTHER_PARTNER)
    other = world.driver("usr_" + "f" * 32, at=theirs)
    assert somebody().calls().status == 200
    answer = somebody().of(world.OTHER_PARTNER).with_body(userId=other.id).calls()
    assert answer.status == 200
    assert stored("VEHICLE") == 2


def test_a_refused_vehicle_leaves_no_claim_behind(somebody: Somebody) -> None:
    assert somebody().calls().status == 200
    claims = stored("CLAIM")
    assert somebody().with_body(vin=ANOTHER_BRONCO).calls().status == 409
    assert stored("CLAIM") == claims
    assert somebody().with_body(vin=ANOTHER_BRONCO, licensePlate="FREE").calls().status == 200


def test_a_body_in_base64_is_the_same_body(somebody: Somebody) -> None:
    caller = somebody()
    caller.event["body"] = base64.b64encode(caller.event["body"].encode()).decode()
    caller.event["isBase64Encoded"] = True
    assert caller.calls().status == 200


@pytest.mark.parametrize(
    "body", [None, "", "null", "[]", '"x"', "1", "{", "not JSON", "[" * 100_000, "\0", "\ud800"],
    ids=lambda body: ascii(body)[:12],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused(somebody: Somebody, body: str | None) -> None:
    caller = somebody()
    caller.event["body"] = body
    assert invalid(caller.calls()).startswith("body: ")


def test_a_key_replays_the_first_answer_and_registers_nothing_again(somebody: Somebody) -> None:
    first = somebody().with_headers(KEYED).calls()
    again = somebody().with_headers(KEYED).calls()
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert stored("VEHICLE") == 1


@pytest.mark.parametrize("name", ["idempotency-key", "IDEMPOTENCY-KEY", "Idempotency-Key"])
def test_the_keys_header_is_matched_in_any_case(somebody: Somebody, name: str) -> None:
    first = somebody().with_headers((name, "a-key")).calls()
    again = somebody().with_headers(("Idempotency-Key", "a-key")).calls()
    assert again.body == first.body


def test_a_key_with_another_request_is_refused(somebody: Somebody) -> None:
    first = somebody().with_headers(KEYED).calls()
    different = somebody().with_headers(KEYED).with_body(vin=ANOTHER_BRONCO).calls()
    assert different.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert different.message == "Idempotency-Key: was used before, with a different request"
    assert somebody().with_headers(KEYED).calls().body == first.body
    assert stored("VEHICLE") == 1


def test_the_same_request_written_differently_is_the_same(somebody: Somebody) -> None:
    first = somebody().with_headers(KEYED).calls()
    caller = somebody().with_headers(KEYED)
    body = json.loads(caller.event["body"])
    caller.event["body"] = json.dumps(dict(reversed(body.items())), indent=4)
    assert caller.calls().body == first.body


def test_a_key_is_its_clients_own(somebody: Somebody) -> None:
    first = somebody().with_headers(KEYED).calls()
    caller = somebody().with_headers(KEYED).with_body(vin=ANOTHER_BRONCO, licensePlate="X1")
    caller.event["requestContext"]["authorizer"]["clientId"] = "cli_" + "9" * 32
    answer = caller.calls()
    assert answer.status == 200
    assert answer.body["id"] != first.body["id"]


def test_a_refusal_is_not_kept_so_that_the_request_may_be_repeated(
    somebody: Somebody, root: Organization
) -> None:
    later = "usr_" + "8" * 32
    before = somebody().with_headers(KEYED).with_body(userId=later).calls()
    refused(before, 404, "ERROR_USER_NOT_FOUND")
    world.driver(later, at=root, phone="+14155550188")
    assert somebody().with_headers(KEYED).with_body(userId=later).calls().status == 200


def test_an_expired_record_is_overwritten(somebody: Somebody) -> None:
    somebody().with_headers(KEYED).calls()
    expired = {":then": 1}
    boto3.resource("dynamodb").Table(table.table_name()).update_item(
        Key={"pk": f"CLIENT#{world.CLIENT}#KEY#order-66", "sk": "REQUEST"},
        UpdateExpression="SET expiresAt = :then",
        ExpressionAttributeValues=expired,
    )
    another = somebody().with_headers(KEYED).with_body(vin=ANOTHER_BRONCO, licensePlate="X1")
    first = another.calls()
    assert first.status == 200
    assert "Idempotent-Replayed" not in first.headers
    again = somebody().with_headers(KEYED).with_body(vin=ANOTHER_BRONCO, licensePlate="X1").calls()
    assert again.body == first.body


@pytest.mark.parametrize("values", [("a", "a"), ("a", "b")])
def test_a_key_given_twice_is_refused(somebody: Somebody, values: tuple[str, ...]) -> None:
    keys = [("Idempotency-Key", value) for value in values]
    message = invalid(somebody().with_headers(*keys).calls())
    assert message.startswith("Idempotency-Key: must be given once")


@pytest.mark.parametrize("headers", [[], [KEYED]], ids=["without a key", "with a key"])
@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "ThrottlingException"),
        (400, "ProvisionedThroughputExceededException"),
        (400, "RequestLimitExceeded"),
        (500, "InternalServerError"),
        (503, "ServiceUnavailable"),
    ],
)
def test_a_failing_table_is_asked_again_then_500_and_nothing_is_half_written(
    somebody: Somebody,
    faulty: Callable[..., Fault],
    operation: str,
    status: int,
    code: str,
    headers: list[tuple[str, str]],
) -> None:
    before = everything_stored()
    fault = faulty(operation, status, code)
    answer = somebody().with_headers(*headers).calls()
    assert answer.refusal == (500, "INTERNAL_SERVER_ERROR")
    assert answer.message == "Service unavailable"
    # With a key, a transaction that may have been carried out is decided again, which finds out.
    found_out = bool(headers) and operation == "TransactWriteItems"
    assert fault.tries == (2 * TRIES if found_out else TRIES)
    assert fault.slept < Spec().timeout
    assert everything_stored() == before


@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems"])
def test_a_fault_that_passes_is_not_noticed(
    somebody: Somebody, faulty: Callable[..., Fault], operation: str
) -> None:
    fault = faulty(operation, 400, "ThrottlingException", times=TRIES - 1)
    assert somebody().calls().status == 200
    assert fault.tries == TRIES - 1
    assert stored("VEHICLE") == 1


def test_a_repeated_request_succeeds_once_the_table_does(
    somebody: Somebody, faulty: Callable[..., Fault]
) -> None:
    faulty("TransactWriteItems", 500, "InternalServerError", times=2 * TRIES)
    assert somebody().with_headers(KEYED).calls().status == 500
    assert somebody().with_headers(KEYED).calls().status == 200
    assert stored("VEHICLE") == 1
