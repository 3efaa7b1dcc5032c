"""What someone must look at: messages that wait or that nobody could handle, and errors."""

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.spec import Queue
from motorpool.telemetry import NAMESPACE, SERVICE, UNEXPECTED

PERIOD = Duration.minutes(1)
OLDEST_SECONDS = 60


class Alarms(Construct):
    """All go off at the first occurrence, and are quiet when there is nothing to count."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
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
                f"One of the {name} waits for more than {OLDEST_SECONDS} s; the contract allows a "
                "transfer two minutes.",
                threshold=OLDEST_SECONDS,
            )
        for name, queue in dead.items():
            self._add(
                f"Dead{name.title()}",
                queue.metric_approximate_number_of_messages_visible(
                    period=PERIOD, statistic=cloudwatch.Stats.MAXIMUM
                ),
                f"One of the {name} failed on every delivery and waits in the dead-letter queue.",
            )
        # Not Lambda's Errors or the gateway's 5xx: the documents answer business rules with 500.
        self._add(
            "UnexpectedErrors",
            cloudwatch.Metric(
                namespace=NAMESPACE,
                metric_name=UNEXPECTED,
                dimensions_map={"service": SERVICE},
                period=PERIOD,
                statistic=cloudwatch.Stats.SUM,
            ),
            "A function answered INTERNAL_SERVER_ERROR to something nobody foresaw.",
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
