"""Warm requests: CPU without network, AWS calls, and the units they consume."""

from collections import Counter
from typing import Any

from infra.spec import Authorizer, Route
from tests.bench.exchange import Exchange
from tests.bench.interpreter import started
from tests.bench.recording import Recording

MS = 1000
MOST_MS = 3.0


def measured(recording: Recording, between: Exchange, calls: int) -> dict[str, Any]:
    """The figures of one function; times in ms of CPU per request.

    `cpu_ms` is without the AWS calls, answered from memory. `with_calls_ms` has the work on their
    signatures and answers as well: only the socket is replaced.
    """
    between.replay(list(recording.calls))
    start = started(
        recording.package,
        recording.function.name,
        [recording.asked.event],
        recording.environment,
        answers=recording.warm_calls,
        warm=calls,
    )
    names = Counter(call.name for call in recording.warm_calls)
    spec = recording.function.spec
    cpu = start.warm["without_calls"] * MS
    return {
        "function": recording.function.name,
        "cpu_ms": cpu,
        "with_calls_ms": start.warm["with_calls"] * MS,
        "calls": {_plain(name): count for name, count in names.items()},
        "first_calls": len(recording.calls),
        "read_units": recording.read_units,
        "write_units": recording.write_units,
        "log_bytes": recording.log_bytes,
        # Whoever reads queues decodes photos, too.
        "holds": cpu < MOST_MS if isinstance(spec, Route | Authorizer) else None,
    }


def _plain(name: str) -> str:
    return {"HEAD": "HeadObject", "GET": "GetObject", "PUT": "PutObject"}.get(name, name)
