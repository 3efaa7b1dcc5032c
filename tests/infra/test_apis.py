"""What the two APIs let in, and what the gateway itself answers."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from infra.apis import Api
from infra.names import DEFAULT
from infra.spec import ApiName, Route, discover
from motorpool import errors

APIS: tuple[ApiName, ...] = ("partner", "supplier")
ROUTES = [(f.name, f.spec) for f in discover() if isinstance(f.spec, Route)]

each_api = pytest.mark.parametrize("api", APIS)


def api_id(stack: Template, api: ApiName) -> str:
    [found] = stack.find_resources(
        "AWS::ApiGateway::RestApi", {"Properties": {"Name": f"motorpool-{api}"}}
    )
    return found


def of_api(stack: Template, api: ApiName, resource_type: str) -> dict[str, dict[str, Any]]:
    """The properties of an API's resources of one type, by logical id."""
    found = stack.find_resources(
        f"AWS::ApiGateway::{resource_type}",
        {"Properties": {"RestApiId": {"Ref": api_id(stack, api)}}},
    )
    return {name: dict(resource["Properties"]) for name, resource in found.items()}


def answer(stack: Template, api: ApiName, response_type: str) -> tuple[str, dict[str, str]]:
    """Status and body of what the gateway answers."""
    [response] = [
        properties
        for properties in of_api(stack, api, "GatewayResponse").values()
        if properties["ResponseType"] == response_type
    ]
    return response["StatusCode"], json.loads(response["ResponseTemplates"]["application/json"])


def headers(stack: Template, api: ApiName, response_type: str) -> dict[str, str]:
    [response] = [
        properties
        for properties in of_api(stack, api, "GatewayResponse").values()
        if properties["ResponseType"] == response_type
    ]
    return {
        name.removeprefix("gatewayresponse.header."): value
        for name, value in response["ResponseParameters"].items()
    }


def served(stack: Template, api: ApiName) -> dict[tuple[str, str], dict[str, Any]]:
    """Each method's properties, by verb and full path below the stage."""
    resources = of_api(stack, api, "Resource")

    def path(reference: dict[str, Any]) -> str:
        if "Fn::GetAtt" in reference:  # the root, an attribute of the API
            return ""
        resource = resources[reference["Ref"]]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    return {
        (method["HttpMethod"], path(method["ResourceId"])): method
        for method in of_api(stack, api, "Method").values()
    }


def test_both_stages_are_named_as_the_documents_say(stack: Template) -> None:
    stages = {
        api: [stage["StageName"] for stage in of_api(stack, api, "Stage").values()] for api in APIS
    }

    assert stages == {"partner": ["api"], "supplier": ["v1"]}


@pytest.mark.parametrize(("name", "route"), ROUTES, ids=[name for name, _ in ROUTES])
def test_every_route_is_answered_by_its_functions_live_alias(
    stack: Template, name: str, route: Route
) -> None:
    method = served(stack, route.api)[route.method, route.path]

    [target] = [
        part["Ref"]
        for part in method["Integration"]["Uri"]["Fn::Join"][1]
        if isinstance(part, dict) and "Ref" in part and "Live" in part["Ref"]
    ]
    alias = stack.find_resources("AWS::Lambda::Alias")[target]["Properties"]
    function = stack.find_resources("AWS::Lambda::Function")[alias["FunctionName"]["Ref"]]
    assert method["Integration"]["Type"] == "AWS_PROXY"
    assert function["Properties"]["FunctionName"] == f"motorpool-{name}"


@each_api
def test_nothing_is_served_but_the_routes_and_only_public_ones_without_the_authorizer(
    stack: Template, api: ApiName
) -> None:
    routes: dict[tuple[str, str], str] = {
        (route.method, route.path): name for name, route in ROUTES if route.api == api
    }
    [authorizer] = of_api(stack, api, "Authorizer")

    if api == "partner":
        routes |= {("OPTIONS", path): "answer_preflight" for _, path in routes}
    assert served(stack, api).keys() == routes.keys()
    for served_at, method in served(stack, api).items():
        if routes[served_at] in {"issue_token", "get_health", "answer_preflight"}:
            assert method["AuthorizationType"] == "NONE"
            assert "AuthorizerId" not in method
        else:
            assert method["AuthorizationType"] == "CUSTOM"
            assert method["AuthorizerId"] == {"Ref": authorizer}


