"""The table's stream: each item's message goes to the queues that are told of it."""

import json
import os
from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError

from motorpool.messages import queues, rules
from motorpool.messages.rules import Items, Rule
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of


def told(*records: dict[str, Any]) -> list[str]:
    """The sequence numbers of the records that are to be told again."""
    context = SimpleNamespace(function_name="motorpool-dispatch")
    answer = handler_of("dispatch")({"Records": list(records)}, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def record(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The recorded record of a transfer, of another place in the stream and another transfer."""
    made: dict[str, Any] = deepcopy(event("dispatch")["Records"][0])
    made["dynamodb"]["SequenceNumber"] = str(number)
    made["dynamodb"]["NewImage"]["id"]["S"] = f"trf_{number:032x}"
    return made | changes


def expired(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The recorded record of a photo that DynamoDB deleted, of another place in the stream."""
    made: dict[str, Any] = deepcopy(event("dispatch")["Records"][1])
    made["dynamodb"]["SequenceNumber"] = str(number)
    return made | changes


def messages(queue: str = "TRANSFERS_QUEUE_URL") -> list[Any]:
    """What is in a queue, at most ten messages."""
    received = wire.aws("sqs").receive_message(
        QueueUrl=os.environ[queue], MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
    )
    return list(received.get("Messages", []))


def test_each_queue_gets_what_it_is_told_of_a_transfer_in_its_partners_group() -> None:
    assert told(*event("dispatch")["Records"]) == []
    [message] = messages()
    assert json.loads(message["Body"]) == {
        "transfer_id": world.TRANSFER,
        "vehicle_id": world.VEHICLE,
    }
    assert message["Attributes"]["MessageGroupId"] == world.PARTNER
    [message] = messages("EXPIRIES_QUEUE_URL")
    assert json.loads(message["Body"]) == {"key": f"PHOTO#{world.LICENSE_PHOTO}"}


def test_what_is_told_again_is_sent_again() -> None:
    assert told(record()) == told(record()) == []
    assert len(messages()) == 2


def _of_another_item(other: dict[str, Any]) -> None:
    other["dynamodb"]["Keys"]["pk"]["S"] = f"VEHICLE#{world.VEHICLE}"


def _changed(other: dict[str, Any]) -> None:
    other["eventName"] = "MODIFY"


def _deleted_by_hand(other: dict[str, Any]) -> None:
    other["eventName"] = "REMOVE"


def _restored_after_its_end(other: dict[str, Any]) -> None:
    other["dynamodb"]["NewImage"]["transferStatus"]["S"] = "completed"


@pytest.mark.parametrize(
    "change", [_of_another_item, _changed, _deleted_by_hand, _restored_after_its_end]
)
def test_nobody_is_told_of_other_items_and_of_other_changes(
    change: Callable[[dict[str, Any]], None],
) -> None:
    other = record()
    change(other)
    assert told(other) == []
    assert messages() == []


@pytest.mark.parametrize(
    "changes",
    [{"userIdentity": None}, {"userIdentity": {"type": "Somebody"}}, {"eventName": "MODIFY"}],
    ids=["deleted by hand", "by another", "changed"],
)
def test_only_a_deletion_by_dynamodb_itself_is_told_as_an_expiry(changes: dict[str, Any]) -> None:
    assert told(expired(**changes)) == []
    assert messages("EXPIRIES_QUEUE_URL") == []


def test_an_item_that_two_queues_are_told_of_is_sent_to_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [
        Rule(queue, Items(sk="TRANSFER", message={"number": "version"}))
        for queue in ("transfers", "expiries")
    ]
    monkeypatch.setenv(rules.VARIABLE, rules.as_text(both))
    assert told(record(1), record(2)) == []
    for queue in ("TRANSFERS_QUEUE_URL", "EXPIRIES_QUEUE_URL"):
        assert [json.loads(message["Body"]) for message in messages(queue)] == [{"number": 1}] * 2


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[Any]]]:
    """The entries of each call to SQS, by the end of the queue's URL."""
    made: list[tuple[str, list[Any]]] = []

    def watched(operation: str, request: AWSPreparedRequest) -> AWSResponse:
        if operation == "SendMessageBatch":
            sent = wire.body_of(request)
            made.append((sent["QueueUrl"].rpartition("-")[2], sent["Entries"]))
        return wire.to_moto(operation, request)

    wire.lay(monkeypatch, watched)
    return made


