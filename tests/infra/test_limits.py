"""What limits clients and addresses, where a deployment asks for it."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import motorpool
from infra.assets import Build
from infra.limits import ADDRESS_PER_MINUTE, CLIENT, OPERATION, PUBLIC_OPERATION
from infra.names import DEFAULT, Names
from infra.openapi import described
from infra.spec import ApiName
from tests.infra.test_stacks import of_type, part_of
from tests.templates import whole

APIS: tuple[ApiName, ...] = ("partner", "supplier")
PROD = Names("prod")


@pytest.fixture(scope="module")
def limited(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of an environment that limits clients and addresses."""
    outdir = tmp_path_factory.mktemp("limited")
    context = {"environment": "prod", "usagePlans": "true", "waf": "true"}
    motorpool(build=str(build.root), outdir=str(outdir), **context).synth()
    return outdir


@pytest.fixture(scope="module")
def prepared(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of an environment whose clients get their API keys first."""
    outdir = tmp_path_factory.mktemp("prepared")
    context = {"environment": "prod", "usagePlans": "prepared"}
    motorpool(build=str(build.root), outdir=str(outdir), **context).synth()
    return outdir


def of_kind(assembly: Path, kind: str) -> list[dict[str, Any]]:
    """The properties of all resources of that type."""
    return list(of_type(whole(assembly)["Resources"], kind).values())


def api_ids(assembly: Path) -> dict[ApiName, dict[str, str]]:
    """What refers to each API's id."""
    return {
        api: {"Ref": name}
        for api in APIS
        for name in of_type(part_of(assembly, api, PROD), "AWS::ApiGateway::RestApi")
    }


def need_keys(assembly: Path) -> set[bool]:
    """Whether methods need an API key: those with the authorizer."""
    return {
        method.get("ApiKeyRequired", False)
        for method in of_kind(assembly, "AWS::ApiGateway::Method")
        if method["AuthorizationType"] == "CUSTOM"
    }


def test_one_plan_limits_what_a_client_sends_to_both_apis(limited: Path) -> None:
    [plan] = of_kind(limited, "AWS::ApiGateway::UsagePlan")

    assert plan["UsagePlanName"] == PROD.usage_plan == "Motorpool-prod-clients"
    assert plan["Throttle"] == {"RateLimit": CLIENT.per_second, "BurstLimit": CLIENT.at_once}
    assert "Quota" not in plan
    ids = api_ids(limited)
    assert plan["ApiStages"] == [
        {"ApiId": ids["partner"], "Stage": "api"},
        {"ApiId": ids["supplier"], "Stage": "v1"},
    ]


def test_the_authorizer_alone_says_whose_request_it_is(limited: Path) -> None:
    apis = of_kind(limited, "AWS::ApiGateway::RestApi")

    assert [api["ApiKeySourceType"] for api in apis] == ["AUTHORIZER", "AUTHORIZER"]
    assert need_keys(limited) == {True}


def test_public_operations_know_no_client_and_need_no_key(limited: Path) -> None:
    public = [
        method
        for method in of_kind(limited, "AWS::ApiGateway::Method")
        if method["AuthorizationType"] == "NONE"
    ]

    assert public
    assert not any(method.get("ApiKeyRequired") for method in public)


def test_a_prepared_environment_has_the_plan_but_shuts_nobody_out(prepared: Path) -> None:
    [plan] = of_kind(prepared, "AWS::ApiGateway::UsagePlan")

    assert plan["UsagePlanName"] == PROD.usage_plan
    assert need_keys(prepared) == {False}
    assert not any(
        "ApiKeySourceType" in api for api in of_kind(prepared, "AWS::ApiGateway::RestApi")
    )


def test_without_settings_nothing_needs_a_key_and_no_address_is_limited(assembly: Path) -> None:
    assert need_keys(assembly) == {False}
    for kind in (
        "AWS::ApiGateway::UsagePlan",
        "AWS::WAFv2::WebACL",
        "AWS::WAFv2::WebACLAssociation",
    ):
        assert of_kind(assembly, kind) == []


def test_an_address_that_sends_too_much_is_blocked_at_both_stages(limited: Path) -> None:
    [web_acl] = of_kind(limited, "AWS::WAFv2::WebACL")
    [rule] = web_acl["Rules"]
    associations = of_kind(limited, "AWS::WAFv2::WebACLAssociation")

    assert rule["Statement"] == {
        "RateBasedStatement": {
            "AggregateKeyType": "IP",
            "EvaluationWindowSec": 60,
            "Limit": ADDRESS_PER_MINUTE,
        }
    }
    # Without an answer of its own: the gateway response WAF_FILTERED has each API's body.
    assert rule["Action"] == {"Block": {}}
    assert web_acl["DefaultAction"] == {"Allow": {}}
    assert (web_acl["Name"], web_acl["Scope"]) == ("Motorpool-prod", "REGIONAL")
    stages = [json.dumps(each["ResourceArn"]) for each in associations]
    for (api, api_id), arn in zip(api_ids(limited).items(), stages, strict=True):
        stage = {"partner": "api", "supplier": "v1"}[api]
        assert api_id["Ref"] in arn
        assert f"/stages/{stage}" in arn


def test_the_firewalls_samples_of_requests_show_no_credentials(limited: Path) -> None:
    [web_acl] = of_kind(limited, "AWS::WAFv2::WebACL")
    [protection] = web_acl["DataProtectionConfig"]["DataProtections"]

    assert protection["Action"] == "SUBSTITUTION"
    assert protection["Field"] == {
        "FieldType": "SINGLE_HEADER",
        "FieldKeys": ["partnerid", "clientid", "clientsecret", "authorization"],
    }


def test_what_limits_is_in_the_stack_that_the_local_run_leaves_out(limited: Path) -> None:
    types = {resource["Type"] for resource in part_of(limited, "monitoring", PROD).values()}

    assert {"AWS::ApiGateway::UsagePlan", "AWS::WAFv2::WebACL"} <= types


def test_the_limits_are_published(assembly: Path) -> None:
    for api in APIS:
        published = described(api).info.description or ""
        for limit in (OPERATION, CLIENT):
            assert f"{limit.per_second} requests a second ({limit.at_once:,} at once" in published
        assert f"{ADDRESS_PER_MINUTE:,} a minute" in published
    tokens = f"{PUBLIC_OPERATION.per_second} requests a second ({PUBLIC_OPERATION.at_once} at once"
    assert f"For `POST /oauth/token`, it is {tokens}" in (
        described("supplier").info.description or ""
    )


def test_the_default_environments_plan_has_a_name_of_its_own() -> None:
    assert DEFAULT.usage_plan == "Motorpool-clients"