def test_the_partner_authorizer_is_cached_by_its_three_headers_and_the_suppliers_is_not(
    stack: Template,
) -> None:
    [partner] = of_api(stack, "partner", "Authorizer").values()
    [supplier] = of_api(stack, "supplier", "Authorizer").values()

    assert partner["AuthorizerResultTtlInSeconds"] == 60
    assert partner["IdentitySource"].split(",") == [
        "method.request.header.partnerId",
        "method.request.header.clientId",
        "method.request.header.clientSecret",
    ]
    assert supplier["AuthorizerResultTtlInSeconds"] == 0
    assert supplier["IdentitySource"] == ""
    assert partner["AuthorizerUri"] == supplier["AuthorizerUri"]


@pytest.mark.parametrize("refusal", ["UNAUTHORIZED", "ACCESS_DENIED"])
def test_a_refused_caller_gets_401_in_each_envelope(stack: Template, refusal: str) -> None:
    assert answer(stack, "partner", refusal) == (
        "401",
        {
            "error_code": "ERROR_UNAUTHORIZED",
            "error_message": "Invalid partnerId, clientId or clientSecret provided",
        },
    )
    assert answer(stack, "supplier", refusal) == (
        "401",
        {"code": "unauthorized", "message": "Invalid OAuth 2.0 credentials provided"},
    )
    assert headers(stack, "supplier", refusal)["WWW-Authenticate"].startswith("'Bearer ")


@pytest.mark.parametrize(
    ("response_type", "status", "partner", "supplier"),
    [
        ("MISSING_AUTHENTICATION_TOKEN", "404", "ERROR_NOT_FOUND", "not_found"),
        ("RESOURCE_NOT_FOUND", "404", "ERROR_NOT_FOUND", "not_found"),
        ("DEFAULT_4XX", "404", "ERROR_NOT_FOUND", "not_found"),
        ("REQUEST_TOO_LARGE", "413", "ERROR_REQUEST_TOO_LARGE", "request_too_large"),
        ("THROTTLED", "429", "ERROR_RATE_LIMITED", "rate_limited"),
        ("QUOTA_EXCEEDED", "429", "ERROR_RATE_LIMITED", "rate_limited"),
        ("WAF_FILTERED", "429", "ERROR_RATE_LIMITED", "rate_limited"),
        ("INVALID_API_KEY", "401", "ERROR_UNAUTHORIZED", "unauthorized"),
        ("DEFAULT_5XX", "500", "INTERNAL_SERVER_ERROR", "internal_server_error"),
        ("AUTHORIZER_FAILURE", "500", "INTERNAL_SERVER_ERROR", "internal_server_error"),
    ],
)
def test_the_gateway_answers_in_each_envelope(
    stack: Template, response_type: str, status: str, partner: str, supplier: str
) -> None:
    partner_status, partner_body = answer(stack, "partner", response_type)
    supplier_status, supplier_body = answer(stack, "supplier", response_type)

    assert (partner_status, partner_body["error_code"]) == (status, partner)
    assert (supplier_status, supplier_body["code"]) == (status, supplier)
    assert partner_body.keys() == {"error_code", "error_message"}
    assert supplier_body.keys() == {"code", "message"}


def test_a_supplier_whose_request_timed_out_may_come_again(stack: Template) -> None:
    status, body = answer(stack, "supplier", "INTEGRATION_TIMEOUT")

    assert (status, body["code"]) == ("503", "service_unavailable")
    assert headers(stack, "supplier", "INTEGRATION_TIMEOUT")["Retry-After"] == "'1'"
    assert answer(stack, "partner", "INTEGRATION_TIMEOUT")[0] == "500"


@pytest.mark.parametrize("refusal", ["THROTTLED", "WAF_FILTERED"])
@each_api
def test_throttling_says_when_to_come_again(stack: Template, api: ApiName, refusal: str) -> None:
    assert headers(stack, api, refusal)["Retry-After"] == "'1'"


@each_api
def test_a_client_without_an_api_key_is_not_told_that_its_secret_is_wrong(
    stack: Template, api: ApiName
) -> None:
    _, about_key = answer(stack, api, "INVALID_API_KEY")
    _, about_secret = answer(stack, api, "ACCESS_DENIED")

    [code, message] = about_key.values()
    assert code in about_secret.values()
    assert message == "The client is revoked, or not set up completely"


@pytest.mark.parametrize(
    ("error", "response_type"),
    [
        (errors.InvalidParameters, "BAD_REQUEST_BODY"),
        (errors.Unavailable, "INTEGRATION_TIMEOUT"),
        (errors.Unexpected, "DEFAULT_5XX"),
    ],
)
@each_api
def test_gateway_and_functions_answer_the_same_refusal_alike(
    stack: Template, api: ApiName, error: type[errors.MotorpoolError], response_type: str
) -> None:
    refusal = getattr(error, api)
    status, body = answer(stack, api, response_type)

    assert (int(status), next(iter(body.values()))) == (refusal.status, refusal.code)


