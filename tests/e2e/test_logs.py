"""What the run left in the logs: a line for every request, and nothing of anybody's.

Runs last (see `conftest.py`): the lines of all other end-to-end tests are there.
"""

import json
from collections import defaultdict
from typing import Any

import boto3
import pytest

from infra.local import logs
from infra.local.stack import LocalStack
from infra.spec import Route, discover
from tests.e2e.conftest import Tenant, private
from tests.vins import bronco

LINES_AT_LEAST = 20


@pytest.fixture
def one_request_each(tenant: Tenant) -> None:
    """Every function is called, whichever other tests were run."""
    user = tenant.user()
    vehicle = tenant.api.post("/vehicles/create/by-vin", {"userId": user} | bronco()).json()["id"]
    assert tenant.api.get(f"/users/{user}").status_code == 200
    assert tenant.api.get(f"/vehicles/{vehicle}").status_code == 200


@pytest.fixture
def lines(local_stack: LocalStack, one_request_each: None) -> dict[str, list[str]]:
    """Every line of every log group, and of the engine's own log."""
    client = boto3.client("logs")
    found: dict[str, list[str]] = defaultdict(list)
    for groups in client.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in client.get_paginator("filter_log_events").paginate(logGroupName=name):
                found[name] += [event["message"] for event in page["events"]]
    found["engine.log"] = local_stack.engine.log.read_text().splitlines()
    return found


def entries(lines: list[str]) -> list[dict[str, Any]]:
    """The lines that are ours: JSON with a message."""
    made = [json.loads(text) for line in lines for text in line.splitlines() if text[:1] == "{"]
    return [entry for entry in made if "message" in entry]


def test_no_secret_header_value_or_personal_field_is_in_any_line(
    lines: dict[str, list[str]],
) -> None:
    assert private
    assert sum(map(len, lines.values())) > LINES_AT_LEAST
    for group, texts in lines.items():
        everything = "\n".join(texts)
        assert [value for value in private if value in everything] == [], group
        assert "motorpool_secret_" not in everything, group


def test_every_function_logs_a_line_for_what_it_answered(lines: dict[str, list[str]]) -> None:
    for function in discover():
        answered = entries(lines[f"/aws/lambda/motorpool-{function.name}"])
        if isinstance(function.spec, Route):
            [line] = [each for each in answered if each["message"] == "answered"][-1:]
            route = f"{function.spec.method} {function.spec.path}"
            assert line["route"] == route
            assert {"status", "request_id", "elapsed_ms", "client"} <= set(line)
        else:
            assert any(each["message"] == "authorized" for each in answered)


def test_nothing_unexpected_happened(lines: dict[str, list[str]]) -> None:
    unexpected = [
        entry
        for name, texts in lines.items()
        if name.startswith("/aws/lambda/motorpool-")
        for entry in entries(texts)
        if entry.get("level") not in {"INFO", "DEBUG"}
    ]
    assert unexpected == []


def test_the_local_run_shows_a_short_line_for_each_request(
    local_stack: LocalStack, one_request_each: None
) -> None:
    shown = list(logs.lines(boto3.client("logs"), 0, logs.now_ms() + 1000))
    assert any(
        line.startswith("create_vehicle_by_vin: ") and "POST /vehicles/create/by-vin 200" in line
        for line in shown
    )
