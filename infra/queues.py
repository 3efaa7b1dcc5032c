"""The queues and their dead-letter queues."""

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from aws_cdk import Acknowledgment, Aws, Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IDependable

from infra.spec import Consumer, Queue, Spec, consumers

# AWS recommends six times the consumer's timeout, so that a message is not delivered again while
# Lambda retries a throttled batch.
VISIBILITY_PER_TIMEOUT = 6
# What has dead letters: the queues, and the table's stream.
Source = Queue | Literal["stream"]


class Queues(Construct):
    """Each queue with its dead-letter queue, and that of the stream.

    All require TLS and encrypt at rest.
    """

    def __init__(self, scope: Construct, id: str, *, specs: Iterable[Spec]) -> None:
        super().__init__(scope, id)
        known = consumers(specs)
        self.dead: dict[Source, sqs.Queue] = {}
        self.live: dict[Queue, sqs.Queue] = {}
        for name in get_args(Queue):
            consumer = known.get(name) or Consumer(queue=name, concurrency=2)
            self.dead[name] = self._dead(name)
            self.live[name] = self._queue(
                name.title(),
                visibility_timeout=Duration.seconds(VISIBILITY_PER_TIMEOUT * consumer.timeout),
                dead_letter_queue=sqs.DeadLetterQueue(
                    queue=self.dead[name], max_receive_count=consumer.deliveries
                ),
            )
        self.dead["stream"] = self._dead("stream")
        Validations.of(self.dead["stream"]).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-SQS3",
                reason="This is the dead-letter queue of the table's stream: the dispatcher itself "
                "sends to it, and no queue names it.",
            )
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

    def _dead(self, source: Source) -> sqs.Queue:
        return self._queue(f"Dead{source.title()}", retention=Duration.days(14))

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
