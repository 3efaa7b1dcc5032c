"""The transfer queue's consumer: each message's transfer is completed or failed, exactly once."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from motorpool import budget
from motorpool.dynamodb import keys, table
from motorpool.history.model import VehicleEvent
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.transfers import store as transfers
from motorpool.transfers.model import Transfer
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.custody import Custody
from motorpool.vehicles.model import Vehicle
from tests.functions import wire, world
from tests.functions.conftest import event, everything_stored, handler_of
from tests.functions.wire import Fault, calls_counted


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def target(root: Organization) -> Organization:
    return world.organization(world.TARGET, parent=root)


@pytest.fixture
def vehicle(root: Organization) -> Vehicle:
    return world.vehicle(of=world.driver(at=root))


@pytest.fixture
def accepted(vehicle: Vehicle, target: Organization) -> Transfer:
    """The transfer that the recorded message is about."""
    return world.transfer(of=vehicle, to=target)[0]


def handled(*bodies: str) -> list[str]:
    """The places of the messages that are to come again."""
    recorded = event("apply_transfer")
    [record] = recorded["Records"]
    if bodies:
        recorded["Records"] = [
            record | {"messageId": str(place), "body": body} for place, body in enumerate(bodies)
        ]
    context = SimpleNamespace(function_name="motorpool-apply_transfer")
    answer = handler_of("apply_transfer")(recorded, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def body_of(transfer_id: str = world.TRANSFER, vehicle_id: str = world.VEHICLE) -> str:
    return json.dumps({"transfer_id": transfer_id, "vehicle_id": vehicle_id})


def stored(transfer_id: str = world.TRANSFER) -> tuple[Transfer, Vehicle]:
    found = transfers.applicable(transfer_id, world.VEHICLE)
    assert found.transfer is not None
    assert found.vehicle is not None
    return found.transfer, found.vehicle


def custody() -> list[Custody]:
    return transfers.custody_of(world.VEHICLE, limit=9, after=None)[0]


def dead() -> list[str]:
    received = wire.aws("sqs").receive_message(
        QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], MaxNumberOfMessages=10
    )
    return [message["Body"] for message in received.get("Messages", [])]


def test_an_accepted_transfer_is_completed_in_two_calls(accepted: Transfer) -> None:
    with calls_counted() as calls:
        assert handled() == []
    transfer, vehicle = stored()
    assert calls == ["BatchGetItem", "TransactWriteItems"]
    assert transfer.transfer_status == "completed"
    assert transfer.completed_at is not None
    assert transfer.freshness_ms == transfer.completed_at - accepted.accepted_at
    assert (vehicle.owner_id, vehicle.owner_path) == (world.TARGET, accepted.to_owner_path)
    assert (vehicle.user_id, vehicle.customer_phone) == (None, None)
    assert (vehicle.pending_transfer_id, vehicle.pending_owner_id) == (None, None)
    assert (vehicle.last_transfer_id, vehicle.custody_number) == (world.TRANSFER, 2)
    assert vehicle.updated == transfer.completed_at
    first, second = custody()
    assert (first.owner_id, first.transfer_id) == (world.ORGANIZATION, None)
    assert (second.owner_id, second.transfer_id) == (world.TARGET, world.TRANSFER)
    assert second.since == transfer.completed_at
    of_old, _ = vehicles.of_organization(world.ORGANIZATION, limit=9, after=None)
    of_new, _ = vehicles.of_organization(world.TARGET, limit=9, after=None)
    assert (of_old, of_new) == ([], [vehicle])
    assert vehicles.of_user(world.USER, limit=9, after=None) == ([], None)
    # Operators see what is not done; this is.
    assert transfers.of_partner(world.PARTNER, "accepted") == []


def test_a_message_that_comes_again_changes_nothing(accepted: Transfer) -> None:
    handled()
    before = everything_stored()
    assert handled(body_of(), body_of()) == []
    assert everything_stored() == before


def test_the_new_user_owns_the_vehicle(vehicle: Vehicle, target: Organization) -> None:
    user: User = world.driver("usr_" + "8" * 32, at=target, phone="+14155550188")
    world.transfer(of=vehicle, to=target, new_user=user)
    assert handled() == []
    _, moved = stored()
    assert (moved.user_id, moved.customer_phone) == (user.id, user.phone)
    assert vehicles.of_user(user.id, limit=9, after=None)[0] == [moved]


def test_a_transfer_whose_new_user_is_gone_fails_and_releases_the_vehicle(
    vehicle: Vehicle, target: Organization
) -> None:
    user = world.driver("usr_" + "8" * 32, at=target, phone="+14155550188")
    world.transfer(of=vehicle, to=target, new_user=user)
    gone = keys.user(user.id)._asdict()
    boto3.resource("dynamodb").Table(table.table_name()).delete_item(Key=gone)
    assert handled() == []
    transfer, released = stored()
    assert transfer.transfer_status == "failed"
    assert transfer.failure == "The new user is not one of the new owner's"
    assert transfer.freshness_ms is None
    assert released.owner_id == world.ORGANIZATION
    assert (released.pending_transfer_id, released.pending_owner_id) == (None, None)
    assert len(custody()) == 1
    assert [t.id for t in transfers.of_partner(world.PARTNER, "failed")] == [world.TRANSFER]


def test_a_transfer_that_the_vehicle_is_not_reserved_for_fails_and_touches_no_other(
    vehicle: Vehicle, target: Organization
) -> None:
    _, reserved = world.transfer("trf_" + "8" * 32, of=vehicle, to=target)
    orphan, _ = Transfer.accepted(vehicle, target, None)
    orphan = replace(orphan, id=world.TRANSFER)
    record, outbox, *_ = transfers.add(orphan, vehicle, vehicle, by=world.builder)
    table.transact(record, outbox)
    assert handled() == []
    transfer, unchanged = stored()
    assert transfer.failure == "The vehicle is not reserved for this transfer"
    assert unchanged.history_number == reserved.history_number + 1
    assert reserved == replace(
        unchanged,
        version=reserved.version,
        history_number=reserved.history_number,
        history_hash=reserved.history_hash,
    )


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "{}",
        "[]",
        "null",
        '{"transfer_id": 5, "vehicle_id": 6}',
        body_of(transfer_id="x"),
        body_of(vehicle_id="veh_1"),
        "x" * 100_000,
    ],
    ids=lambda body: body[:30],
)
def test_a_message_that_cannot_be_read_is_buried_at_once_and_the_rest_is_done(
    accepted: Transfer, body: str
) -> None:
    assert handled(body, body_of()) == []
    assert dead() == [body]
    assert stored()[0].transfer_status == "completed"


def test_an_unknown_transfer_comes_again_until_it_is_dead(accepted: Transfer) -> None:
    unknown = body_of("trf_" + "9" * 32)
    assert handled(unknown, body_of()) == ["0"]
    assert stored()[0].transfer_status == "completed"
    assert dead() == []


def test_what_keeps_changing_comes_again(
    accepted: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: Any) -> None:
        raise table.VersionConflict

    monkeypatch.setattr(table, "transact", stale)
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    with calls_counted() as calls:
        assert handled() == [event("apply_transfer")["Records"][0]["messageId"]]
    assert calls == ["BatchGetItem"] * budget.TRIES
    assert len(pauses) == budget.TRIES - 1


def test_a_vehicle_that_changes_meanwhile_is_decided_on_again(
    accepted: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = table.transact
    interfered: list[bool] = []

    def overtaken(*writes: Any) -> None:
        if not interfered:
            interfered.append(True)
            _, vehicle = stored()
            changed = replace(vehicle, color_hex_code="FFFFFF")
            happened: VehicleEvent = "vehicle.updated"
            transact(*vehicles.changed(vehicle, changed, happened, by=world.builder))
        transact(*writes)

    monkeypatch.setattr(table, "transact", overtaken)
    assert handled() == []
    transfer, moved = stored()
    assert transfer.transfer_status == "completed"
    assert (moved.owner_id, moved.color_hex_code) == (world.TARGET, "FFFFFF")


def test_freshness_and_failures_are_measured(
    accepted: Transfer, capsys: pytest.CaptureFixture[str]
) -> None:
    handled()
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    [measured] = [line for line in printed if "TransferFreshness" in line]
    assert measured["TransferFreshness"] == [stored()[0].freshness_ms]
    assert not [line for line in printed if "FailedTransfers" in line or "UnexpectedErrors" in line]


def test_one_message_that_cannot_even_be_buried_comes_again_and_the_rest_is_done(
    accepted: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/nowhere")
    assert handled("not JSON", body_of()) == ["0"]
    assert stored()[0].transfer_status == "completed"


def test_messages_that_have_not_begun_when_the_batchs_time_is_over_come_again(
    accepted: Transfer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "SECONDS", 0.0)
    assert handled(body_of(), body_of()) == ["0", "1"]
    assert stored()[0].transfer_status == "accepted"


def hidden_for(monkeypatch: pytest.MonkeyPatch, deliveries: int) -> int:
    """How long (s) a message that cannot be handled is hidden after so many deliveries."""
    asked: list[Any] = []

    def watched(operation: str, request: Any) -> Any:
        if operation == "ChangeMessageVisibility":
            asked.append(wire.body_of(request))
            return wire.answer(200)
        return wire.to_moto(operation, request)

    recorded = event("apply_transfer")
    recorded["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(deliveries)
    recorded["Records"][0]["body"] = body_of("trf_" + "9" * 32)
    with monkeypatch.context() as patch:
        wire.lay(patch, watched)
        context = SimpleNamespace(function_name="motorpool-apply_transfer")
        assert handler_of("apply_transfer")(recorded, context)["batchItemFailures"]
    [request] = asked
    assert request["QueueUrl"] == os.environ["CONSUMED_QUEUE_URL"]
    assert request["ReceiptHandle"] == recorded["Records"][0]["receiptHandle"]
    return int(request["VisibilityTimeout"])


@pytest.mark.parametrize(("deliveries", "longest"), [(1, 4), (2, 8), (3, 16), (4, 20), (999, 20)])
def test_a_message_that_failed_comes_again_after_2_to_20_seconds_at_random(
    accepted: Transfer, monkeypatch: pytest.MonkeyPatch, deliveries: int, longest: int
) -> None:
    pauses = {hidden_for(monkeypatch, deliveries) for _ in range(12)}
    assert 2 <= min(pauses) < max(pauses) <= longest


def test_a_message_whose_pause_cannot_be_shortened_comes_again_all_the_same(
    accepted: Transfer, faulty: Callable[..., Fault], caplog: pytest.LogCaptureFixture
) -> None:
    refused = faulty("ChangeMessageVisibility", 403, "AccessDenied")
    assert handled(body_of("trf_" + "9" * 32), body_of()) == ["0"]
    assert refused.tries == 1
    assert stored()[0].transfer_status == "completed"
    assert "hidden for long" in caplog.messages