def test_ten_messages_are_sent_in_one_call_in_the_streams_order(
    calls: list[tuple[str, list[Any]]],
) -> None:
    assert told(*(record(n) for n in range(1, 13)), expired(13)) == []
    assert [(queue, len(entries)) for queue, entries in calls] == [
        ("live", 10),
        ("live", 2),
        ("expiries", 1),
    ]
    sent = [json.loads(e["MessageBody"])["transfer_id"] for _, es in calls[:2] for e in es]
    assert sent == [f"trf_{n:032x}" for n in range(1, 13)]


def test_a_call_has_no_more_bytes_than_sqs_takes(calls: list[tuple[str, list[Any]]]) -> None:
    large = [record(n) for n in range(1, 6)]
    for each in large:
        each["dynamodb"]["NewImage"]["vehicleId"]["S"] = "x" * 100_000
    assert told(*large) == []
    assert [len(entries) for _, entries in calls] == [2, 2, 1]


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Makes SQS refuse the message of one transfer, and take the rest of its batch."""

    def refusing(number: int) -> None:
        def answered(operation: str, request: AWSPreparedRequest) -> AWSResponse:
            answer = wire.to_moto(operation, request)
            if operation != "SendMessageBatch":
                return answer
            refused = [
                {"Id": entry["Id"], "Code": "InternalError", "SenderFault": False}
                for entry in wire.body_of(request)["Entries"]
                if f"trf_{number:032x}" in entry["MessageBody"]
            ]
            return wire.answer(200, Successful=[], Failed=refused)

        wire.lay(monkeypatch, answered)

    return refusing


def test_the_record_whose_message_is_refused_is_the_first_to_be_told_again(
    refusing: Callable[[int], None],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusing(2)
    assert told(record(1), record(2), record(3)) == ["2"]
    said = capsys.readouterr().out.replace(" ", "")
    assert said.count('"UnexpectedErrors":[1') == 1
    [line] = [record for record in caplog.records if record.message == "unexpected"]
    assert "NotSent" in str(vars(line)["fault"])


def test_after_a_call_that_failed_no_later_ones_are_made_and_its_first_record_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = queues.send_batch
    tried = []

    def failing(url: str, some: Any) -> dict[int, str]:
        tried.append(url)
        if len(tried) == 2:
            raise ConnectTimeoutError(endpoint_url="https://sqs")
        return send(url, some)

    monkeypatch.setattr(queues, "send_batch", failing)
    assert told(*(record(n) for n in range(1, 23)), expired(23)) == ["11"]
    assert len(tried) == 2
    assert len(messages()) == 10


def test_a_queue_that_fails_does_not_keep_earlier_records_of_another_from_being_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRANSFERS_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/nowhere")
    assert told(expired(1), record(2), expired(3)) == ["2"]
    assert messages("EXPIRIES_QUEUE_URL")


def _without_partner(broken: dict[str, Any]) -> None:
    del broken["NewImage"]["partnerId"]


def _without_image(broken: dict[str, Any]) -> None:
    del broken["NewImage"]


def _without_key(broken: dict[str, Any]) -> None:
    del broken["Keys"]


def _of_an_unknown_type(broken: dict[str, Any]) -> None:
    broken["NewImage"]["id"] = {"SS": ["a", "b"]}


def _without_transfer(broken: dict[str, Any]) -> None:
    broken["NewImage"]["id"] = {"NULL": True}


def _of_no_group(broken: dict[str, Any]) -> None:
    broken["NewImage"]["partnerId"] = {"S": ""}


@pytest.fixture(
    params=[
        _without_partner,
        _without_image,
        _without_key,
        _of_an_unknown_type,
        _without_transfer,
        _of_no_group,
    ]
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
    assert [json.loads(m["Body"]) for m in messages("DEAD_LETTER_QUEUE_URL")] == [illegible]
    assert '"UnexpectedErrors":[1' in capsys.readouterr().out.replace(" ", "")


def test_a_record_too_large_for_a_message_is_dead_without_its_image() -> None:
    broken = record(2)
    broken["dynamodb"]["NewImage"]["vehicleId"]["S"] = "x" * queues.MOST_BYTES
    assert told(record(1), broken, record(3)) == []
    assert len(messages()) == 2
    del broken["dynamodb"]["NewImage"]
    assert [json.loads(m["Body"]) for m in messages("DEAD_LETTER_QUEUE_URL")] == [broken]


def test_a_record_that_cannot_even_be_buried_is_told_again(
    illegible: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/nowhere")
    assert told(record(1), illegible) == ["2"]
    assert len(messages()) == 1
