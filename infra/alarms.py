"""What someone must look at: a transfer nobody could apply, and an error nobody foresaw."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import METRICS_NAMESPACE, SERVICE

PERIOD = Duration.minutes(1)


class Alarms(Construct):
    """Both go off at the first occurrence, and are quiet when there is nothing to count."""

    def __init__(self, scope: Construct, id: str, *, dead_transfers: sqs.IQueue) -> None:
        super().__init__(scope, id)
        self._at_the_first(
            "DeadTransfers",
            dead_transfers.metric_approximate_number_of_messages_visible(
                period=PERIOD, statistic=cloudwatch.Stats.MAXIMUM
            ),
            "A transfer failed on every delivery and waits in the dead-letter queue.",
        )
        # Not Lambda's Errors or the gateway's 5xx: the documents answer business rules with 500.
        self._at_the_first(
            "UnexpectedErrors",
            cloudwatch.Metric(
                namespace=METRICS_NAMESPACE,
                metric_name="UnexpectedErrors",
                dimensions_map={"service": SERVICE},
                period=PERIOD,
                statistic=cloudwatch.Stats.SUM,
            ),
            "A function answered INTERNAL_SERVER_ERROR to something nobody foresaw.",
        )

    def _at_the_first(self, id: str, metric: cloudwatch.IMetric, description: str) -> None:
        cloudwatch.Alarm(
            self,
            id,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=description,
        )
