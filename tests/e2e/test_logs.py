"""What the run left in the logs: a line for every request, and nothing of anybody's.

Runs last (see `conftest.py`): the lines of all other end-to-end tests are there.
"""

import json
import re
from collections import defaultdict
from typing import Any

import boto3
import httpx
import pytest

from infra.local import logs
from infra.local.stack import LocalStack
from infra.spec import Route, discover
from motorpool.telemetry import SERVICE
from tests.e2e.api import ORGANIZATIONS, a_person, becomes, private, served, until
from tests.e2e.conftest import Fault, poison
from tests.e2e.tenant import Tenant, photo_id

LINES_AT_LEAST = 20

CAR = {"vin": "1FMCU14T6JU400773", "make": "Ford", "model": "Bronco II", "year": 1988,
       "licensePlate": "LOGGED-1", "state": "CA"}  # fmt: skip


@pytest.fixture
def one_request_each(tenant: Tenant) -> None:
    """Every function is called, whichever other tests were run."""
    _of_a_partner(tenant)
    _of_a_supplier(tenant)


def _of_a_partner(tenant: Tenant) -> None:
    api = tenant.api
    user = served(api.post("/users", a_person()))["id"]
    vehicle = served(api.post("/vehicles/create/by-vin", CAR | {"userId": user}))
    check_in = tenant.check_in(vehicle, 1).json()
    page = {"Origin": "https://app.example.com"}
    assert httpx.options(f"{api.url}/users", headers=page).status_code == 204
    device = served(api.post(f"/users/{user}/devices", {}))
    private.add(device["clientSecret"])
    served(api.call("DELETE", f"/devices/{device['deviceId']}"))
    of_vehicle, of_check_in = (
        f"/vehicles/{vehicle['id']}",
        f"/vehicles/checkin/mileage/{check_in['id']}",
    )
    announced = tenant.announced(user)["photoUrl"].rpartition("/photo")[2]
    sent = tenant.photo(user)
    tenant.inspected(sent)
    photo = check_in["licensePhotos"][0]["photoUrl"].rpartition("/photo")[2]
    tenant.inspected(photo)
    tenant.review(check_in["id"], "OnHold")
    answers = [
        api.get(f"/users/{user}"),
        api.get("/users/by-phone/+12125550100"),
        api.get(f"/users/{user}/vehicles"),
        api.get(of_vehicle),
        api.get("/vehicles"),
        api.get("/client"),
        api.of({}).get("/health"),
        api.get("/users"),
        api.put(f"/users/{user}", {"email": ""}),
        api.get(f"/users/{user}/devices"),
        api.put(of_vehicle, {"state": "NV"}),
        api.put(f"{of_vehicle}/deactivate"),
        api.put(f"{of_vehicle}/activate"),
        api.get(f"{of_vehicle}/checkins/mileage"),
        api.get(f"{of_vehicle}/history"),
        api.get("/events"),
        api.get("/checkins/mileage"),
        api.get(of_check_in),
        api.put(of_check_in, {"mileage": 2} | tenant.pair(user)),
        api.post(f"{of_vehicle}/mileage/correction", {"mileage": 1, "reason": "So it is."}),
        api.post(f"/photo{announced}/form", None),
        api.get(f"/photo{photo}"),
        api.get(f"/photo/{photo_id(sent)}?size=large"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, *[200] * 19, 302, 302]


def _of_a_supplier(fleet: Tenant) -> None:
    supplier, driver = fleet.supplier.with_token(), fleet.user()
    vehicle = fleet.vehicle_id()
    assert supplier.get(ORGANIZATIONS).status_code == 200
    assert supplier.assign(vehicle, driver).status_code == 204
    assert supplier.unassign(vehicle).status_code == 204
    assert supplier.moved(vehicle, fleet.west.id)["status"] == "completed"
    assert supplier.vehicle(vehicle)["owner_id"] == fleet.west.id
    assert becomes(lambda: supplier.listed(fleet.west.id), [vehicle])
    assert len(supplier.custody(vehicle)) == 2
    assert supplier.get("/vehicle-suppliers/events").status_code == 200


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
            said = {"authorizer": "authorized", "answer_preflight": "answered"}
            wanted = said.get(function.name, "handled")
            assert any(each["message"] == wanted for each in answered)


GROUP_PREFIX = "/aws/lambda/motorpool-"
REQUEST = r"RequestId: [0-9a-f-]{36}"
# On AWS a REPORT of a failed invocation ends with a status: that one is not excused.
PLATFORM = re.compile(
    rf"START {REQUEST} Version: \S+\s*|END {REQUEST}\s*|INIT_START .*"
    rf"|REPORT {REQUEST}\s(?!.*Status: ).*"
)


def unexpected(function: str, lines: list[str]) -> list[str]:
    """The lines that nobody foresaw: all but Lambda's own, our plain ones, and poison's."""
    each = [line for text in lines for line in text.splitlines() if line.strip()]
    return [line for line in each if not PLATFORM.fullmatch(line) and not ours(function, line)]


def ours(function: str, line: str) -> bool:
    """Whether a line is one that a function writes of itself when all is as it should be."""
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    if not isinstance(entry, dict) or entry.get("service") != SERVICE:
        return False
    if "fault" not in entry:
        bare_metric = "_aws" in entry and not {"level", "message"} & set(entry)
        return bare_metric or ("message" in entry and entry.get("level") in {"INFO", "DEBUG"})
    expected = poison.get(entry.get("message_id", ""))
    if expected is None or expected.function != function or entry.get("message") != "unexpected":
        return False
    return re.fullmatch(expected.type, entry["fault"][0]) is not None


def test_nothing_unexpected_happened(lines: dict[str, list[str]]) -> None:
    found = {
        name: unexpected(name.removeprefix(GROUP_PREFIX), texts)
        for name, texts in lines.items()
        if name.startswith(GROUP_PREFIX)
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


A_FAULT = {"service": SERVICE, "level": "ERROR", "message": "unexpected", "message_id": "m-1"}


@pytest.mark.parametrize(
    ("line", "is_unexpected"),
    [
        (A_FAULT | {"fault": ["ValueError", "  a.py:1 f"]}, False),
        (A_FAULT | {"fault": ["builtins.KeyError"]}, True),
        (A_FAULT | {"fault": ["ValueErrors"]}, True),
        (A_FAULT | {"fault": ["ValueError"], "message_id": "m-2"}, True),
        ({k: v for k, v in A_FAULT.items() if k != "message_id"} | {"fault": ["ValueError"]}, True),
        (A_FAULT, True),
        (A_FAULT | {"level": "WARNING"}, True),
        (A_FAULT | {"level": "INFO", "fault": ["KeyError"]}, True),
        ({"service": SERVICE, "message": "answered"}, True),
        ({"level": "INFO", "message": "answered"}, True),
        ({"service": SERVICE, "level": "INFO", "message": "answered"}, False),
        ({"service": SERVICE, "_aws": {}, "Claims": 1}, False),
        ({"errorMessage": "boom", "errorType": "Runtime.HandlerError"}, True),
        ('Traceback (most recent call last):\n  File "a.py", line 1', True),
        ("[ERROR] KeyError: 'pk'", True),
        ("2026-01-01T00:00:00Z 5e0a2f2c-0000-4000-8000-000000000000 Task timed out", True),
        ("START RequestId: 5e0a2f2c-0000-4000-8000-000000000000 Version: 3", False),
        ("END RequestId: 5e0a2f2c-0000-4000-8000-000000000000", False),
        ("REPORT RequestId: 5e0a2f2c-0000-4000-8000-000000000000\tDuration: 3 ms", False),
        ("REPORT RequestId: 5e0a2f2c-0000-4000-8000-000000000000\tStatus: timeout", True),
    ],
)
def test_only_what_a_test_made_fail_is_excused_and_only_by_its_own_fault(
    monkeypatch: pytest.MonkeyPatch, line: dict[str, Any] | str, is_unexpected: bool
) -> None:
    monkeypatch.setitem(poison, "m-1", Fault("apply_transfer", "ValueError"))
    text = line if isinstance(line, str) else json.dumps(line)
    assert bool(unexpected("apply_transfer", [text])) == is_unexpected


def test_a_fault_is_excused_in_its_function_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(poison, "m-1", Fault("apply_transfer", "ValueError"))
    line = json.dumps(A_FAULT | {"fault": ["ValueError"]})
    assert unexpected("inspect_photo", [line]) == [line]


def test_the_local_run_shows_a_short_line_for_each_request(
    local_stack: LocalStack, one_request_each: None
) -> None:
    shown = followed()
    assert any(
        line.startswith("create_vehicle_by_vin ") and "POST /vehicles/create/by-vin 200" in line
        for line in shown
    )


def followed() -> list[str]:
    """What `make run` shows of all lines so far."""
    return list(logs.Follower(boto3.client("logs"), 0).new_lines(logs.now_ms() + 1000))


def test_the_id_that_a_caller_gets_is_in_every_log_line_of_the_request(tenant: Tenant) -> None:
    answer = tenant.api.get(f"/users/{tenant.user()}")
    assert logged(answer.headers["x-request-id"]) >= {"answered"}
    assert answer.headers["x-amzn-requestid"] == answer.headers["x-request-id"]


def test_the_id_of_a_refusal_by_the_gateway_is_in_the_authorizers_line(tenant: Tenant) -> None:
    stranger = tenant.api.of(tenant.api.credentials | {"clientSecret": "wrong"})
    answer = stranger.get("/users/usr_1")
    assert answer.status_code == 401
    assert logged(answer.headers["x-request-id"]) == {"refused"}
    short = answer.headers["x-request-id"][: logs.SHORT_ID]
    assert f"authorizer {short}: refused" in followed()


def logged(request_id: str) -> set[str]:
    """The messages of all lines of a request. The engine stores a line just after the answer."""
    client = boto3.client("logs")

    def look() -> set[str]:
        groups = [GROUP_PREFIX + name for name in ("authorizer", "get_user")]
        lines = [
            event["message"]
            for group in groups
            for event in client.filter_log_events(logGroupName=group)["events"]
        ]
        return {e["message"] for e in entries(lines) if e.get("correlation_id") == request_id}

    return until(look)
