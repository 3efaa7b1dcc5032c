"""A folder as a Lambda with exactly its grants and variables.

The folder's name is the function's, its log group's and its place in the template; `Uses` is both
the policy and the environment. Nothing else ever reaches the role: it refuses later additions.
"""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.assets import Build
from infra.data import Data
from infra.spec import Function, Layer, Route, Spec, Uses

SERVICE = "motorpool"
METRICS_NAMESPACE = "Motorpool"
LOG_RETENTION = logs.RetentionDays.ONE_MONTH
RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64


class FunctionFolder(Construct):
    """One folder under `functions/`, deployed. `live` is the alias that everything invokes."""

    def __init__(
        self,
        scope: Construct,
        function: Function,
        *,
        build: Build,
        data: Data,
        layers: Mapping[Layer, lambda_.ILayerVersion],
    ) -> None:
        super().__init__(scope, function.name)
        name = f"{SERVICE}-{function.name}"
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
            role=self._role(spec.uses, data, log_group),
            log_group=log_group,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS,
            environment=_variables(spec, data),
        )
        Validations.of(handler).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-L1",
                reason="Python 3.13 is the version the whole project is locked and tested with "
                "(.python-version); it is a supported runtime, and moves with the lock files.",
            ),
            Acknowledgment(
                id="Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish",
                reason="A version is published with every change, and only `live` is invoked.",
            ),
        )
        self.live = lambda_.Alias(self, "Live", alias_name="live", version=handler.current_version)

    def _role(self, uses: Uses, data: Data, log_group: logs.ILogGroup) -> iam.IRole:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "uses": iam.PolicyDocument(statements=_grants(uses, data, log_group)),
            },
        )
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-IAM5[Resource::*]",
                reason="xray:PutTraceSegments and xray:PutTelemetryRecords know no resources; "
                "'*' is the only one IAM accepts for them. No other statement has it.",
            )
        )
        # CDK would add what it believes a construct needs (a grant on every index, for one).
        return role.without_policy_updates()


def _grants(uses: Uses, data: Data, log_group: logs.ILogGroup) -> list[iam.PolicyStatement]:
    secrets = {"pepper": data.pepper_arn}
    grants: list[tuple[list[str], list[str]]] = [
        (["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn]),
        (["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
        ([f"dynamodb:{action}" for action in uses.table], [data.table.table_arn]),
        (["dynamodb:Query"], [f"{data.table.table_arn}/index/{index}" for index in uses.index]),
        (["secretsmanager:GetSecretValue"], [secrets[secret] for secret in uses.secrets]),
    ]
    return [
        iam.PolicyStatement(actions=actions, resources=resources)
        for actions, resources in grants
        if actions and resources
    ]


def _variables(spec: Spec, data: Data) -> dict[str, str]:
    variables = {
        "POWERTOOLS_SERVICE_NAME": SERVICE,
        "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    if spec.uses.table or spec.uses.index:
        variables["TABLE_NAME"] = data.table.table_name
    if "pepper" in spec.uses.secrets:
        variables["PEPPER_SECRET_ARN"] = data.pepper_arn
    if isinstance(spec, Route):
        variables["API"] = spec.api
        if spec.scope:
            variables["SCOPE"] = spec.scope
    return variables
