"""What is logged of a fault says where it passed, never what it said."""

import time
from typing import Any

import pytest

from motorpool import telemetry
from motorpool.aws.service import AwsError
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
    throttled = AwsError(400, "ThrottlingException", {"message": PERSONAL})
    lines = described(caught(throttled, Unavailable()))
    types = [line for line in lines if not line.startswith(" ")]
    assert types == [
        "motorpool.errors.Unavailable",
        "motorpool.aws.service.AwsError ThrottlingException",
    ]
    assert PERSONAL not in str(lines)


def test_an_endless_recursion_is_told_in_a_few_lines() -> None:
    def again() -> None:
        again()

    with pytest.raises(RecursionError) as raised:
        again()
    assert len(described(raised.value)) <= 10


def embedded(line: dict[str, Any]) -> dict[tuple[str, ...], dict[str, float]]:
    """The metrics in a line, by their dimensions, as CloudWatch takes them out of it."""
    return {
        tuple(line[name] for name in given["Dimensions"][0]): {
            metric["Name"]: line[metric["Name"]] for metric in given["Metrics"]
        }
        for given in line["_aws"]["CloudWatchMetrics"]
    }


def test_an_answer_is_one_line_with_the_functions_metrics_in_it(log: Log) -> None:
    request = Request(function="get_user", route="GET /users/{userId}", request_id="r")
    request.answered(404, "ERROR_USER_NOT_FOUND")
    [line] = log.lines
    assert line["route"] == "GET /users/{userId}"
    assert (line["status"], line["code"]) == (404, "ERROR_USER_NOT_FOUND")
    assert "client" not in line
    metrics = embedded(line)["motorpool", "get_user"]
    assert metrics == {"Requests": 1, "Refusals": 1, "Latency": line["elapsed_ms"]}
    assert line["elapsed_ms"] >= 0
    [given] = line["_aws"]["CloudWatchMetrics"]
    assert given["Namespace"] == "Motorpool"
    assert abs(line["_aws"]["Timestamp"] / 1000 - time.time()) < 60


def test_an_unexpected_fault_counts_for_the_alarm(log: Log) -> None:
    request = Request(function="get_user", route="GET /", request_id="r", client_id="cli_1")
    request.answered(500, "INTERNAL_SERVER_ERROR", caught(KeyError(PERSONAL)))
    [line] = log.lines
    assert line["level"] == "ERROR"
    assert PERSONAL not in log.text
    assert "cli_1" not in log.text
    assert embedded(line)["motorpool",] == {telemetry.UNEXPECTED: 1}


def test_a_metric_of_the_service_is_a_line_without_a_message(log: Log) -> None:
    telemetry.measured("TransferFreshness", 48, "Milliseconds")
    [line] = log.lines
    assert embedded(line) == {("motorpool",): {"TransferFreshness": 48}}
    assert "message" not in line
