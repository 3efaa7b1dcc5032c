"""The log line and the metrics of a request or message, without personal data.

Lines have the route, not the path (which may contain a phone number), and the client's fingerprint
(`motorpool client list` shows it), not its id. The request's id is the correlation id. An exception
is logged as its type and stack, without its message, which may quote the request.
"""

import os
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError

from motorpool import aws
from motorpool.ids import fingerprint

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

SERVICE = "motorpool"
# Environments in one account have metrics of their own (`infra/names.py`).
NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Motorpool")

# Alarms watch this metric, because the contract answers some business rules with status 500.
UNEXPECTED = "UnexpectedErrors"

logger = Logger(service=SERVICE, location=None, utc=True, use_rfc3339=True)
_metrics = Metrics(namespace=NAMESPACE, service=SERVICE)


def function_of(context: "LambdaContext") -> str:
    """The name of the function's folder, which ends its name: `motorpool-dev-get_user`."""
    return context.function_name.rpartition("-")[2]


@dataclass(slots=True)
class Request:
    """A request in progress."""

    function: str
    route: str
    request_id: str
    client_id: str = ""
    started: float = field(default_factory=time.perf_counter)

    def answered(self, status: int, code: str | None, fault: BaseException | None = None) -> None:
        """Write its log line and metrics. `code`: of an error; `fault`: an unexpected exception."""
        line = {
            "correlation_id": self.request_id,
            "route": self.route,
            "status": status,
            "code": code,
            "client": fingerprint(self.client_id) if self.client_id else None,
        }
        refused = code is not None and fault is None
        _leave("answered", line, self.function, self.started, refused=refused, fault=fault)


@dataclass(slots=True)
class Message:
    """A queue message or stream record in progress."""

    function: str
    message_id: str
    started: float = field(default_factory=time.perf_counter)

    def handled(self, fault: BaseException | None = None) -> None:
        """Write its log line and metrics. `fault`: the exception that it failed with."""
        line = {"message_id": self.message_id}
        _leave("handled", line, self.function, self.started, refused=False, fault=fault)


def measured(metric: str, value: float, unit: MetricUnit) -> None:
    """Write a metric of the whole service at once."""
    with single_metric(
        metric, unit, value, namespace=NAMESPACE, default_dimensions={"service": SERVICE}
    ):
        pass


def noted(what: str, fault: BaseException, **known: Any) -> None:
    """Write a line about an exception that was dealt with, with the fields `known`; no metric."""
    logger.warning(what, extra=known | {"fault": described(fault)})


def failed(fault: BaseException, **known: Any) -> None:
    """Write the log line of an unexpected exception, with the fields `known`, and its metric."""
    logger.error("unexpected", extra=known | {"fault": described(fault)})
    measured(UNEXPECTED, 1, MetricUnit.Count)


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
    known = {name: value for name, value in line.items() if value is not None}
    known["elapsed_ms"] = elapsed
    if fault is None:
        logger.info(what, extra=known)
    else:
        failed(fault, **known)
    _metrics.add_dimension("function", function)
    _metrics.add_metric("Requests", MetricUnit.Count, 1)
    _metrics.add_metric("Refusals", MetricUnit.Count, int(refused))
    _metrics.add_metric("Latency", MetricUnit.Milliseconds, elapsed)
    _metrics.flush_metrics()


def described(fault: BaseException) -> list[str]:
    """An exception and its causes as lines: type, AWS error code, and the last 6 frames of each."""
    lines = []
    cause: BaseException | None = fault
    while cause is not None:
        code = aws.code_of(cause) if isinstance(cause, ClientError) else ""
        lines.append(f"{type(cause).__module__}.{type(cause).__name__} {code}".rstrip())
        lines += [
            f"  {frame.filename.rpartition('/python/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(cause.__traceback__)[-6:]
        ]
        cause = cause.__cause__ or cause.__context__
    return lines
