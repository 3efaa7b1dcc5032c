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


def _without_partner(broken: dict[str, Any]) -> None:
    del broken["NewImage"]["partnerId"]


def _without_image(broken: dict[str, Any]) -> None:
    del broken["NewImage"]


def _of_an_unknown_type(broken: dict[str, Any]) -> None:
    broken["NewImage"]["transferId"] = {"SS": ["a", "b"]}


def _without_transfer(broken: dict[str, Any]) -> None:
    broken["NewImage"]["transferId"] = {"NULL": True}


def _of_no_group(broken: dict[str, Any]) -> None:
    broken["NewImage"]["partnerId"] = {"S": ""}


@pytest.fixture(
    params=[_without_partner, _without_image, _of_an_unknown_type, _without_transfer, _of_no_group]
)
def illegible(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The second of the stream's records, in which something is not as we write it."""
    broken = record(2)
    request.param(broken["dynamodb"])
    return broken


def test_a_record_that_cannot_be_read_is_dead_whole_and_counted_and_the_later_ones_are_sent(
    illegible: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(record(1), illegible, record(3)) == []
    assert len(messages()) == 2
    dead = wire.aws("sqs").receive_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"])
    assert [json.loads(buried["Body"]) for buried in dead["Messages"]] == [illegible]
    assert '"UnexpectedErrors":[1' in capsys.readouterr().out.replace(" ", "")


def test_a_record_that_cannot_even_be_buried_is_told_again(
    illegible: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/nowhere")
    assert told(record(1), illegible, record(3)) == ["2"]
    assert len(messages()) == 1
