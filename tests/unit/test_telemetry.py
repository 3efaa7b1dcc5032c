"""What is logged of a fault says where it passed, never what it said."""

import json
import time
from typing import Any

import pytest
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from motorpool import telemetry
from motorpool.errors import Unavailable
from motorpool.telemetry import Request, described
from tests.unit.conftest import Log

PERSONAL = "+14155550123"


def caught(cause: Exception, then: Exception | None = None) -> Exception:
    try:
        try:
            raise cause
        except Exception as error:
            if then is None:
                raise
            raise then from error
    except Exception as error:
        return error


def test_a_fault_is_its_type_and_its_places() -> None:
    type_name, place = described(caught(ValueError(PERSONAL)))
    assert type_name == "builtins.ValueError"
    assert "test_telemetry.py:" in place
    assert place.endswith(" caught")


def test_the_causes_of_a_fault_follow_with_awss_error_code() -> None:
    throttled = ClientError(
        {"Error": {"Code": "ThrottlingException", "Message": PERSONAL}}, "GetItem"
    )
    lines = described(caught(throttled, Unavailable()))
    types = [line for line in lines if not line.startswith(" ")]
    assert types == [
        "motorpool.errors.Unavailable",
        "botocore.exceptions.ClientError ThrottlingException",
    ]
    assert PERSONAL not in str(lines)


def test_an_endless_recursion_is_told_in_a_few_lines() -> None:
    def again() -> None:
        again()

    with pytest.raises(RecursionError) as raised:
        again()
    assert len(described(raised.value)) <= 10


Printed = pytest.CaptureFixture[str]


def embedded(printed: Printed) -> dict[tuple[str, ...], dict[str, list[float]]]:
    """The metrics that were printed, by their dimensions, as CloudWatch takes them from a line."""
    found: dict[tuple[str, ...], dict[str, list[float]]] = {}
    for line in map(json.loads, printed.readouterr().out.splitlines()):
        [given] = line["_aws"]["CloudWatchMetrics"]
        assert given["Namespace"] == "Motorpool"
        assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 60
        dimensions = tuple(line[name] for name in sorted(given["Dimensions"][0], reverse=True))
        metrics = {metric["Name"]: line[metric["Name"]] for metric in given["Metrics"]}
        found.setdefault(dimensions, {}).update(metrics)
    return found


def request(**more: Any) -> Request:
    return Request(function="get_user", route="GET /users/{userId}", request_id="r", **more)


def test_an_answer_is_a_line_and_metrics_of_the_service_and_function(
    log: Log, capsys: Printed
) -> None:
    request().answered(404, "ERROR_USER_NOT_FOUND")
    [line] = log.lines
    assert line["route"] == "GET /users/{userId}"
    assert (line["status"], line["code"]) == (404, "ERROR_USER_NOT_FOUND")
    assert (line["correlation_id"], line["service"], line["level"]) == ("r", "motorpool", "INFO")
    assert "client" not in line
    metrics = embedded(capsys)["motorpool", "get_user"]
    latency = [line["elapsed_ms"]]
    assert metrics == {"Requests": [1], "Refusals": [1], "Latency": latency}
    assert line["elapsed_ms"] >= 0


def test_one_requests_metrics_do_not_leak_into_the_next(capsys: Printed) -> None:
    request().answered(404, "ERROR_USER_NOT_FOUND")
    assert embedded(capsys)["motorpool", "get_user"]["Refusals"] == [1]
    Request(function="get_vehicle", route="GET /", request_id="r").answered(200, None)
    [(dimensions, metrics)] = embedded(capsys).items()
    assert dimensions == ("motorpool", "get_vehicle")
    assert (metrics["Requests"], metrics["Refusals"]) == ([1], [0])


def test_an_unexpected_fault_counts_for_the_alarm(log: Log, capsys: Printed) -> None:
    request(client_id="cli_1").answered(500, "INTERNAL_SERVER_ERROR", caught(KeyError(PERSONAL)))
    [line] = log.lines
    assert line["level"] == "ERROR"
    assert PERSONAL not in log.text
    assert "cli_1" not in log.text
    assert embedded(capsys)["motorpool",] == {telemetry.UNEXPECTED: [1]}


def test_a_metric_of_the_service_has_no_other_dimension(log: Log, capsys: Printed) -> None:
    telemetry.measured("TransferFreshness", 48, MetricUnit.Milliseconds)
    assert embedded(capsys) == {("motorpool",): {"TransferFreshness": [48]}}
    assert log.lines == []
