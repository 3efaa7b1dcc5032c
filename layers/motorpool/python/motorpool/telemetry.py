"""What a request leaves behind: one line of JSON that is its log and its metrics, nothing personal.

CloudWatch takes the metrics out of the line by the embedded metric format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

Lines name the route, never the path (which may hold a phone number), and the client by its
fingerprint (`motorpool client list` shows it), never by a header value. A fault is logged as its
type and the places it passed, without its message, which may quote what the caller sent.
"""

import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

from motorpool.aws.service import AwsError
from motorpool.clients import fingerprint
from motorpool.clock import iso, now_ms

SERVICE = "motorpool"
NAMESPACE = "Motorpool"

# Business refusals that the contract documents under 500 are not failures, so alarms watch this.
UNEXPECTED = "UnexpectedErrors"

Unit = Literal["Count", "Milliseconds"]


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


def said(message: str) -> None:
    """Write a line that says no more than that."""
    _write([], level="INFO", message=message)


def measured(metric: str, value: float, unit: Unit) -> None:
    """Write a metric of the whole service."""
    _write(_metrics(("service",), (metric, unit)), **{metric: value})


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
    metrics = _metrics(
        ("service", "function"),
        ("Requests", "Count"),
        ("Refusals", "Count"),
        ("Latency", "Milliseconds"),
    )
    figures = {"function": function, "Requests": 1, "Refusals": int(refused), "Latency": elapsed}
    if fault is None:
        told: dict[str, Any] = {"level": "INFO", "message": what}
    else:
        metrics += _metrics(("service",), (UNEXPECTED, "Count"))
        figures[UNEXPECTED] = 1
        told = {"level": "ERROR", "message": "unexpected", "fault": described(fault)}
    known = {name: value for name, value in line.items() if value is not None}
    _write(metrics, **told, **known, elapsed_ms=elapsed, **figures)


def _metrics(dimensions: tuple[str, ...], *metrics: tuple[str, Unit]) -> list[dict[str, Any]]:
    """Which members of the line are metrics, and by which other members they are told apart."""
    return [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [dimensions],
            "Metrics": [{"Name": name, "Unit": unit} for name, unit in metrics],
        }
    ]


def _write(metrics: list[dict[str, Any]], **members: Any) -> None:
    now = now_ms()
    line = members | {"service": SERVICE, "timestamp": iso(now)}
    if metrics:
        line["_aws"] = {"Timestamp": now, "CloudWatchMetrics": metrics}
    print(json.dumps(line), flush=True)


def described(fault: BaseException) -> list[str]:
    """An exception and its causes: type names, with AWS's error code, and where they passed."""
    import traceback

    lines = []
    cause: BaseException | None = fault
    while cause is not None:
        code = cause.code if isinstance(cause, AwsError) else ""
        lines.append(f"{type(cause).__module__}.{type(cause).__name__} {code}".rstrip())
        lines += [
            f"  {frame.filename.rpartition('/python/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)[-6:]
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
