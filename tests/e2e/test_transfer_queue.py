"""From accepted to done: through the stream, the relay and the queue, within seconds, once."""

import json
import os
import secrets
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from infra.local.stack import LocalStack
from infra.names import DEFAULT
from motorpool.dynamodb import keys
from tests.e2e.api import until
from tests.e2e.conftest import Fault, poison
from tests.e2e.failures import denied, first_delivery_fails
from tests.e2e.tenant import Tenant

RELAY = "motorpool-relay_outbox"
PER_SECOND = 5
CONTRACT_MS = 120_000
OURS_MS = 5_000
# The second delivery comes 2 to 4 s after the first, the third 2 to 8 s after that.
AFTER_A_FAILURE_MS = 15_000


@pytest.fixture(scope="module")
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


@pytest.fixture(scope="module")
def queues(stack: dict[str, Any]) -> dict[str, str]:
    """The URLs of the stack's queues, by the names of its outputs."""
    data = DEFAULT.stack("data")
    [described] = boto3.client("cloudformation").describe_stacks(StackName=data)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    return {name: url for name, url in outputs.items() if name.endswith("QueueUrl")}


def taken_from(url: str, mark: str) -> str | None:
    """The body of a message with that mark, taken from the queue; None while there is none."""
    sqs = boto3.client("sqs")
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
    for message in received.get("Messages", []):
        if mark in message["Body"]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return message["Body"]
    return None


@pytest.mark.parametrize(
    "body", ["{} not JSON", '{{"transfer_id": "{}"}}', '"{}"', '{{"transfer_id": 5, "a": "{}"}}']
)
def test_a_message_that_cannot_be_read_is_dead_at_once_and_the_rest_of_its_batch_is_done(
    fleet: Tenant, queues: dict[str, str], body: str
) -> None:
    mark = secrets.token_hex(8)
    vehicle_id = fleet.vehicle_id()
    sent = boto3.client("sqs").send_message(
        QueueUrl=queues["TransfersQueueUrl"], MessageBody=body.format(mark)
    )
    illegible = r"pydantic_core\._pydantic_core\.ValidationError"
    poison[sent["MessageId"]] = Fault("apply_transfer", illegible)
    assert fleet.supplier.moved(vehicle_id, fleet.west.id)["status"] == "completed"
    # It was not delivered 60 times before, which takes minutes.
    dead = queues["TransfersDeadLetterQueueUrl"]
    assert until(lambda: taken_from(dead, mark), within_seconds=30) == body.format(mark)


def test_a_transfer_whose_first_delivery_fails_is_completed_within_seconds(
    local_stack: LocalStack, fleet: Tenant
) -> None:
    vehicle_id = fleet.vehicle_id()
    lost = "dynamodb:BatchGetItem"
    with first_delivery_fails("apply_transfer", lost, r"\S+ AccessDenied\w*"):
        answer = fleet.supplier.transfer(vehicle_id, fleet.west.id)
    transfer = fleet.supplier.ended(answer.json()["transfer"]["id"])
    assert transfer["status"] == "completed"
    print(f"\nfreshness after a failed delivery: {transfer['freshness_ms']} ms")
    assert transfer["freshness_ms"] < AFTER_A_FAILURE_MS


def relays_of(sequence: str) -> list[dict[str, Any]]:
    """The relay's lines on the record of that sequence number."""
    found = boto3.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{RELAY}", filterPattern=f'"{sequence}"'
    )
    return [json.loads(event["message"]) for event in found["events"]]


