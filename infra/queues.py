"""The transfer queue, and where its messages end that keep failing."""

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.spec import Spec

# AWS's advice for a queue that a Lambda reads: six times the reader's timeout, so that a message
# is not handed out again while Lambda still retries a throttled batch.
VISIBILITY_TIMEOUT = Duration.seconds(6 * Spec().timeout)
DELIVERIES = 5


class Queues(Construct):
    """Both queues take TLS only and encrypt at rest."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.dead_transfers = sqs.Queue(
            self,
            "DeadTransfers",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        self.transfers = sqs.Queue(
            self,
            "Transfers",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=VISIBILITY_TIMEOUT,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_transfers, max_receive_count=DELIVERIES
            ),
        )
