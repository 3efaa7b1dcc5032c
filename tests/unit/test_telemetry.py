"""What is logged of a fault says where it passed, never what it said."""

import json

import pytest
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


def test_an_answer_is_a_line_and_metrics_by_function(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request(function="get_user", route="GET /users/{userId}", request_id="r")
    request.answered(404, "ERROR_USER_NOT_FOUND")
    [line] = log.lines
    assert line["route"] == "GET /users/{userId}"
    assert (line["status"], line["code"]) == (404, "ERROR_USER_NOT_FOUND")
    [metrics] = map(json.loads, capsys.readouterr().out.splitlines())
    assert metrics["function"] == "get_user"
    assert (metrics["Requests"], metrics["Refusals"]) == ([1.0], [1.0])
    assert metrics["Latency"][0] >= 0


def test_one_requests_metrics_do_not_leak_into_the_next(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("get_user", "get_vehicle"):
        Request(function=name, route="GET /", request_id="r").answered(200, None)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["function"], second["function"]) == ("get_user", "get_vehicle")
    assert second["Requests"] == [1.0]


def test_an_unexpected_fault_counts_for_the_alarm(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    request = Request(function="get_user", route="GET /", request_id="r", client_id="cli_1")
    request.answered(500, "INTERNAL_SERVER_ERROR", caught(KeyError(PERSONAL)))
    [line] = log.lines
    assert line["level"] == "ERROR"
    assert PERSONAL not in log.text
    assert "cli_1" not in log.text
    alarming = json.loads(capsys.readouterr().out.splitlines()[0])
    assert alarming[telemetry.UNEXPECTED] == [1.0]
