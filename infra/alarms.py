"""Alarms for what the code cannot see by itself, and for what it could not handle.

Each kind of alarm has its page in docs/runbook.md, which the alarm's name and description name.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, get_args

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.apis import access_log_group
from infra.data import Data
from infra.names import Names
from infra.queues import Queues
from infra.spec import ApiName, Authorizer, Function, Queue, StreamReader
from motorpool.telemetry import SERVICE, UNEXPECTED

# What an alarm is about: the heading of its page, in lower case and with dashes.
Page = Literal[
    "waiting-messages",
    "dead-letters",
    "late-stream",
    "unexpected-errors",
    "crashed-function",
    "failing-authorizer",
    "throttled-function",
    "gateway-errors",
    "throttled-table",
]

# A state (how old, how many) is looked at each minute. Occurrences are counted over five, so that
# an alarm does not go off each minute anew; CloudWatch evaluates both every minute.
STATE = Duration.minutes(1)
COUNT = Duration.minutes(5)

# How old a queue's oldest message may be. A transfer may take two minutes by the contract. Nobody
# waits for the inspection of a photo, and one that did not end comes again only after minutes.
OLDEST_SECONDS: Mapping[Queue, int] = {"transfers": 60, "uploads": 600}
# The stream's records are transfers' messages that were not sent yet, and photos that expired.
OLDEST_RECORD_SECONDS = 60


class Alarms(Construct):
    """All alarms go off at the first occurrence; missing data is not an alarm.

    Each tells the topic. Alarms about a state tell it also when they are over; that nothing was
    counted for five minutes says little.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        runbook: str,
        topic: sns.ITopic,
        data: Data,
        queues: Queues,
        functions: Iterable[Function],
    ) -> None:
        super().__init__(scope, id)
        self.of: dict[Page, list[cloudwatch.Alarm]] = {page: [] for page in get_args(Page)}
        self._names = names
        self._runbook = runbook
        self._tell = actions.SnsAction(topic)
        self._watch_queues(queues)
        for function in functions:
            self._watch(function)
        self._watch_table(data)
        for api in get_args(ApiName):
            self._watch_gateway(api)
        # Not Lambda's Errors or the gateway's 5xx: the contract answers business rules with 500.
        self._add(
            "unexpected-errors",
            cloudwatch.Metric(
                namespace=names.metrics,
                metric_name=UNEXPECTED,
                dimensions_map={"service": SERVICE},
                period=COUNT,
                statistic=cloudwatch.Stats.SUM,
            ),
            "A function failed unexpectedly and answered an error, or left its message in a queue.",
        )

    @property
    def all(self) -> Iterator[cloudwatch.Alarm]:
        """Every alarm."""
        for alarms in self.of.values():
            yield from alarms

    def _watch_queues(self, queues: Queues) -> None:
        for name, queue in queues.live.items():
            self._add(
                "waiting-messages",
                queue.metric_approximate_age_of_oldest_message(
                    period=STATE, statistic=cloudwatch.Stats.MAXIMUM
                ),
                f"The oldest message of the {name} queue has waited for {OLDEST_SECONDS[name]} s.",
                about=name,
                threshold=OLDEST_SECONDS[name],
                tells_end=True,
            )
        for name, queue in queues.dead.items():
            self._add(
                "dead-letters",
                queue.metric_approximate_number_of_messages_visible(
                    period=STATE, statistic=cloudwatch.Stats.MAXIMUM
                ),
                f"The dead-letter queue of the {name} queue has a message that kept failing.",
                about=name,
                tells_end=True,
            )

    def _watch(self, function: Function) -> None:
        """Watch what Lambda counts for a function: crashes, timeouts, failed starts, throttles.

        A Metrics Insights query cannot select an environment's functions: it knows `=` and `AND`
        only, and tags only in accounts that enabled them for metrics (and otherwise finds nothing,
        and raises nothing). It costs as much, because each metric that it reads is charged like an
        alarm.
        """
        name = self._names.of(function.name)
        if isinstance(function.spec, Authorizer):
            self._add(
                "failing-authorizer",
                _of_lambda("Errors", name, COUNT),
                f"{name} crashed, timed out or did not start. Callers whose credentials are not "
                "cached get a 500.",
            )
        else:
            self._add(
                "crashed-function",
                _of_lambda("Errors", name, COUNT),
                f"{name} crashed, timed out or did not start.",
                about=function.name,
            )
        self._add(
            "throttled-function",
            _of_lambda("Throttles", name, COUNT),
            f"Lambda refused to run {name}: too many functions run at once in this account.",
            about=function.name,
        )
        if isinstance(function.spec, StreamReader):
            self._add(
                "late-stream",
                _of_lambda("IteratorAge", name, STATE, cloudwatch.Stats.MAXIMUM),
                f"{name} reads the table's stream {OLDEST_RECORD_SECONDS} s late.",
                about=function.name,
                threshold=1000 * OLDEST_RECORD_SECONDS,
                tells_end=True,
            )

    def _watch_table(self, data: Data) -> None:
        for access in ("Read", "Write"):
            # The metrics have the dimension TableName, those of an index also its name. A query
            # without SCHEMA adds up both. ThrottledRequests has one metric for each operation, and
            # none without.
            self._add(
                "throttled-table",
                cloudwatch.MathExpression(
                    expression=f'SELECT SUM({access}ThrottleEvents) FROM "AWS/DynamoDB" '  # noqa: S608
                    f"WHERE TableName = '{data.table.table_name}'",
                    label=f"{access.lower()}s",
                    period=COUNT,
                ),
                f"DynamoDB refused {access.lower()}s of the table or of an index.",
                about=f"{access.lower()}s",
            )

    def _watch_gateway(self, api: ApiName) -> None:
        """Count the 5xx that API Gateway answered itself, when no function could answer."""
        group = access_log_group(self._names, api)
        filtered = logs.MetricFilter(
            self,
            f"GatewayErrorsOf{api.title()}",
            log_group=logs.LogGroup.from_log_group_name(self, f"AccessLogsOf{api.title()}", group),
            # `gatewayResponse` is "-" when a function answered.
            filter_pattern=logs.FilterPattern.all(
                logs.FilterPattern.string_value("$.status", "=", "5*"),
                logs.FilterPattern.string_value("$.gatewayResponse", "!=", "-"),
            ),
            metric_namespace=self._names.metrics,
            metric_name=f"{api.title()}GatewayErrors",
        )
        self._add(
            "gateway-errors",
            filtered.metric(period=COUNT, statistic=cloudwatch.Stats.SUM),
            f"API Gateway itself answered a 5xx to a caller of the {api} API.",
            about=api,
        )

    def _add(
        self,
        page: Page,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        about: str = "",
        threshold: int = 1,
        tells_end: bool = False,
    ) -> None:
        name = "-".join(filter(None, (page, about)))
        alarm = cloudwatch.Alarm(
            self,
            name.title().replace("-", "").replace("_", ""),
            alarm_name=f"{self._names.title}-{name}",
            alarm_description=f"{description} What to do: {self._runbook}#{page}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._tell)
        if tells_end:
            alarm.add_ok_action(self._tell)
        self.of[page].append(alarm)


def _of_lambda(
    metric: str, function: str, period: Duration, statistic: str = cloudwatch.Stats.SUM
) -> cloudwatch.Metric:
    """A metric of all versions of a function."""
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=metric,
        dimensions_map={"FunctionName": function},
        period=period,
        statistic=statistic,
    )
