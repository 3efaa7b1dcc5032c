"""Alarms: messages that wait too long, messages in dead-letter queues, and unexpected errors."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.names import Names
from infra.spec import Queue
from motorpool.telemetry import SERVICE, UNEXPECTED

PERIOD = Duration.minutes(1)
OLDEST_SECONDS = 60


class Alarms(Construct):
    """All alarms go off at the first occurrence; missing data is not an alarm."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        live: Mapping[Queue, sqs.Queue],
        dead: Mapping[Queue, sqs.Queue],
    ) -> None:
        super().__init__(scope, id)
        self.all: list[cloudwatch.Alarm] = []
        for name, queue in live.items():
            self._add(
                f"Slow{name.title()}",
                queue.metric_approximate_age_of_oldest_message(
                    period=PERIOD, statistic=cloudwatch.Stats.MAXIMUM
                ),
                f"The oldest message of the {name} queue has waited for {OLDEST_SECONDS} s. The "
                "contract allows 2 minutes for a transfer.",
                threshold=OLDEST_SECONDS,
            )
        for name, queue in dead.items():
            self._add(
                f"Dead{name.title()}",
                queue.metric_approximate_number_of_messages_visible(
                    period=PERIOD, statistic=cloudwatch.Stats.MAXIMUM
                ),
                f"The dead-letter queue of the {name} queue has a message that kept failing.",
            )
        # Not Lambda's Errors or the gateway's 5xx: the contract answers business rules with 500.
        self._add(
            "UnexpectedErrors",
            cloudwatch.Metric(
                namespace=names.metrics,
                metric_name=UNEXPECTED,
                dimensions_map={"service": SERVICE},
                period=PERIOD,
                statistic=cloudwatch.Stats.SUM,
            ),
            "A function failed unexpectedly. Its log line `unexpected` has the type and the stack.",
        )

    def _add(
        self, id: str, metric: cloudwatch.IMetric, description: str, *, threshold: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
        self.all.append(alarm)
