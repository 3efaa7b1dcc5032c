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
from infra.spec import Authorizer, Route, discover
from tests.e2e.conftest import Tenant, poison, private
from tests.e2e.suppliers import ORGANIZATIONS, Fleet

LINES_AT_LEAST = 20


@pytest.fixture
def one_request_each(tenant: Tenant, stack: dict[str, Any]) -> None:
    """Every function is called, whichever other tests were run."""
    _of_a_partner(tenant)
    _of_a_supplier(Fleet.of(tenant, stack["supplier_api"]))


def _of_a_partner(tenant: Tenant) -> None:
    api, user = tenant.api, tenant.user()
    vehicle = tenant.vehicle(user, "LOGGED-1")
    check_in = tenant.check_in(vehicle, 1).json()
    of_vehicle, of_check_in = (
        f"/vehicles/{vehicle['id']}",
        f"/vehicles/checkin/mileage/{check_in['id']}",
    )
    photo = check_in["licensePhotos"][0]["photoUrl"].rpartition("/photo")[2]
    tenant.inspected(photo)
    tenant.review(check_in["id"], "OnHold")
    answers = [
        api.get(f"/users/{user}"),
        api.get("/users/by-phone/+12125550100"),
        api.get(f"/users/{user}/vehicles"),
        api.get(of_vehicle),
        api.put(of_vehicle, {"state": "NV"}),
        api.put(f"{of_vehicle}/deactivate"),
        api.put(f"{of_vehicle}/activate"),
        api.get(f"{of_vehicle}/checkins/mileage"),
        api.get("/checkins/mileage"),
        api.get(of_check_in),
        api.put(of_check_in, {"mileage": 2} | tenant.pair(user)),
        api.get(f"/photo{photo}"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, *[200] * 9, 302]


def _of_a_supplier(fleet: Fleet) -> None:
    supplier, driver = fleet.supplier.with_token(), fleet.tenant.user()
    vehicle = fleet.vehicle()
    assert supplier.get(ORGANIZATIONS).status_code == 200
    assert supplier.assign(vehicle, driver).status_code == 204
    assert supplier.unassign(vehicle).status_code == 204
    assert supplier.moved(vehicle, fleet.west.id)["status"] == "completed"
    assert supplier.vehicle(vehicle)["owner_id"] == fleet.west.id
    assert supplier.listed(fleet.west.id) == [vehicle]
    assert len(supplier.custody(vehicle)) == 2


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
            known = {"status", "correlation_id", "elapsed_ms"}
            assert known | (set() if function.spec.public else {"client"}) <= set(line)
        else:
            said = "authorized" if isinstance(function.spec, Authorizer) else "handled"
            assert any(each["message"] == said for each in answered)


def test_nothing_unexpected_happened(lines: dict[str, list[str]]) -> None:
    unexpected = [
        entry
        for name, texts in lines.items()
        if name.startswith("/aws/lambda/motorpool-")
        for entry in entries(texts)
        if entry.get("level") not in {"INFO", "DEBUG"} and entry.get("message_id") not in poison
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
