"""POST …/transfer: every check, then one transaction: reservation, transfer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from infra.spec import Spec
from motorpool import budget
from motorpool.access import rate_store as rates
from motorpool.access.rate_limit import WINDOW_MS
from motorpool.aws import TRIES
from motorpool.dynamodb import keys, table
from motorpool.dynamodb.items import Item
from motorpool.tenants import organization_store as organizations
from motorpool.tenants.organizations import Organization
from motorpool.vehicles.model import Vehicle
from tests.functions import wire, world
from tests.functions.conftest import Caller, everything_stored
from tests.functions.wire import Fault

Somebody = Callable[[], Caller]

LIMIT = 1800
KEYED = ("Idempotency-Key", "move-1")


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def target(root: Organization) -> Organization:
    return world.organization(world.TARGET, parent=root)


@pytest.fixture(autouse=True)
def vehicle(root: Organization, target: Organization) -> Vehicle:
    return world.vehicle(of=world.driver(at=root))


def stored(kind: str) -> list[Item]:
    """All items of a kind: their sort key is, or begins with, its name."""
    return [item for item in everything_stored() if item["sk"].split("#")[0] == kind]


def limited_to(used: int) -> None:
    """So many requests of the present hour are counted."""
    [window] = stored("RATE")
    boto3.resource("dynamodb").Table(table.table_name()).update_item(
        Key={"pk": window["pk"], "sk": window["sk"]},
        UpdateExpression="SET used = :used",
        ExpressionAttributeValues={":used": used},
    )


def test_an_accepted_transfer_reserves_the_vehicle(somebody: Somebody, vehicle: Vehicle) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body["vehicle"]["owner_id"] == world.TARGET
    [transfer] = stored("TRANSFER")
    [reserved] = stored("VEHICLE")
    assert answer.body["transfer"] == {"id": transfer["id"], "status": "accepted"}
    assert transfer["transferStatus"] == "accepted"
    assert (transfer["fromOwnerId"], transfer["toOwnerId"]) == (world.ORGANIZATION, world.TARGET)
    assert (reserved["pendingTransferId"], reserved["pendingOwnerId"]) == (
        transfer["id"],
        world.TARGET,
    )
    # Not moved yet.
    assert reserved["ownerId"] == world.ORGANIZATION
    assert reserved["gsi1pk"] == keys.vehicles_of_organization(world.ORGANIZATION)


def test_the_location_is_under_the_apis_own_url(somebody: Somebody) -> None:
    answer = somebody().calls()
    transfer_id = answer.body["transfer"]["id"]
    assert answer.headers["Location"] == (
        "https://z9y8x7w6v5.execute-api.us-east-1.amazonaws.com/v1"
        f"/vehicle-suppliers/transfers/{transfer_id}"
    )


def test_three_calls_are_enough(somebody: Somebody) -> None:
    expected = ("UpdateItem", "BatchGetItem", "TransactWriteItems")
    assert somebody().calls().calls == expected


def test_three_calls_are_enough_with_a_new_user_and_a_key(
    somebody: Somebody, target: Organization
) -> None:
    user = world.driver("usr_" + "8" * 32, at=target, phone="+14155550188")
    answer = somebody().with_headers(KEYED).with_body(new_user_id=user.id).calls()
    assert answer.status == 200
    assert len(answer.calls) == 3
    replayed = somebody().with_headers(KEYED).with_body(new_user_id=user.id).calls()
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert len(replayed.calls) <= 3


def test_a_tree_six_deep_among_a_hundred_costs_no_call_more(
    somebody: Somebody, root: Organization
) -> None:
    made = [Organization.create(world.PARTNER, f"{n}", "Fleet", root) for n in range(94)]
    deepest = root
    for _ in range(5):
        deepest = Organization.create(world.PARTNER, "deep", "Fleet", deepest)
        made.append(deepest)
    table.transact(*map(organizations.add, made))
    assert deepest.path.count("/") == 5
    answer = somebody().with_body(new_owner_id=deepest.id).calls()
    assert answer.status == 200
    assert len(answer.calls) == 3
    linked = Caller("get_supplier_vehicle").linked_to(root.id, root.path).calls()
    assert linked.calls == ("GetItem",)
    assert Caller("list_organizations").calls().calls == ("Query",)


# The rate limit


def test_every_answer_says_what_is_left(somebody: Somebody) -> None:
    accepted = somebody().calls()
    refused = somebody().with_body(new_owner_id="org_1").calls()
    invalid = somebody().with_body(new_owner_id=5).calls()
    assert [answer.status for answer in (accepted, refused, invalid)] == [200, 404, 400]
    left = [answer.headers["RateLimit-Remaining"] for answer in (accepted, refused, invalid)]
    assert left == ["1799", "1798", "1797"]
    assert {answer.headers["RateLimit-Limit"] for answer in (accepted, refused)} == {"1800"}


def test_the_1801st_request_of_the_hour_is_refused_and_the_first_of_the_next_is_not(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    hour = 500_000
    in_the_hour = hour * WINDOW_MS + 1_500
    monkeypatch.setattr(rates, "now_ms", lambda: in_the_hour)
    somebody().calls()
    limited_to(LIMIT - 1)
    last = somebody().calls()
    assert (last.status, last.headers["RateLimit-Remaining"]) == (200, "0")
    refused = somebody().calls()
    assert refused.refusal == (429, "rate_limited")
    assert refused.message == "Number of requests exceeds allowed limit"
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"] == "3599"
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == (
        "1800",
        "0",
    )
    # Nothing is read or written for it, and it does not count.
    assert refused.calls == ("UpdateItem",)
    [window] = stored("RATE")
    assert window["used"] == LIMIT
    monkeypatch.setattr(rates, "now_ms", lambda: (hour + 1) * WINDOW_MS)
    first = somebody().calls()
    assert (first.status, first.headers["RateLimit-Remaining"]) == (200, "1799")
    assert first.headers["RateLimit-Reset"] == "3600"


def test_a_refused_request_counts_as_well_and_every_client_has_a_count_of_its_own(
    somebody: Somebody,
) -> None:
    for _ in range(3):
        somebody().with_body(new_owner_id="org_1").calls()
    another = somebody()
    another.event["requestContext"]["authorizer"]["clientId"] = "cli_" + "b" * 32
    assert another.calls().headers["RateLimit-Remaining"] == "1799"
    assert somebody().calls().headers["RateLimit-Remaining"] == "1796"


def test_other_endpoints_are_not_limited(somebody: Somebody) -> None:
    somebody().calls()
    limited_to(LIMIT)
    assert somebody().calls().status == 429
    read = Caller("get_supplier_vehicle").calls()
    assert read.status == 200
    assert "RateLimit-Limit" not in read.headers


# Refusals


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"new_owner_id": "org_" + "9" * 32}, (404, "organization_not_found")),
        ({"new_owner_id": world.VEHICLE}, (404, "organization_not_found")),
        ({"new_owner_id": "\ud800"}, (400, "bad_request")),
        ({"new_owner_id": "x" * 65}, (400, "bad_request")),
        ({"new_owner_id": ...}, (400, "bad_request")),
        ({"new_user_id": world.USER}, (404, "user_not_found")),
        ({"new_user_id": "usr_" + "9" * 32}, (404, "user_not_found")),
        ({"new_user_id": "\0"}, (404, "user_not_found")),
    ],
    ids=ascii,
)
def test_a_wrong_request_changes_nothing(
    somebody: Somebody, changes: dict[str, Any], refusal: tuple[int, str]
) -> None:
    before = everything_stored()
    answer = somebody().with_body(**changes).calls()
    assert answer.refusal == refusal
    assert [item for item in everything_stored() if item["sk"].split("#")[0] != "RATE"] == before


@pytest.mark.parametrize("vehicle_id", ["veh_" + "9" * 32, "veh_1", "\0", "\ud800", "x" * 10_000])
def test_a_vehicle_that_is_not_there_is_not_found(somebody: Somebody, vehicle_id: str) -> None:
    answer = somebody().calls(vehicle_id=vehicle_id)
    assert answer.refusal == (404, "vehicle_not_found")
    assert answer.message == "Vehicle was not found or not authorized"


def test_another_supplier_types_organization_is_not_found(somebody: Somebody) -> None:
    rental = world.organization("org_" + "e" * 32, supplier_type="Rental")
    answer = somebody().with_body(new_owner_id=rental.id).calls()
    assert answer.refusal == (404, "organization_not_found")


def test_another_partner_finds_neither_vehicle_nor_organization(somebody: Somebody) -> None:
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == (404, "vehicle_not_found")
    theirs = world.organization("org_" + "f" * 32, of=world.OTHER_PARTNER)
    answer = somebody().with_body(new_owner_id=theirs.id).calls()
    assert answer.refusal == (404, "organization_not_found")


def test_outside_the_clients_subtree_nothing_is_found(
    somebody: Somebody, root: Organization, target: Organization
) -> None:
    east = world.organization("org_" + "e" * 32, parent=root)
    assert somebody().linked_to(root.id, root.path).calls().status == 200
    assert somebody().linked_to(target.id, target.path).calls().refusal == (
        404,
        "vehicle_not_found",
    )
    outside = somebody().linked_to(root.id, root.path).with_body(new_owner_id=east.id).calls()
    assert outside.status == 422
    stranger = world.organization("org_" + "d" * 32)
    answer = somebody().linked_to(root.id, root.path).with_body(new_owner_id=stranger.id).calls()
    assert answer.refusal == (404, "organization_not_found")


def test_another_transfer_to_a_different_owner_is_in_progress(
    somebody: Somebody, root: Organization
) -> None:
    east = world.organization("org_" + "e" * 32, parent=root)
    accepted = somebody().calls()
    assert somebody().with_body(new_owner_id=east.id).calls().refusal == (
        422,
        "transfer_in_progress",
    )
    back = somebody().with_body(new_owner_id=world.ORGANIZATION).calls()
    assert back.refusal == (422, "transfer_in_progress")
    again = somebody().calls()
    assert again.body["transfer"] == accepted.body["transfer"]
    assert again.headers["Location"] == accepted.headers["Location"]
    assert len(stored("TRANSFER")) == 1


def test_a_caller_without_the_scope_is_unauthorized(somebody: Somebody) -> None:
    answer = somebody().with_scopes("vehicle_suppliers.vehicles.read").calls()
    assert answer.refusal == (401, "unauthorized")
    assert answer.message == "Invalid OAuth 2.0 credentials provided"
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]
    assert stored("TRANSFER") == []


# Faults


@pytest.mark.parametrize("headers", [[], [KEYED]], ids=["without a key", "with a key"])
@pytest.mark.parametrize("operation", ["UpdateItem", "BatchGetItem", "TransactWriteItems"])
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
def test_a_failing_table_is_asked_again_then_503_and_nothing_is_half_done(
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
    assert answer.refusal == (503, "service_unavailable")
    assert answer.message == "Service unavailable"
    assert answer.headers["Retry-After"] == "1"
    # A request that the table may have counted is not counted again. A transaction that may have
    # been carried out is decided again, which finds out.
    decisions = 2 if operation == "TransactWriteItems" else 1
    counted_once = operation == "UpdateItem" and status >= 500
    assert fault.tries == (1 if counted_once else TRIES * decisions)
    assert fault.slept < Spec().timeout
    assert [item for item in everything_stored() if item["sk"].split("#")[0] != "RATE"] == before


def test_a_repeated_request_succeeds_once_the_table_does(
    somebody: Somebody, faulty: Callable[..., Fault]
) -> None:
    faulty("TransactWriteItems", 500, "InternalServerError", times=2 * TRIES)
    assert somebody().with_headers(KEYED).calls().status == 503
    assert somebody().with_headers(KEYED).calls().status == 200
    assert len(stored("TRANSFER")) == 1


def test_transactions_that_keep_conflicting_are_a_503(
    somebody: Somebody, faulty: Callable[..., Fault]
) -> None:
    reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * 2]
    conflict = partial(wire.error, "TransactionCanceledException", CancellationReasons=reasons)
    fault = faulty("TransactWriteItems", conflict)
    answer = somebody().calls()
    assert answer.refusal == (503, "service_unavailable")
    assert fault.tries == budget.TRIES
    assert fault.slept < Spec().timeout
    assert stored("TRANSFER") == []


@pytest.mark.parametrize("headers", [[], [KEYED]], ids=["without a key", "with a key"])
def test_a_transfer_whose_transaction_was_carried_out_is_answered_though_its_answer_was_lost(
    somebody: Somebody, faulty: Callable[..., Fault], headers: list[tuple[str, str]]
) -> None:
    lost = ReadTimeoutError(endpoint_url="https://dynamodb")
    faulty("TransactWriteItems", lost, times=TRIES, applied=True)
    answer = somebody().with_headers(*headers).calls()
    assert answer.status == 200
    [transfer] = stored("TRANSFER")
    assert answer.body["transfer"] == {"id": transfer["id"], "status": "accepted"}
    assert answer.headers["Location"].endswith(transfer["id"])


def test_a_transfer_is_answered_though_later_tries_found_the_first_still_in_progress(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def in_progress(operation: str, request: AWSPreparedRequest) -> AWSResponse:
        if operation != "TransactWriteItems" or len(tries) == TRIES:
            return wire.to_moto(operation, request)
        tries.append(operation)
        if len(tries) > 1:
            return wire.error("TransactionInProgressException")
        wire.to_moto(operation, request)
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    wire.lay(monkeypatch, in_progress)
    monkeypatch.setattr("time.sleep", lambda _: None)
    answer = somebody().calls()
    assert (answer.status, len(tries)) == (200, TRIES)
    assert answer.body["transfer"]["id"] == stored("TRANSFER")[0]["id"]
