"""The transfer queue: applied once, however often it is told."""

import json
import os
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from motorpool.organizations import Organization
from motorpool.store import transfers
from tests.functions import world
from tests.functions.conftest import Caller, event, handler_of

CONTEXT = SimpleNamespace(function_name="motorpool-apply_transfer")


@pytest.fixture
def root() -> Organization:
    return world.organization()


def applied(*bodies: str) -> Any:
    batch = event("apply_transfer")
    [record] = batch["Records"]
    if bodies:
        batch["Records"] = [
            record | {"body": body, "messageId": str(number)} for number, body in enumerate(bodies)
        ]
    return handler_of("apply_transfer")(batch, CONTEXT)["batchItemFailures"]


def test_the_vehicle_is_the_new_owners_and_nobody_elses(root: Organization) -> None:
    target = world.organization(world.TARGET)
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=target)
    assert applied() == []
    vehicle = Caller("get_supplier_vehicle").calls().body["vehicle"]
    assert vehicle["owner_id"] == target.id
    assert Caller("get_vehicle").calls().body["userId"] is None
    done = Caller("get_transfer").calls().body["transfer"]
    assert (done["status"], done["freshness_ms"] >= 0) == ("completed", True)


def test_told_twice_it_does_nothing_twice(root: Organization) -> None:
    target = world.organization(world.TARGET)
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=target)
    assert applied() == applied() == []
    assert len(Caller("get_custody").calls().body["custody"]) == 2


def test_a_new_user_owns_it_then(root: Organization) -> None:
    target = world.organization(world.TARGET)
    new_user = world.driver("usr_" + "7" * 32, at=target, phone="+14155550177")
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=target, new_user=new_user)
    assert applied() == []
    vehicle = Caller("get_vehicle").calls().body
    assert (vehicle["userId"], vehicle["customerPhoneNumber"]) == (new_user.id, new_user.phone)


def test_what_cannot_be_read_dies_at_once_and_the_rest_of_its_batch_is_done(
    root: Organization,
) -> None:
    world.transfer(of=world.vehicle(of=world.driver(at=root)), to=world.organization(world.TARGET))
    good = event("apply_transfer")["Records"][0]["body"]
    assert applied("junk", good, json.dumps({"transfer_id": "trf_1", "vehicle_id": 7})) == []
    dead = boto3.client("sqs").receive_message(
        QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"], MaxNumberOfMessages=10
    )
    assert len(dead["Messages"]) == 2
    done = transfers.find(world.TRANSFER)
    assert done is not None
    assert done.transfer_status == "completed"


def test_an_unknown_transfer_comes_again_until_it_is_dead() -> None:
    assert applied() == [{"itemIdentifier": event("apply_transfer")["Records"][0]["messageId"]}]
