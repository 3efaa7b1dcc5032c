"""A function folder as a Lambda with exactly the permissions and variables of its spec.

The folder's name ends the name of the function and its log group, and is the construct's. `Uses`
becomes the policy and the environment. The role accepts no later additions.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as events_targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_lambda_event_sources import SqsDlq
from constructs import Construct

from infra.assets import Build
from infra.data import Data
from infra.layers import ARCHITECTURE, RUNTIME, Layers
from infra.names import Names
from infra.queues import Queues
from infra.spec import Consumer, Dispatcher, Function, Route, Spec
from motorpool.messages import rules
from motorpool.messages.rules import Rule
from motorpool.pings import PING

LOG_RETENTION = logs.RetentionDays.ONE_MONTH
# SnapStart drops the snapshot of a version that nobody invoked for 14 days: see
# docs/decisions/0007-snapstart-kept-alive.md.
PING_EVERY = Duration.days(7)


class FunctionFolder(Construct):
    """One deployed folder under `functions/`. `live` is the alias that everything invokes."""

    def __init__(
        self,
        scope: Construct,
        function: Function,
        *,
        names: Names,
        build: Build,
        data: Data,
        queues: Queues,
        layers: Layers,
    ) -> None:
        super().__init__(scope, function.name)
        name = names.of(function.name)
        spec = function.spec
        log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )
        handler = lambda_.Function(
            self,
            "Function",
            function_name=name,
            code=lambda_.Code.from_asset(str(build.function(function.name))),
            handler="handler.handler",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            memory_size=spec.memory,
            timeout=Duration.seconds(spec.timeout),
            layers=[layers[layer] for layer in spec.layers],
            role=self._role(spec, data, _grants(spec, data, queues, log_group)),
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS,
            # For `motorpool rollback`. `make deploy` deletes all but one: see ops/versions.py.
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
            environment=_variables(spec, names, data, queues),
        )
        Validations.of(handler).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-L1",
                reason="Python 3.13 is the version the whole project is locked and tested with "
                "(.python-version); it is a supported runtime, and moves with the lock files.",
            ),
            Acknowledgment(
                id="Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish",
                reason="Every change publishes a version, and only the alias `live` is invoked.",
            ),
        )
        self.live = lambda_.Alias(self, "Live", alias_name="live", version=handler.current_version)
        events.Rule(
            self,
            "Ping",
            description=f"Keeps the snapshot of {name}",
            schedule=events.Schedule.rate(PING_EVERY),
            targets=[
                events_targets.LambdaFunction(
                    self.live, event=events.RuleTargetInput.from_object(PING)
                )
            ],
        )
        if isinstance(spec, Dispatcher):
            lambda_.EventSourceMapping(
                self,
                "Stream",
                target=self.live,
                event_source_arn=data.table.table_stream_arn,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                filters=list(_filters(spec.rules)),
                # No limit on tries or age: a record is tried for the 24 h that the stream keeps it.
                # After a reported failure Lambda goes on from that record. Only when the function
                # itself ends does it halve the batch, so that the records before get through.
                bisect_batch_on_error=True,
                report_batch_item_failures=True,
                # Gets no record, only the place of one that was lost.
                on_failure=SqsDlq(queues.dead["stream"]),
            )
        if isinstance(spec, Consumer):
            lambda_.EventSourceMapping(
                self,
                "Queue",
                target=self.live,
                event_source_arn=queues.live[spec.queue].queue_arn,
                batch_size=spec.batch,
                max_batching_window=Duration.seconds(spec.window) if spec.window else None,
                max_concurrency=spec.concurrency,
                report_batch_item_failures=True,
            )

    def _role(self, spec: Spec, data: Data, grants: list[iam.PolicyStatement]) -> iam.IRole:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "uses": iam.PolicyDocument(statements=grants),
            },
        )
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
                reason="xray:PutTraceSegments and xray:PutTelemetryRecords have no resource: IAM "
                "accepts only '*' for them. No other statement has it.",
            )
        )
        bucket = data.export_of(data.photos.bucket_arn)
        for prefix, actions in (("photos", spec.uses.photos), ("thumbnails", spec.uses.renditions)):
            if actions:
                Validations.of(role).acknowledge(
                    Acknowledgment(
                        id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{bucket}/{prefix}/*]",
                        reason=f"Every photo has its own key below {prefix}/, made when its upload "
                        "is requested; IAM cannot be more specific.",
                    )
                )
        if isinstance(spec, Dispatcher):
            table = data.export_of(data.table.table_arn)
            Validations.of(role).acknowledge(
                Acknowledgment(
                    id=f"AwsSolutions::AwsSolutions-IAM5[Resource::{table}/stream/*]",
                    reason="dynamodb:ListStreams lists the streams of a table, so IAM knows no "
                    "single stream for it. Records are read with the one stream's ARN.",
                )
            )
        # Otherwise CDK adds grants of its own, for example on every index.
        return role.without_policy_updates()


def _grants(
    spec: Spec, data: Data, queues: Queues, log_group: logs.ILogGroup
) -> list[iam.PolicyStatement]:
    uses = spec.uses
    photos = data.photos.bucket_arn
    grants: list[tuple[list[str], list[str]]] = [
        (["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn]),
        (["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
        ([f"dynamodb:{action}" for action in uses.table], [data.table.table_arn]),
        (["dynamodb:Query"], [f"{data.table.table_arn}/index/{index}" for index in uses.index]),
        ([f"s3:{action}" for action in uses.photos], [f"{photos}/photos/*"]),
        ([f"s3:{action}" for action in uses.renditions], [f"{photos}/thumbnails/*"]),
        (["secretsmanager:GetSecretValue"], [data.secrets[secret] for secret in uses.secrets]),
    ]
    grants += [(["sqs:SendMessage"], [queues.live[queue].queue_arn]) for queue in uses.sends]
    if isinstance(spec, Dispatcher):
        read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        grants.append((read, [data.table.table_stream_arn or ""]))
        # Lambda refuses a mapping without it. AWS documents this resource.
        grants.append((["dynamodb:ListStreams"], [f"{data.table.table_arn}/stream/*"]))
        grants.append((["sqs:SendMessage"], [queues.dead["stream"].queue_arn]))
    if isinstance(spec, Consumer):
        grants.append((["sqs:SendMessage"], [queues.dead[spec.queue].queue_arn]))
        read = [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ChangeMessageVisibility",
        ]
        grants.append((read, [queues.live[spec.queue].queue_arn]))
    statements = [
        iam.PolicyStatement(actions=actions, resources=resources)
        for actions, resources in grants
        if actions and resources
    ]
    if uses.lists:
        used = {"photos": uses.photos, "thumbnails": uses.renditions}
        prefixes = [f"{prefix}/*" for prefix, actions in used.items() if actions]
        statements.append(
            iam.PolicyStatement(
                actions=[f"s3:{action}" for action in uses.lists],
                resources=[photos],
                conditions={"StringLike": {"s3:prefix": prefixes}},
            )
        )
    return statements


def _filters(told: tuple[Rule, ...]) -> Iterator[Mapping[str, Any]]:
    """Filters for the records that the rules are about; the dispatcher looks closer.

    A mapping may have five. So the rules share one for each event and key, which makes four at
    most.
    """
    prefixes: dict[tuple[str, str], set[str]] = {}
    for rule in told:
        key, prefix = ("sk", rule.items.sk) if rule.items.sk else ("pk", rule.items.pk)
        prefixes.setdefault((rule.items.when, key), set()).add(prefix)
    for (when, key), beginnings in prefixes.items():
        any_of = [each for p in sorted(beginnings) for each in lambda_.FilterRule.begins_with(p)]
        keys = {"dynamodb": {"Keys": {key: {"S": any_of}}}}
        if when == "new":
            event = {"eventName": lambda_.FilterRule.is_equal("INSERT")}
        else:
            # Only what DynamoDB itself deletes has an identity, so that deleting items by hand, or
            # all of them before a restore, deletes no files.
            identity = {"type": lambda_.FilterRule.is_equal("Service")}
            event = {"eventName": lambda_.FilterRule.is_equal("REMOVE"), "userIdentity": identity}
        yield lambda_.FilterCriteria.filter(event | keys)


def _variables(spec: Spec, names: Names, data: Data, queues: Queues) -> dict[str, str]:
    variables = {"POWERTOOLS_LOG_LEVEL": "INFO", "POWERTOOLS_METRICS_NAMESPACE": names.metrics}
    if spec.uses.table or spec.uses.index:
        variables["TABLE_NAME"] = data.table.table_name
    if spec.uses.photos or spec.uses.renditions:
        variables["PHOTO_BUCKET"] = data.photos.bucket_name
    for secret in spec.uses.secrets:
        variables[f"{secret.upper()}_SECRET_ARN"] = data.secrets[secret]
    if isinstance(spec, Route):
        variables["API"] = spec.api
        if spec.scope:
            variables["SCOPE"] = " ".join(spec.scope)
        if spec.devices:
            variables["DEVICES"] = "true"
        if spec.per_hour:
            variables["REQUESTS_PER_HOUR"] = str(spec.per_hour)
    if isinstance(spec, Dispatcher):
        variables[rules.VARIABLE] = rules.as_text(spec.rules)
        variables["DEAD_LETTER_QUEUE_URL"] = queues.dead["stream"].queue_url
    if isinstance(spec, Consumer):
        variables["CONSUMED_QUEUE_URL"] = queues.live[spec.queue].queue_url
        variables["DEAD_LETTER_QUEUE_URL"] = queues.dead[spec.queue].queue_url
    for queue in spec.uses.sends:
        variables[f"{queue.upper()}_QUEUE_URL"] = queues.live[queue].queue_url
    return variables
