"""What operators do about transfers that do not get on: look, relay, redrive; and the restart."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from tests.e2e.api import until
from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant

NOT_THERE = "trf_" + "0" * 32


@pytest.fixture(scope="module")
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture
def dead_queue(stack: dict[str, Any], motorpool: Run) -> Iterator[str]:
    """The URL of the dead-letter queue, which is empty before and afterwards."""
    motorpool("transfers", "list")  # chooses the stack, and with it the variables
    url = os.environ["DEAD_LETTER_QUEUE_URL"]
    assert waiting_in(url) == 0
    yield url
    boto3.client("sqs").purge_queue(QueueUrl=url)


def waiting_in(queue: str) -> int:
    """How many messages are in a queue that anybody could read now."""
    answer = boto3.client("sqs").get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def is_open(fleet: Tenant, transfer_id: str) -> bool:
    return bool(fleet.supplier.transfer_of(transfer_id)["status"] == "accepted")


def test_a_stalled_transfer_is_listed_with_whole_ids_and_a_fresh_one_is_not(
    fleet: Tenant, motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stalled = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=90)
    fresh = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0)
    partner = ("--partner", fleet.partner.id)
    printed = motorpool("transfers", "list", *partner)
    [row] = [line for line in printed.splitlines() if stalled.id in line]
    assert stalled.vehicle_id in row
    assert "stalled for 9" in row
    assert fresh.id not in printed
    assert fresh.id in motorpool("transfers", "list", *partner, "--older-than", "0")
    assert stalled.id in motorpool("transfers", "list")


def test_a_failed_transfer_is_listed_with_its_reason_and_a_completed_one_is_not(
    fleet: Tenant, motorpool: Run
) -> None:
    done = fleet.supplier.moved(fleet.vehicle_id(), fleet.west.id)
    user = fleet.user(fleet.east)
    failing = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0, new_user=user)
    motorpool("transfers", "relay", "--older-than", "0")
    assert fleet.supplier.ended(failing.id)["status"] == "failed"
    mine = ("transfers", "list", "--partner", fleet.partner.id)
    printed = until(lambda: p if failing.id in (p := motorpool(*mine)) else None)
    [row] = [line for line in printed.splitlines() if failing.id in line]
    assert "The new user is not one of the new owner's" in row
    assert done["id"] not in printed


def test_a_transfer_is_shown_before_and_after_it_is_done(fleet: Tenant, motorpool: Run) -> None:
    transfer = fleet.stranded(fleet.vehicle_id(), fleet.east, seconds_ago=0)
    shown = rows(motorpool("transfers", "show", transfer.id))
    assert shown["status"] == "accepted"
    assert shown["vehicle"] == transfer.vehicle_id
    assert (shown["from"], shown["to"]) == (fleet.root.id, fleet.east.id)
    assert shown["present owner"] == fleet.root.id
    assert shown["vehicle is reserved for it"] == "yes"
    assert shown["completed"] == ""
    motorpool("transfers", "relay", "--older-than", "0")
    fleet.supplier.ended(transfer.id)
    shown = rows(motorpool("transfers", "show", transfer.id))
    assert shown["status"] == "completed"
    assert shown["present owner"] == fleet.east.id
    assert shown["vehicle is reserved for it"] == "no"
    assert shown["completed"].endswith("Z")


def rows(printed: str) -> dict[str, str]:
    """The rows of a table of two columns."""
    cells = [line.split("│")[1:3] for line in printed.splitlines() if "│" in line]
    return {name.strip(): value.strip() for name, value in cells}


@pytest.mark.parametrize("wrong", [NOT_THERE, "nonsense"])
def test_a_transfer_that_is_not_there_is_said_in_one_line(motorpool: Run, wrong: str) -> None:
    printed = motorpool("transfers", "show", wrong, fails=True)
    assert printed.startswith("motorpool: ")
    assert printed.count("\n") == 1


def test_relaying_completes_what_is_stalled_and_leaves_what_is_fresh(
    fleet: Tenant, motorpool: Run
) -> None:
    stalled = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=90)
    fresh = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0)
    printed = motorpool("transfers", "relay")
    assert stalled.id in printed
    assert fresh.id not in printed
    assert "were sent" in printed
    assert fleet.supplier.ended(stalled.id)["status"] == "completed"
    assert is_open(fleet, fresh.id)


def test_a_dry_run_of_relaying_shows_what_would_be_sent_and_sends_nothing(
    fleet: Tenant, motorpool: Run
) -> None:
    stalled = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=90)
    printed = motorpool("transfers", "relay", "--dry-run")
    assert stalled.id in printed
    assert "would be sent" in printed
    # What is asked for later is done by now, had it been sent.
    fleet.supplier.moved(fleet.vehicle_id(), fleet.east.id)
    assert is_open(fleet, stalled.id)


def test_redriving_completes_what_died_and_keeps_what_nobody_can_read(
    fleet: Tenant, motorpool: Run, dead_queue: str
) -> None:
    transfer, illegible = dead_transfer(fleet, dead_queue), f"[bold]{secrets.token_hex(8)}"
    boto3.client("sqs").send_message(QueueUrl=dead_queue, MessageBody=illegible)
    for _ in range(2):
        printed = motorpool("transfers", "redrive", "--dry-run")
        assert transfer in printed
        assert f"kept, illegible: '{illegible}'" in printed
        assert "1 would be sent again, 1 kept" in printed
    assert waiting_in(dead_queue) == 2
    assert is_open(fleet, transfer)
    assert "1 sent again, 1 kept" in motorpool("transfers", "redrive")
    assert fleet.supplier.ended(transfer)["status"] == "completed"
    assert waiting_in(dead_queue) == 1
    assert "0 sent again, 1 kept" in motorpool("transfers", "redrive")


def test_no_more_is_redriven_than_was_asked_for(
    fleet: Tenant, motorpool: Run, dead_queue: str
) -> None:
    transfers = [dead_transfer(fleet, dead_queue) for _ in range(3)]
    assert "2 sent again, 0 kept" in motorpool("transfers", "redrive", "--most", "2")
    until(lambda: sum(is_open(fleet, transfer) for transfer in transfers) == 1)
    assert waiting_in(dead_queue) == 1


def dead_transfer(fleet: Tenant, dead_queue: str) -> str:
    """The id of an open transfer whose message was given up."""
    transfer = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0)
    message = {"transfer_id": transfer.id, "vehicle_id": transfer.vehicle_id}
    boto3.client("sqs").send_message(QueueUrl=dead_queue, MessageBody=json.dumps(message))
    return transfer.id
