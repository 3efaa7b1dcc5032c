"""The schedules that keep the functions' snapshots: each invokes its function's live alias."""

import json

import boto3
import pytest

from infra.local.stack import LocalStack
from infra.names import DEFAULT
from infra.spec import discover
from motorpool.pings import PING, PONG


@pytest.fixture
def targets(local_stack: LocalStack) -> list[tuple[str, str]]:
    """What the rules invoke: the ARN and the event."""
    assert local_stack
    events = boto3.client("events")
    names = [
        rule["Name"]
        for page in events.get_paginator("list_rules").paginate()
        for rule in page["Rules"]
        if rule.get("ScheduleExpression") == "rate(7 days)"
    ]
    return [
        (target["Arn"], target["Input"])
        for name in names
        for target in events.list_targets_by_rule(Rule=name)["Targets"]
    ]


def test_each_function_is_pinged_by_a_schedule_and_answers_at_its_live_alias(
    targets: list[tuple[str, str]],
) -> None:
    functions = boto3.client("lambda")
    pinged: set[str] = set()
    for arn, event in targets:
        answered = functions.invoke(FunctionName=arn, Payload=event.encode())
        assert json.loads(event) == PING
        assert "FunctionError" not in answered, arn
        assert json.loads(answered["Payload"].read()) == PONG
        name, alias = arn.split(":")[-2:]
        assert alias == "live"
        pinged.add(name)
    assert pinged == {DEFAULT.of(function.name) for function in discover()}
