"""What a request leaves behind: one log line and one set of metrics, neither of them personal.

Lines name the route, never the path (which may hold a phone number), and the client by its
fingerprint (`motorpool client list` shows it), never by a header value. A fault is logged as its
type and the places it passed, without its message, which may quote what the caller sent.
"""

import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from motorpool.clients import fingerprint

# Business refusals that the contract documents under 500 are not failures, so alarms watch this.
UNEXPECTED = "UnexpectedErrors"


@cache
def logger() -> Logger:
    """The structured logger, made on first use."""
    return Logger(location=None)


@cache
def _metrics() -> Metrics:
    return Metrics()


@dataclass(slots=True)
class Request:
    """What is known so far of the request being answered."""

    function: str
    route: str
    request_id: str
    client_id: str = ""
    started: float = field(default_factory=time.perf_counter)

    def answered(self, status: int, code: str | None, fault: BaseException | None = None) -> None:
        """Write the line and the metrics. `fault` is what nobody foresaw, if that was it."""
        line = {
            "route": self.route,
            "status": status,
            "code": code,
            "client": fingerprint(self.client_id) if self.client_id else None,
            "request_id": self.request_id,
        }
        refused = code is not None and fault is None
        _leave("answered", line, self.function, self.started, refused=refused, fault=fault)


@dataclass(slots=True)
class Message:
    """What is known of the queue's message being handled."""

    function: str
    message_id: str
    started: float = field(default_factory=time.perf_counter)

    def handled(self, fault: BaseException | None = None) -> None:
        """Write the line and the metrics. With a `fault`, the message will come again."""
        line = {"message_id": self.message_id}
        _leave("handled", line, self.function, self.started, refused=False, fault=fault)


def _leave(
    what: str,
    line: dict[str, Any],
    function: str,
    started: float,
    *,
    refused: bool,
    fault: BaseException | None,
) -> None:
    elapsed = round((time.perf_counter() - started) * 1000, 1)
    line["elapsed_ms"] = elapsed
    if fault is None:
        logger().info(what, extra=line)
    else:
        logger().error("unexpected", extra=line | {"fault": described(fault)})
        with single_metric(UNEXPECTED, MetricUnit.Count, 1):
            pass
    metrics = _metrics()
    metrics.add_dimension("function", function)
    metrics.add_metric("Requests", MetricUnit.Count, 1)
    metrics.add_metric("Refusals", MetricUnit.Count, int(refused))
    metrics.add_metric("Latency", MetricUnit.Milliseconds, elapsed)
    metrics.flush_metrics()


def described(fault: BaseException) -> list[str]:
    """An exception and its causes: type names, with AWS's error code, and where they passed."""
    lines = []
    cause: BaseException | None = fault
    while cause is not None:
        response = getattr(cause, "response", None) or {}
        code = response.get("Error", {}).get("Code", "")
        lines.append(f"{type(cause).__module__}.{type(cause).__name__} {code}".rstrip())
        lines += [
            f"  {frame.filename.rpartition('/python/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)[-6:]
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
