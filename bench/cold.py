"""Cold starts: CPU of a fresh interpreter until its first answer, compared with two other stacks.

Each function, the usual stack and the handler-cookbook's imports start in turns, so that other work
on the machine affects all of them alike. AWS calls get recorded answers from a server on this
machine.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import events, world
from bench.exchange import Call, Exchange
from bench.interpreter import Start, started
from bench.packages import Package, compared
from bench.recording import Recording
from infra.spec import Authorizer, Route
from motorpool.dynamodb import table

MOST_OF_USUAL = 0.95
MOST_AFTER_SNAPSHOT_MS = 8.0
MS = 1000


@dataclass(frozen=True, slots=True)
class UsualStack:
    """The usual stack, with its two requests and AWS's answers to their calls."""

    package: Package
    events: dict[str, dict[str, Any]]
    environment: dict[str, str]
    calls: dict[str, tuple[Call, ...]]

    def start(self, kind: str, between: Exchange, more: dict[str, str]) -> Start:
        """Start it for the request `kind` (`read` or `write`), with additional variables."""
        between.replay(list(self.calls[kind]))
        return started(self.package, "usual", [self.events[kind]], self.environment | more)


@dataclass(frozen=True, slots=True)
class Cookbook:
    """What the handler-cookbook's create-order imports."""

    package: Package
    environment: dict[str, str]

    def start(self) -> Start:
        """Import it only."""
        return started(self.package, "cookbook", [], self.environment)


def usual_stack(between: Exchange) -> UsualStack:
    """Record the usual stack. Raises RuntimeError when a request fails."""
    package = compared("usual")
    asked = {"read": "get_user", "write": "create_vehicle_by_vin"}
    found: dict[str, dict[str, Any]] = {}
    calls: dict[str, tuple[Call, ...]] = {}
    for kind, name in asked.items():
        recorded = events.recorded(name)
        assert recorded is not None
        found[kind] = recorded.event
        world.settle(name)
        settings = _compared_settings("usual")
        between.record()
        start = started(package, "usual", [recorded.event], settings | between.environment)
        if not start.succeeded:
            raise RuntimeError(f"the usual stack answered {start.answer}")
        calls[kind] = tuple(between.calls)
    return UsualStack(package, found, settings, calls)


def cookbook(between: Exchange) -> Cookbook:
    """The handler-cookbook's imports."""
    return Cookbook(compared("cookbook"), _compared_settings("cookbook") | between.environment)


def measured(
    recording: Recording,
    usual: UsualStack,
    other: Cookbook,
    between: Exchange,
    runs: int,
    step: Callable[[], None],
) -> dict[str, Any]:
    """The figures of one function in ms of CPU: the minimum of the runs, as noise only adds.

    `total_ms`: a start without a snapshot, as of `$LATEST`. `first_ms`, `first_tls_ms`: the first
    answer after the snapshot. `second_tls_ms`: the second one, on open connections.
    """
    kind = "write" if any(call.write_units for call in recording.calls) else "read"
    whole, plain, secured, usuals, secured_usuals, others = [], [], [], [], [], []
    for _ in range(runs):
        whole.append(_start(recording, between, between.environment, snapshot=False))
        usuals.append(usual.start(kind, between, between.environment))
        plain.append(_start(recording, between, between.environment, snapshot=True))
        others.append(other.start())
        secured.append(_start(recording, between, between.environment_with_tls, snapshot=True))
        secured_usuals.append(usual.start(kind, between, between.environment_with_tls))
        step()
    imported = min(start.imported for start in (*whole, *plain, *secured))
    total, usual_total = min(start.cpu for start in whole), min(start.cpu for start in usuals)
    others_import = min(start.imported for start in others)
    first = min(start.first for start in plain)
    is_api = isinstance(recording.function.spec, Route | Authorizer)
    return {
        "function": recording.function.name,
        "event": "made" if recording.asked.made else "recorded",
        "api": is_api,
        "import_ms": imported * MS,
        "first_ms": first * MS,
        "first_tls_ms": min(start.first for start in secured) * MS,
        "second_tls_ms": min(start.each[0]["cpu"] for start in secured) * MS,
        "total_ms": total * MS,
        "modules": whole[0].modules,
        "unzipped_bytes": recording.package.unzipped,
        "usual_import_ms": min(start.imported for start in (*usuals, *secured_usuals)) * MS,
        "usual_first_ms": min(start.first for start in usuals) * MS,
        "usual_first_tls_ms": min(start.first for start in secured_usuals) * MS,
        "usual_total_ms": usual_total * MS,
        "usual_modules": usuals[0].modules,
        "usual_unzipped_bytes": usual.package.unzipped,
        "cookbook_import_ms": others_import * MS,
        "total_of_usual": total / usual_total,
        "import_of_cookbook": imported / others_import,
        "first_holds": first * MS <= MOST_AFTER_SNAPSHOT_MS if is_api else None,
        "total_holds": total / usual_total <= MOST_OF_USUAL if is_api else None,
    }


def _start(
    recording: Recording, between: Exchange, endpoint: dict[str, str], *, snapshot: bool
) -> Start:
    between.replay(list(recording.calls))
    return started(
        recording.package,
        recording.function.name,
        [recording.asked.event] * 2,
        recording.environment | endpoint,
        snapshot=snapshot,
        timed=True,
    )


def _compared_settings(name: str) -> dict[str, str]:
    return world.of_lambda(name) | {
        "TABLE_NAME": table.table_name(),
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": name,
    }
