"""What operators do about dead letters: they look, correct the cause, and send them again."""

import json
import os
from collections.abc import Callable, Iterator

import boto3
import pytest

from ops.dead_letters import url_of, waiting_in
from tests.e2e.api import until
from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant, photo_id


@pytest.fixture(scope="module")
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture(autouse=True)
def _empty_queues(motorpool: Run) -> Iterator[None]:
    """The dead-letter queues of these tests are empty before and afterwards."""
    motorpool("partner", "list")  # chooses the stack, and with it the variables
    names = ("transfers", "renditions")
    assert [waiting_in(name) for name in names] == [0, 0]
    yield
    for name in names:
        if waiting_in(name):
            boto3.client("sqs").purge_queue(QueueUrl=url_of(name))


def died(queue: str, message: dict[str, str]) -> None:
    """Put a message into the dead-letter queue."""
    boto3.client("sqs").send_message(QueueUrl=url_of(queue), MessageBody=json.dumps(message))


def dead_transfer(fleet: Tenant) -> str:
    """The id of an open transfer whose message was given up."""
    transfer = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0)
    died("transfers", {"transfer_id": transfer.id, "vehicle_id": transfer.vehicle_id})
    return transfer.id


def is_open(fleet: Tenant, transfer_id: str) -> bool:
    return bool(fleet.supplier.transfer_of(transfer_id)["status"] == "accepted")


def test_a_transfer_is_completed_after_its_dead_letter_was_looked_at_and_sent_again(
    fleet: Tenant, motorpool: Run
) -> None:
    transfer = dead_transfer(fleet)
    [row] = [line for line in motorpool("dead-letters").splitlines() if "transfers" in line]
    assert [cell.strip() for cell in row.split("│")][2] == "1"
    for _ in range(2):
        printed = motorpool("dead-letters", "redrive", "transfers", "--dry-run")
        assert transfer in printed
        assert "1 would be sent again" in printed
    assert is_open(fleet, transfer)
    assert "1 sent again" in motorpool("dead-letters", "redrive", "transfers")
    assert fleet.supplier.ended(transfer)["status"] == "completed"
    assert waiting_in("transfers") == 0
    assert "0 sent again" in motorpool("dead-letters", "redrive", "transfers")


def test_no_more_is_redriven_than_was_asked_for(fleet: Tenant, motorpool: Run) -> None:
    transfers = [dead_transfer(fleet) for _ in range(3)]
    assert "2 sent again" in motorpool("dead-letters", "redrive", "transfers", "--most", "2")
    until(lambda: sum(is_open(fleet, transfer) for transfer in transfers) == 1)
    assert waiting_in("transfers") == 1


def test_a_picture_is_made_after_its_dead_letter_was_sent_again(
    fleet: Tenant, motorpool: Run
) -> None:
    photo = fleet.photo(fleet.user())
    assert fleet.inspected(photo)["photoStatus"] == "Ready"
    s3, bucket = boto3.client("s3"), os.environ["PHOTO_BUCKET"]
    version = s3.head_object(Bucket=bucket, Key=f"photos/{photo_id(photo)}")["VersionId"]

    def pictures() -> int:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"thumbnails/{photo_id(photo)}")
        return len(found.get("Contents", ()))

    before = pictures()
    died("renditions", {"photo_id": photo_id(photo), "version_id": version, "size": "large"})
    assert "1 sent again" in motorpool("dead-letters", "redrive", "renditions")
    until(lambda: pictures() == before + 1)
    assert waiting_in("renditions") == 0
