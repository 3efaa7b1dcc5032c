"""The two HTTP APIs: their stages, routes, authorizer, gateway responses and logs."""

import json
from collections.abc import Iterable
from typing import Any

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.function import LOG_RETENTION
from infra.gateway_answers import answers
from infra.limits import OPERATION, PUBLIC_OPERATION, Limit
from infra.names import Names
from infra.spec import STAGES, ApiName, Route
from motorpool.access.callers import CREDENTIAL_HEADERS, FINGERPRINT
from motorpool.api.browsers import ALLOW_ORIGIN

OPEN: dict[str, Any] = {
    "authorization_type": apigateway.AuthorizationType.NONE,
    "authorizer": None,
    "api_key_required": False,
}

AUTHORIZER_CACHE = Duration.seconds(60)

# For the operator who looks for the caller behind many requests: the address, and the fingerprint
# of the client (of a refused caller: of the client that it claims to be). No header, so no secret,
# and of the path its pattern only: it may contain a phone number.
ACCESS_LOG = {
    "requestId": apigateway.AccessLogField.context_request_id(),
    "ip": apigateway.AccessLogField.context_identity_source_ip(),
    "client": apigateway.AccessLogField.context_authorizer(FINGERPRINT),
    "httpMethod": apigateway.AccessLogField.context_http_method(),
    "resourcePath": apigateway.AccessLogField.context_resource_path(),
    "status": apigateway.AccessLogField.context_status(),
    "responseLatency": apigateway.AccessLogField.context_response_latency(),
    "gatewayResponse": apigateway.AccessLogField.context_error_response_type(),
    "integrationError": apigateway.AccessLogField.context_integration_error_message(),
    "authorizerError": apigateway.AccessLogField.context_authorizer_error(),
}


def access_log_group(names: Names, api: ApiName) -> str:
    """The name of the log group with a line for each request to the API."""
    return f"/aws/apigateway/{names.of(api)}"


