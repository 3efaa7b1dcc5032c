"""Unit tests: the domain, without AWS and without sockets."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_socket

from infra.local.world import World
from motorpool import telemetry
from motorpool.access.callers import Caller
from motorpool.tenants.organizations import Organization


@pytest.fixture(autouse=True)
def _no_sockets() -> None:
    pytest_socket.disable_socket()


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "motorpool")
    monkeypatch.setenv("API", "partner")
    monkeypatch.delenv("SCOPE", raising=False)


@dataclass(frozen=True)
class Log:
    """What was logged so far."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log's lines; metrics go to standard output all the same."""
    stream = io.StringIO()
    handler = telemetry.logger.registered_handler
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)
    yield Log(stream)
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


# Makes entities that are stored nowhere.
WORLD = World(save=lambda *_: None)


@pytest.fixture
def fleet() -> Organization:
    """A root fleet of the caller's partner."""
    return WORLD.organization(of="ptr_" + "1" * 32)