@each_api
def test_the_gateway_repeats_nothing_a_caller_sent_but_names_the_request(
    stack: Template, api: ApiName
) -> None:
    for response in of_api(stack, api, "GatewayResponse").values():
        [template] = response["ResponseTemplates"].values()
        parameters = dict(response["ResponseParameters"])
        assert "$" not in template
        assert parameters.pop("gatewayresponse.header.x-request-id") == "context.requestId"
        assert all(value.startswith("'") for value in parameters.values())


@each_api
def test_a_changed_gateway_answer_is_deployed(stack: Template, api: ApiName) -> None:
    [deployment] = stack.find_resources(
        "AWS::ApiGateway::Deployment",
        {"Properties": {"RestApiId": {"Ref": api_id(stack, api)}}},
    ).values()

    assert of_api(stack, api, "GatewayResponse").keys() <= set(deployment["DependsOn"])


def method_settings(stack: Template, api: ApiName) -> dict[str, dict[str, Any]]:
    """What the stage does for its methods, by path and verb."""
    [stage] = of_api(stack, api, "Stage").values()
    return {
        settings["ResourcePath"] + " " + settings["HttpMethod"]: settings
        for settings in stage["MethodSettings"]
    }


@each_api
def test_stages_are_traced_and_log_no_payload(stack: Template, api: ApiName) -> None:
    [stage] = of_api(stack, api, "Stage").values()

    assert stage["TracingEnabled"]
    for settings in method_settings(stack, api).values():
        assert not settings["DataTraceEnabled"]
        assert settings["LoggingLevel"] == "ERROR"


def test_every_method_is_throttled_and_public_operations_ten_times_as_tightly(
    stack: Template,
) -> None:
    def limits(api: ApiName) -> dict[str, tuple[int, int]]:
        return {
            of: (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"])
            for of, settings in method_settings(stack, api).items()
        }

    assert limits("partner") == {"/* *": (500, 1000), "/~1health GET": (50, 100)}
    assert limits("supplier") == {"/* *": (500, 1000), "/~1oauth~1token POST": (50, 100)}


@each_api
def test_methods_have_no_metrics_of_their_own_which_cost_and_nobody_reads(
    stack: Template, api: ApiName
) -> None:
    assert not any(settings["MetricsEnabled"] for settings in method_settings(stack, api).values())


def test_alarms_and_dashboard_read_no_metric_of_a_method(stack: Template) -> None:
    watched = json.dumps(
        [
            *stack.find_resources("AWS::CloudWatch::Alarm").values(),
            *stack.find_resources("AWS::CloudWatch::Dashboard").values(),
        ]
    )

    # A metric of a method has the dimensions ApiName, Stage, Resource and Method.
    assert '"Method"' not in watched
    assert '\\"Method\\"' not in watched


@each_api
def test_access_logs_say_who_asked_but_hold_no_path_and_no_header(
    stack: Template, api: ApiName
) -> None:
    [stage] = of_api(stack, api, "Stage").values()

    logged = json.loads(stage["AccessLogSetting"]["Format"])

    assert logged["resourcePath"] == "$context.resourcePath"
    assert logged["ip"] == "$context.identity.sourceIp"
    # The fingerprint, which the authorizer gives for those that it refuses too.
    assert logged["client"] == "$context.authorizer.client"
    assert set(logged.values()) <= {
        "$context.requestId",
        "$context.identity.sourceIp",
        "$context.authorizer.client",
        "$context.httpMethod",
        "$context.resourcePath",
        "$context.status",
        "$context.responseLatency",
        "$context.error.responseType",
        "$context.integrationErrorMessage",
        "$context.authorizer.error",
    }


@each_api
def test_an_api_without_routes_can_be_deployed_and_is_closed(api: ApiName) -> None:
    stack = Stack(App(), "Empty")
    authorizer = lambda_.Function(
        stack,
        "Authorizer",
        code=lambda_.Code.from_inline("pass"),
        handler="index.handler",
        runtime=lambda_.Runtime.PYTHON_3_13,
    )
    Api(stack, "Api", names=DEFAULT, name=api, routes=[], authorizer=authorizer)

    [method] = Template.from_stack(stack).find_resources("AWS::ApiGateway::Method").values()

    assert method["Properties"]["AuthorizationType"] == "CUSTOM"
