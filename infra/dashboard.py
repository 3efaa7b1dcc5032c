"""The dashboard: alarms and what they watch, transfers' freshness, requests and latency."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import batched

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import Page
from infra.names import Names
from infra.queues import Queues
from infra.spec import Function, Route
from motorpool.telemetry import SERVICE

PERIOD = Duration.minutes(5)
HALF = 12
HIGH = 8

# Alarms that every function has are beside the others, which are more urgent.
OF_EACH: dict[Page, str] = {
    "crashed-function": "Crashed functions",
    "throttled-function": "Throttled functions",
}
# What these alarms watch has no graph of its own otherwise.
WATCHED: dict[Page, str] = {
    "failing-authorizer": "Crashes of the authorizer",
    "gateway-errors": "5xx that API Gateway answered itself",
    "crashed-function": "Crashes",
    "throttled-function": "Throttles",
    "throttled-table": "Throttled reads and writes",
    "late-stream": "Age of the stream's records (ms)",
}


class Dashboard(Construct):
    """The dashboard page for the operator on call."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        functions: Iterable[Function],
        queues: Queues,
        alarms: Mapping[Page, Sequence[cloudwatch.Alarm]],
    ) -> None:
        super().__init__(scope, id)
        ours = partial(_ours, names.metrics)
        endpoints = [f.name for f in functions if isinstance(f.spec, Route)]
        freshness = [ours("TransferFreshness", statistic) for statistic in ("p50", "p90", "p99")]
        delay = [ours("FeedDelay", statistic) for statistic in ("p50", "p90", "p99")]
        trouble = [ours(name, "Sum") for name in ("UnexpectedErrors", "FailedTransfers")]
        ages = [
            queue.metric_approximate_age_of_oldest_message(period=PERIOD, label=name)
            for name, queue in queues.live.items()
        ]
        dead = [
            queue.metric_approximate_number_of_messages_visible(period=PERIOD, label=name)
            for name, queue in queues.dead.items()
        ]
        dashboard = cloudwatch.Dashboard(
            self, "Page", dashboard_name=names.title, default_interval=Duration.hours(3)
        )
        dashboard.add_widgets(
            cloudwatch.AlarmStatusWidget(
                alarms=[alarm for page in alarms if page not in OF_EACH for alarm in alarms[page]],
                width=2 * HALF,
                title="Alarms",
            )
        )
        dashboard.add_widgets(
            *(
                cloudwatch.AlarmStatusWidget(
                    alarms=list(alarms[page]), width=HALF, height=HIGH, title=title
                )
                for page, title in OF_EACH.items()
            )
        )
        dashboard.add_widgets(
            _graph("Freshness of transfers (ms; contract: 120,000)", freshness),
            _graph("Unexpected errors, failed transfers", trouble),
        )
        dashboard.add_widgets(
            _graph("Delay of events in the feeds (ms; contract: p99 5,000)", delay),
        )
        dashboard.add_widgets(
            _graph("Age of the oldest message (s)", ages),
            _graph("Messages in the dead-letter queues", dead),
        )
        dashboard.add_widgets(
            _graph("Requests", [ours("Requests", "Sum", name) for name in endpoints]),
            _graph("Refusals", [ours("Refusals", "Sum", name) for name in endpoints]),
        )
        dashboard.add_widgets(
            _graph("Latency, p99 (ms)", [ours("Latency", "p99", name) for name in endpoints])
        )
        for two in batched(WATCHED.items(), 2, strict=False):
            dashboard.add_widgets(
                *(_graph(title, [alarm.metric for alarm in alarms[page]]) for page, title in two)
            )


def _ours(
    namespace: str, name: str, statistic: str, function: str | None = None
) -> cloudwatch.Metric:
    """A metric that `motorpool.telemetry` writes, of the whole service or of one function."""
    dimensions = {"service": SERVICE} | ({"function": function} if function else {})
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=PERIOD,
        label=function or f"{name} {statistic}",
    )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=HALF)
