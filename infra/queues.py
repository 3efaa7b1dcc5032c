"""The queues and their dead-letter queues."""

from collections.abc import Iterable, Iterator

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from infra.spec import Consumer, Queue, Spec

# AWS recommends six times the consumer's timeout, so that a message is not delivered again while
# Lambda retries a throttled batch.
VISIBILITY_PER_TIMEOUT = 6
# A failed message is delivered again after 2 to 20 s (`motorpool.messages.consumer`), 11 s on the
# average after the first few. So a transfer survives an outage of about 10 minutes, long enough to
# roll back a bad deployment, and the inspection of a photo one of about a minute: a check-in does
# not wait for it.
DELIVERIES: dict[Queue, int] = {"uploads": 8, "transfers": 60}


class Queues(Construct):
    """Each queue with its dead-letter queue; all require TLS and encrypt at rest."""

    def __init__(self, scope: Construct, id: str, *, specs: Iterable[Spec]) -> None:
        super().__init__(scope, id)
        timeouts = {spec.queue: spec.timeout for spec in specs if isinstance(spec, Consumer)}
        self.dead: dict[Queue, sqs.Queue] = {}
        self.live: dict[Queue, sqs.Queue] = {}
        for name, deliveries in DELIVERIES.items():
            self.dead[name] = self._queue(f"Dead{name.title()}", retention=Duration.days(14))
            self.live[name] = self._queue(
                name.title(),
                visibility_timeout=Duration.seconds(
                    VISIBILITY_PER_TIMEOUT * timeouts.get(name, Spec().timeout)
                ),
                dead_letter_queue=sqs.DeadLetterQueue(
                    queue=self.dead[name], max_receive_count=deliveries
                ),
            )
        self.uploads_policy = self._let_s3_send_to(self.uploads)

    @property
    def uploads(self) -> sqs.Queue:
        """The queue to which S3 reports uploaded photos."""
        return self.live["uploads"]

    @property
    def references(self) -> Iterator[str]:
        """What other stacks may name them by: ARNs, URLs and names."""
        for queue in (*self.live.values(), *self.dead.values()):
            yield from (queue.queue_arn, queue.queue_url, queue.queue_name)

    def _queue(
        self,
        id: str,
        *,
        retention: Duration | None = None,
        visibility_timeout: Duration | None = None,
        dead_letter_queue: sqs.DeadLetterQueue | None = None,
    ) -> sqs.Queue:
        return sqs.Queue(
            self,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=retention,
            visibility_timeout=visibility_timeout,
            dead_letter_queue=dead_letter_queue,
        )

    def _let_s3_send_to(self, queue: sqs.Queue) -> IDependable:
        """Allow this account's buckets; naming the one bucket would be a circular dependency."""
        added = queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                resources=[queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if added.policy_dependable is None:
            raise TypeError("the queue is not in this stack")
        return added.policy_dependable