def sequence_of(transfer_id: str) -> str:
    """The sequence number of the stream's record of a transfer's outbox entry."""
    streams: Any = boto3.client("dynamodbstreams")
    [stream] = streams.list_streams(TableName=os.environ["TABLE_NAME"])["Streams"]
    described = streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]
    [shard] = described["Shards"]
    iterator: str | None = streams.get_shard_iterator(
        StreamArn=stream["StreamArn"],
        ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    while iterator:
        page = streams.get_records(ShardIterator=iterator)
        for record in page["Records"]:
            if record["dynamodb"]["Keys"]["pk"]["S"] == keys.outbox(transfer_id).pk:
                sequence: str = record["dynamodb"]["SequenceNumber"]
                return sequence
        iterator = page.get("NextShardIterator") if page["Records"] else None
    raise AssertionError(f"the stream does not tell of {transfer_id}")


def test_a_transfer_that_could_not_be_relayed_is_relayed_when_it_can_be(
    local_stack: LocalStack, fleet: Tenant, queues: dict[str, str]
) -> None:
    fleet.supplier.moved(fleet.vehicle_id(), fleet.west.id)  # and all before it in the stream
    vehicle_id = fleet.vehicle_id()
    queue = boto3.client("sqs").get_queue_attributes(
        QueueUrl=queues["TransfersQueueUrl"], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    with denied("relay_outbox", "sqs:SendMessage", queue):
        answer = fleet.supplier.transfer(vehicle_id, fleet.west.id)
        transfer_id = answer.json()["transfer"]["id"]
        sequence = sequence_of(transfer_id)
        poison[sequence] = Fault("relay_outbox", r"\S+ AccessDenied\w*")
        until(lambda: relays_of(sequence))
        assert fleet.supplier.transfer_of(transfer_id)["status"] == "accepted"
    assert fleet.supplier.ended(transfer_id)["status"] == "completed"
    failed, *_, relayed = relays_of(sequence)
    assert (failed["level"], relayed["level"]) == ("ERROR", "INFO")


def test_a_message_that_comes_again_changes_nothing(fleet: Tenant, queues: dict[str, str]) -> None:
    vehicle_id = fleet.vehicle_id()
    first = fleet.supplier.moved(vehicle_id, fleet.west.id)
    sqs = boto3.client("sqs")
    again = json.dumps({"transfer_id": first["id"], "vehicle_id": vehicle_id})
    for _ in range(3):
        sqs.send_message(QueueUrl=queues["TransfersQueueUrl"], MessageBody=again)
    # What is sent after them is done after them, or nearly.
    second = fleet.supplier.moved(vehicle_id, fleet.east.id)
    sqs.send_message(QueueUrl=queues["TransfersQueueUrl"], MessageBody=again)
    fleet.supplier.moved(fleet.vehicle_id(), fleet.east.id)
    chain = [link["transfer_id"] for link in fleet.supplier.custody(vehicle_id)]
    assert chain == [None, first["id"], second["id"]]
    assert fleet.supplier.vehicle(vehicle_id)["owner_id"] == fleet.east.id


def freshness_under_load(fleet: Tenant, seconds: int) -> list[int]:
    """Freshness (ms) of the transfers that are asked for at an even pace, each of its vehicle."""
    supplier = fleet.supplier.with_token()
    vehicles = [
        fleet.vehicle_id(fleet.west) for _ in range(min(8 * PER_SECOND, seconds * PER_SECOND))
    ]
    accepted: list[str] = []

    def ask(number: int) -> None:
        turn, place = divmod(number, len(vehicles))
        to = fleet.west if turn % 2 else fleet.east
        answer = supplier.transfer(vehicles[place], to.id)
        assert answer.status_code == 200, answer.text
        accepted.append(answer.json()["transfer"]["id"])

    with ThreadPoolExecutor(16) as threads:
        began = time.monotonic()
        asked = []
        for number in range(seconds * PER_SECOND):
            time.sleep(max(0, began + number / PER_SECOND - time.monotonic()))
            asked.append(threads.submit(ask, number))
        for each in asked:
            each.result()
    ended = [supplier.ended(transfer_id) for transfer_id in accepted]
    assert {transfer["status"] for transfer in ended} == {"completed"}
    assert len({transfer["id"] for transfer in ended}) == seconds * PER_SECOND
    return [transfer["freshness_ms"] for transfer in ended]


def reported(freshness: list[int]) -> tuple[float, float]:
    """p50 and p99, printed."""
    percentiles = statistics.quantiles(freshness, n=100, method="inclusive")
    p50, p99 = percentiles[49], percentiles[98]
    print(
        f"\nfreshness of {len(freshness)} transfers at {PER_SECOND}/s: p50 {p50:.0f} ms, "
        f"p99 {p99:.0f} ms, worst {max(freshness)} ms"
    )
    return p50, p99


def test_transfers_are_fresh_within_seconds_under_load(fleet: Tenant) -> None:
    _, p99 = reported(freshness_under_load(fleet, seconds=10))
    assert p99 < OURS_MS


@pytest.mark.slow
def test_transfers_are_fresh_within_seconds_under_a_minute_of_load(fleet: Tenant) -> None:
    freshness = freshness_under_load(fleet, seconds=60)
    _, p99 = reported(freshness)
    assert max(freshness) < CONTRACT_MS
    assert p99 < OURS_MS
