"""Warm requests: CPU without network, AWS calls, and the units they consume."""

from collections import Counter
from typing import Any

from bench.exchange import Exchange
from bench.interpreter import started
from bench.recording import Recording

MS = 1000
MOST_MS = 1.5
MOST_MS_PER_CALL = 1.5


def measured(recording: Recording, between: Exchange, requests: int) -> dict[str, Any]:
    """The figures of one function; times in ms of CPU per request.

    `with_calls_ms`: only the socket is replaced, so it includes botocore's work on the calls.
    `without_calls_ms`: the clients answer at once.
    """
    between.replay(list(recording.calls))
    start = started(
        recording.package,
        recording.function.name,
        [recording.asked.event],
        recording.environment,
        answers=recording.calls,
        warm=requests,
    )
    calls = Counter(start.warm["made"])
    with_calls, without = start.warm["with_calls"] * MS, start.warm["without_calls"] * MS
    most = MOST_MS + MOST_MS_PER_CALL * calls.total()
    # There is no limit for functions that decode photos.
    decodes = "photos" in recording.function.spec.layers
    return {
        "function": recording.function.name,
        "with_calls_ms": with_calls,
        "without_calls_ms": without,
        "per_call_ms": (with_calls - without) / (calls.total() or 1),
        "calls": dict(calls),
        "read_units": recording.read_units,
        "write_units": recording.write_units,
        "log_bytes": recording.log_bytes,
        "most_ms": most,
        "holds": None if decodes else with_calls <= most,
    }
