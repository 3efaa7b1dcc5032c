"""Cold starts: a fresh interpreter's first answer, beside the same of the usual stack.

Each function and the usual stack start in turns, so that whatever else the machine does meets both.
Both read one recorded answer of AWS for each call, from a server on this machine over plain HTTP.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from infra.spec import Authorizer, Route
from tests.bench import events, world
from tests.bench.engine import environment
from tests.bench.exchange import Call, Exchange
from tests.bench.interpreter import Start, started
from tests.bench.packages import Package, compared
from tests.bench.recording import Recording

MOST_OF_USUAL = 0.5
MS = 1000


@dataclass(frozen=True, slots=True)
class UsualStack:
    """The usual stack, and AWS's answers to its two requests."""

    package: Package
    events: dict[str, dict[str, Any]]
    environment: dict[str, str]
    calls: dict[str, tuple[Call, ...]]

    def start(self, kind: str, between: Exchange) -> Start:
        """Start it for a request that reads or one that writes."""
        between.replay(list(self.calls[kind]))
        return started(self.package, "usual", [self.events[kind]], self.environment)


def usual_stack(aws: world.Aws, between: Exchange) -> UsualStack:
    """The usual stack, recorded. Raises RuntimeError when it does not answer."""
    package = compared("usual")
    asked = {"read": "get_user", "write": "create_vehicle_by_vin"}
    found: dict[str, dict[str, Any]] = {}
    calls: dict[str, tuple[Call, ...]] = {}
    for kind, name in asked.items():
        recorded = events.recorded(name)
        assert recorded is not None
        found[kind] = recorded.event
        world.settle(name)
        settings = world.named(aws, environment(between.url), "usual")
        between.record()
        start = started(package, "usual", [recorded.event], settings)
        if not start.succeeded:
            raise RuntimeError(f"the usual stack answered {start.answer}")
        calls[kind] = tuple(between.calls)
    return UsualStack(package, found, settings, calls)


def measured(
    recording: Recording, usual: UsualStack, between: Exchange, runs: int, step: Callable[[], None]
) -> dict[str, Any]:
    """The figures of one function: the least of the runs, as more is the machine's; times in ms."""
    kind = "write" if any(call.write_units for call in recording.calls) else "read"
    ours, theirs = [], []
    for _ in range(runs):
        between.replay(list(recording.calls))
        ours.append(
            started(
                recording.package,
                recording.function.name,
                [recording.asked.event],
                recording.environment,
            )
        )
        theirs.append(usual.start(kind, between))
        step()
    cpu, usual_cpu = min(s.cpu for s in ours), min(s.cpu for s in theirs)
    is_api = isinstance(recording.function.spec, Route | Authorizer)
    ratio = cpu / usual_cpu
    return {
        "function": recording.function.name,
        "event": "made" if recording.asked.made else "recorded",
        "api": is_api,
        "cpu_ms": cpu * MS,
        "after_import_cpu_ms": min(s.cpu - s.imported for s in ours) * MS,
        "wall_ms": min(s.wall for s in ours) * MS,
        "modules": ours[0].modules,
        "unzipped_bytes": recording.package.unzipped,
        "usual_cpu_ms": usual_cpu * MS,
        "usual_after_import_cpu_ms": min(s.cpu - s.imported for s in theirs) * MS,
        "usual_wall_ms": min(s.wall for s in theirs) * MS,
        "usual_modules": theirs[0].modules,
        "usual_unzipped_bytes": usual.package.unzipped,
        "cpu_ratio": ratio,
        "wall_ratio": min(s.wall for s in ours) / min(s.wall for s in theirs),
        "holds": ratio <= MOST_OF_USUAL if is_api else None,
    }


def tls_cpu(package: Package) -> float:
    """CPU (s) of reading certificate authorities, which plain HTTP spares both sides."""
    bundle = next(folder for folder in package.path if (folder / "botocore").is_dir())
    program = (
        "import ssl, time; began = time.process_time(); "
        f"ssl.create_default_context(cafile={str(bundle / 'botocore' / 'cacert.pem')!r}); "
        "print(time.process_time() - began)"
    )
    told = [
        float(subprocess.check_output([sys.executable, "-I", "-S", "-c", program], text=True))
        for _ in range(5)
    ]
    return median(told)
