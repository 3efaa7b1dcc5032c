"""End-to-end tests: real HTTP against a deployed stack.

By default the stack is started here, in an engine of its own with a fresh world. With
MOTORPOOL_STACK naming a file like `.local/stack.json`, the same tests run against that stack; it is
the local one if the file has an `endpoint`, else one in the AWS account of the usual settings.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.local.engine import Engine, free_port
from infra.local.stack import LocalStack, running
from ops.target import Target
from tests.e2e.api import Api
from tests.e2e.operators import Run, command_line
from tests.e2e.tenant import Tenant

FIRST_PORT = 4700


class Fault(NamedTuple):
    """What a test makes a function log as an error: `type` is the whole of the fault's first line.

    `type` is a regular expression.
    """

    function: str
    type: str


# What was made to fail on purpose, by the id of the message: `test_logs.py` excuses nothing else.
poison: dict[str, Fault] = {}

# They look at what the other end-to-end tests have left: the calls first, then the log lines.
LOOKING_BACK = ("test_least_privilege.py", "test_logs.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks back comes last among the end-to-end tests."""
    here = [place for place, item in enumerate(items) if "e2e" in item.path.parts]
    ordered = sorted((items[at] for at in here), key=_looks_back)
    for place, item in zip(here, ordered, strict=True):
        items[place] = item


def _looks_back(item: pytest.Item) -> int:
    """0 for a test that does not."""
    name = item.path.name
    return LOOKING_BACK.index(name) + 1 if name in LOOKING_BACK else 0


@pytest.fixture(scope="session")
def _deployed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[dict[str, Any], LocalStack | None]]:
    """The stack under test: what its `stack.json` says, and its engine if it was started here."""
    before = dict(os.environ)
    try:
        if given := os.environ.get("MOTORPOOL_STACK"):
            description = json.loads(Path(given).read_text())
            Target(aws="endpoint" not in description).choose()
            yield description, None
        else:
            folder = tmp_path_factory.mktemp("stack")
            with running(folder, free_port(FIRST_PORT), lambda _: None) as local:
                os.environ["MOTORPOOL_STACK"] = str(folder / "stack.json")
                yield local.description, local
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def stack(_deployed: tuple[dict[str, Any], LocalStack | None]) -> dict[str, Any]:
    """What `.local/stack.json` says of the stack under test."""
    return _deployed[0]


@pytest.fixture(scope="session")
def local_stack(_deployed: tuple[dict[str, Any], LocalStack | None]) -> LocalStack:
    """The stack that was started here; without one, what needs it is skipped."""
    if _deployed[1] is None:
        pytest.skip("only of a stack that the tests started themselves")
    return _deployed[1]


@pytest.fixture
def small_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine of the test's own, not yet started, that saves five times a second."""
    monkeypatch.setenv("MOTORPOOL_SAVED_EVERY_SECONDS", "0.2")
    return Engine(tmp_path / "data", free_port(FIRST_PORT + 50))


@pytest.fixture(scope="session")
def new_tenant(stack: dict[str, Any]) -> Callable[[], Tenant]:
    """Makes partners."""

    def new_tenant() -> Tenant:
        return Tenant.new(stack)

    return new_tenant


@pytest.fixture
def tenant(new_tenant: Callable[[], Tenant]) -> Tenant:
    """A partner of the test's own."""
    return new_tenant()


@pytest.fixture(scope="session")
def partner(stack: dict[str, Any]) -> Api:
    """The partner API, called by the demo partner's client, which sees the whole partner."""
    return Api(stack["partner_api"], stack["partner"])


@pytest.fixture(scope="session")
def other_partner(stack: dict[str, Any]) -> Api:
    """The partner API, called by another partner's client."""
    return Api(stack["partner_api"], stack["other_partner"]["partner"])


@pytest.fixture(scope="session")
def user(stack: dict[str, Any]) -> str:
    """A user of the demo partner's root fleet."""
    user_id: str = stack["users"][0]["id"]
    return user_id


@pytest.fixture
def motorpool(
    stack: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs the operator's command on the stack under test."""
    return command_line(monkeypatch, capsys, *([] if "endpoint" in stack else ["--aws"]))
