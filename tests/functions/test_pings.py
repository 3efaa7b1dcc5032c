"""A ping, with which a schedule keeps a function's snapshot, makes no function do anything."""

from types import SimpleNamespace
from typing import Any

import pytest

from motorpool import telemetry
from motorpool.pings import PING, PONG
from tests.functions import wire
from tests.functions.conftest import SPECS, handler_of

CONTEXT = SimpleNamespace(function_name="motorpool-x", aws_request_id="x")


@pytest.mark.parametrize("function", SPECS)
def test_every_function_answers_a_ping_without_a_call_a_log_line_or_a_metric(
    function: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(operation: str, _: Any) -> Any:
        raise AssertionError(f"a ping made the call {operation}")

    handler = handler_of(function)
    wire.lay(monkeypatch, refused)
    monkeypatch.setattr(telemetry, "failed", pytest.fail)

    assert handler(PING, CONTEXT) == PONG
    assert capsys.readouterr() == ("", "")
