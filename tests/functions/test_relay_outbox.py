"""The table's stream: every new outbox entry becomes a message; what failed is told again."""

import json
import os
from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from motorpool.messages import queues
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of


def told(*records: dict[str, Any]) -> list[str]:
    """The sequence numbers of the records that are to be told again."""
    context = SimpleNamespace(function_name="motorpool-relay_outbox")
    answer = handler_of("relay_outbox")({"Records": list(records)}, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The recorded record, of another place in the stream and of another transfer."""
    made: dict[str, Any] = deepcopy(event("relay_outbox")["Records"][0])
    made["dynamodb"]["SequenceNumber"] = str(number)
    made["dynamodb"]["NewImage"]["transferId"]["S"] = f"trf_{number:032x}"
    return made | changes


def messages() -> list[Any]:
    """What is in the transfer queue."""
    received = wire.aws("sqs").receive_message(
        QueueUrl=os.environ["TRANSFERS_QUEUE_URL"],
        MaxNumberOfMessages=10,
        AttributeNames=["MessageGroupId"],
    )
    return list(received.get("Messages", []))


def test_an_entry_becomes_a_message_of_its_partners_group() -> None:
    assert told(*event("relay_outbox")["Records"]) == []
    [message] = messages()
    assert json.loads(message["Body"]) == {
        "transfer_id": world.TRANSFER,
        "vehicle_id": world.VEHICLE,
    }
    assert message["Attributes"]["MessageGroupId"] == world.PARTNER


def test_what_is_told_again_is_sent_again() -> None:
    assert told(record()) == told(record()) == []
    assert len(messages()) == 2


@pytest.mark.parametrize("event_name", ["MODIFY", "REMOVE"])
def test_what_is_no_new_entry_is_passed_over(event_name: str) -> None:
    other = record()
    other["dynamodb"]["Keys"]["pk"]["S"] = f"VEHICLE#{world.VEHICLE}"
    assert told(record(eventName=event_name), other) == []
    assert messages() == []


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes the sending of one transfer's message fail."""
    send = queues.send_transfer

    def failing(number: int) -> None:
        def sometimes(body: str, *, group: str) -> None:
            if f"trf_{number:032x}" in body:
                raise ConnectTimeoutError(endpoint_url="https://sqs")
            send(body, group=group)

        monkeypatch.setattr(queues, "send_transfer", sometimes)

    return failing


def test_messages_are_sent_in_order_up_to_the_first_that_cannot_be_and_that_is_named(
    failing: Callable[[int], None],
) -> None:
    failing(2)
    assert told(record(1), record(2), record(3)) == ["2"]
    [sent] = messages()
    assert json.loads(sent["Body"])["transfer_id"] == f"trf_{1:032x}"


def test_a_record_that_is_not_as_ours_are_is_named() -> None:
    broken = record(2)
    del broken["dynamodb"]["NewImage"]["partnerId"]
    assert told(record(1), broken) == ["2"]
