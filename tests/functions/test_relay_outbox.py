"""The relay: outbox entries become messages, and what could not be sent comes again."""

import json
import os
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from motorpool import queues
from tests.functions.conftest import event, handler_of

CONTEXT = SimpleNamespace(function_name="motorpool-relay_outbox")


def relayed() -> Any:
    return handler_of("relay_outbox")(event("relay_outbox"), CONTEXT)


def sent() -> list[Any]:
    answer = boto3.client("sqs").receive_message(
        QueueUrl=os.environ["TRANSFERS_QUEUE_URL"], MaxNumberOfMessages=10
    )
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_each_new_entry_becomes_a_message_that_names_transfer_and_vehicle() -> None:
    assert relayed() == {"batchItemFailures": []}
    [message] = sent()
    assert message["transfer_id"].startswith("trf_")
    assert message["vehicle_id"].startswith("veh_")


def test_an_entry_whose_message_was_not_sent_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(queues, "send_transfer", fails)
    failures = relayed()["batchItemFailures"]
    sequences = [
        record["dynamodb"]["SequenceNumber"] for record in event("relay_outbox")["Records"]
    ]
    assert failures
    assert all(failure["itemIdentifier"] in sequences for failure in failures)
    assert sent() == []
