"""Unit tests: the domain, without AWS and without sockets."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3.dynamodb.types  # noqa: F401  (here, because urllib3 tries a socket on its import)
import pytest
import pytest_socket

from motorpool import telemetry
from motorpool.callers import Caller
from motorpool.organizations import Organization


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    pytest_socket.disable_socket()


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "motorpool")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Motorpool")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "INFO")
    monkeypatch.setenv("TABLE_NAME", "motorpool")
    monkeypatch.setenv("API", "partner")
    monkeypatch.delenv("SCOPE", raising=False)


@dataclass(frozen=True)
class Log:
    """What was logged."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """The structured log, instead of standard output."""
    stream = io.StringIO()
    handler = telemetry.logger().registered_handler
    assert hasattr(handler, "setStream")
    before = handler.setStream(stream)
    level = telemetry.logger().log_level
    telemetry.logger().setLevel("INFO")
    yield Log(stream)
    telemetry.logger().setLevel(level)
    handler.setStream(before)


@pytest.fixture
def caller() -> Caller:
    """A client of a whole partner, without any scope."""
    return Caller(
        partner_id="ptr_" + "1" * 32,
        client_id="cli_" + "2" * 32,
        org_id=None,
        org_path="",
        scopes=frozenset(),
    )


@pytest.fixture
def fleet() -> Organization:
    """A root fleet of the caller's partner."""
    return Organization.founded("ptr_" + "1" * 32, "Fleet", "Fleet")