class GatewayLogging(Construct):
    """The role with which API Gateway writes to CloudWatch Logs: one for the account and region."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(
                    "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            ],
        )
        Validations.of(role).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
                "service-role/AmazonAPIGatewayPushToCloudWatchLogs]",
                reason="API Gateway has one logging role for an account and region; "
                "AWS documents this managed policy for it.",
            )
        )
        account = apigateway.CfnAccount(self, "Account", cloud_watch_role_arn=role.role_arn)
        # Retained, because removing the account's setting would stop all other APIs' logs too.
        role.apply_removal_policy(RemovalPolicy.RETAIN)
        account.apply_removal_policy(RemovalPolicy.RETAIN)


class Api(Construct):
    """One API with its routes. Every method has the authorizer, unless its route is `public`.

    `domain`: the only host name that answers; without it, API Gateway's own. The authorizer may be
    of another stack, and so may `preflight`, which answers browsers. `needs_keys`: whether the
    authorizer's answer must have a client's API key, by which the usage plan (infra/usage.py)
    limits it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        name: ApiName,
        routes: Iterable[tuple[Route, lambda_.IFunction]],
        authorizer: lambda_.IFunction,
        preflight: lambda_.IFunction | None = None,
        domain: str | None = None,
        needs_keys: bool = False,
    ) -> None:
        super().__init__(scope, id)
        routes = list(routes)
        self.name = name
        self.domain = domain
        self.rest = apigateway.RestApi(
            self,
            "Rest",
            rest_api_name=names.of(name),
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            disable_execute_api_endpoint=domain is not None,
            api_key_source_type=apigateway.ApiKeySourceType.AUTHORIZER if needs_keys else None,
            deploy_options=self._stage(
                names, public=[route for route, _ in routes if route.public]
            ),
            default_method_options=apigateway.MethodOptions(
                authorization_type=apigateway.AuthorizationType.CUSTOM,
                authorizer=self._authorizer(authorizer),
                api_key_required=needs_keys,
            ),
        )
        # CDK's own output has a generated name; the stack adds named ones.
        self.rest.node.try_remove_child("Endpoint")
        self.rest.deployment_stage.node.add_dependency(self._execution_logs())
        self._answer_in_the_envelope()
        self._serve(routes)
        if preflight:
            self._answer_browsers({route.path for route, _ in routes}, preflight)
        self._acknowledge()

    @property
    def id(self) -> str:
        """The API's id: the first label of its host name."""
        return self.rest.rest_api_id

    @property
    def url(self) -> str:
        """The stage's URL, without a trailing slash."""
        stack = Stack.of(self)
        host = self.domain or f"{self.id}.execute-api.{stack.region}.{stack.url_suffix}"
        return f"https://{host}/{STAGES[self.name]}"

    def _stage(self, names: Names, public: Iterable[Route]) -> apigateway.StageOptions:
        return apigateway.StageOptions(
            stage_name=STAGES[self.name],
            tracing_enabled=True,
            **_settings(OPERATION),
            # A method's own settings replace the stage's, all of them.
            method_options={
                f"{route.path}/{route.method}": apigateway.MethodDeploymentOptions(
                    **_settings(PUBLIC_OPERATION)
                )
                for route in public
            },
            access_log_destination=apigateway.LogGroupLogDestination(
                logs.LogGroup(
                    self,
                    "AccessLogs",
                    log_group_name=access_log_group(names, self.name),
                    retention=LOG_RETENTION,
                    removal_policy=RemovalPolicy.DESTROY,
                )
            ),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
        )

    def _execution_logs(self) -> logs.LogGroup:
        # Otherwise API Gateway creates this group itself, without an expiry.
        return logs.LogGroup(
            self,
            "ExecutionLogs",
            log_group_name=f"API-Gateway-Execution-Logs_{self.id}/{STAGES[self.name]}",
            retention=LOG_RETENTION,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def _authorizer(self, handler: lambda_.IFunction) -> apigateway.RequestAuthorizer:
        # API Gateway refuses requests without an identity source. Supplier requests have a token or
        # the three headers, so no source fits, and caching needs one.
        cached = self.name == "partner"
        headers = CREDENTIAL_HEADERS if cached else ()
        return apigateway.RequestAuthorizer(
            self,
            "Authorizer",
            # By its ARN, so that the permission to invoke it is in the API's stack. It names the
            # API: in the function's stack, it would make the stacks depend on each other.
            handler=lambda_.Function.from_function_attributes(
                self,
                "AuthorizerFunction",
                function_arn=handler.function_arn,
                same_environment=True,
            ),
            identity_sources=[apigateway.IdentitySource.header(header) for header in headers],
            results_cache_ttl=AUTHORIZER_CACHE if cached else Duration.seconds(0),
        )

    def _answer_in_the_envelope(self) -> None:
        for response_type, answer in answers(self.name):
            self.rest.add_gateway_response(
                response_type,
                type=apigateway.ResponseType.of(response_type),
                status_code=str(answer.status),
                templates={"application/json": answer.body(self.name)},
                response_headers={
                    "x-request-id": "context.requestId",
                    # They show nothing of anybody.
                    ALLOW_ORIGIN: "'*'",
                    **{header: f"'{value}'" for header, value in answer.headers},
                },
            )

    def _serve(self, routes: list[tuple[Route, lambda_.IFunction]]) -> None:
        for route, handler in routes:
            method = self.rest.root.resource_for_path(route.path).add_method(
                route.method,
                apigateway.LambdaIntegration(handler, allow_test_invoke=False),
                **(OPEN if route.public else {}),
            )
            if route.public:
                self._acknowledge_open(method)
        if not routes:
            # API Gateway does not deploy an API without a method.
            self.rest.root.add_method("GET", apigateway.MockIntegration())

    def _answer_browsers(self, paths: set[str], preflight: lambda_.IFunction) -> None:
        # By its ARN, as the authorizer.
        handler = lambda_.Function.from_function_attributes(
            self, "Preflight", function_arn=preflight.function_arn, same_environment=True
        )
        for path in sorted(paths):
            method = self.rest.root.resource_for_path(path).add_method(
                "OPTIONS", apigateway.LambdaIntegration(handler, allow_test_invoke=False), **OPEN
            )
            self._acknowledge_open(method)

    def _acknowledge_open(self, method: apigateway.Method) -> None:
        for rule in ("APIG4", "COG4"):
            Validations.of(method).acknowledge(
                Acknowledgment(
                    id=f"AwsSolutions::AwsSolutions-{rule}",
                    reason="The token endpoint's function itself checks the client's id and "
                    "secret; what else is public shows nothing of anybody.",
                )
            )

    def _acknowledge(self) -> None:
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-APIG2",
                reason="Requests are validated by the models of each function, because the "
                "contract's 400 names every invalid field and its problem.",
            ),
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-APIG3",
                reason="Callers are known machine clients: every method that shows anything is "
                "behind the authorizer, and all are throttled. `-c waf=true` gives the stage a web "
                "ACL, which is in the monitoring stack, where this rule does not look.",
            ),
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-COG4",
                reason="The contract fixes the credentials (three headers, or our own bearer "
                "token); our authorizer checks them, not a Cognito user pool.",
            ),
        )


def _settings(limit: Limit) -> dict[str, Any]:
    """What the stage does for each of its methods."""
    return {
        "throttling_rate_limit": limit.per_second,
        "throttling_burst_limit": limit.at_once,
        # Five metrics for each method, which nothing here reads. Those of the API and of the stage
        # are there without it, and are free.
        "metrics_enabled": False,
        "logging_level": apigateway.MethodLoggingLevel.ERROR,
        "data_trace_enabled": False,
    }
