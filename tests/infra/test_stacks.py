"""Several stacks: what each holds, how they are named, and what they need of each other."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from aws_cdk import App

from app import motorpool
from infra.assets import Build
from infra.names import DEFAULT, InvalidEnvironment, Names, Part
from infra.settings import InvalidSetting, Settings
from infra.spec import Authorizer, Route, discover
from infra.synth import stacks_of
from tests.templates import template, whole

# CloudFormation refuses a stack of more than 500 resources.
MOST_RESOURCES = 450

DEV = Names("dev")
DOMAIN = "api.motorpool.example"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/c"
EMAIL = "on-call@motorpool.example"
RUNBOOK = "https://wiki.example/runbook"

# Properties called names that need not be unique in an account: they name something inside of a
# resource of ours, or another resource.
NO_NAMES = {
    "AWS::ApiGateway::Authorizer Name",
    "AWS::ApiGateway::Stage StageName",
    "AWS::CloudWatch::Alarm MetricName",
    "AWS::Lambda::Alias Name",
    "AWS::Lambda::EventSourceMapping FunctionName",
}


@pytest.fixture(scope="session")
def dev(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of a second environment, with a domain and the region's logging role."""
    outdir = tmp_path_factory.mktemp("dev")
    context = {
        "environment": "dev",
        "domain": DOMAIN,
        "certificateArn": CERTIFICATE,
        "apiGatewayLogs": "existing",
        "alarmEmail": EMAIL,
        "monthlyBudget": "50",
        "runbook": RUNBOOK,
    }
    motorpool(build=str(build.root), outdir=str(outdir), **context).synth()
    return outdir


def part_of(assembly: Path, part: Part, names: Names = DEFAULT) -> dict[str, Any]:
    """The resources of one of the stacks."""
    resources: dict[str, Any] = template(assembly, names.stack(part))["Resources"]
    return resources


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the resources of one type, by logical id."""
    return {name: r.get("Properties", {}) for name, r in resources.items() if r["Type"] == kind}


def functions_in(assembly: Path, part: Part) -> set[str]:
    found = of_type(part_of(assembly, part), "AWS::Lambda::Function").values()
    return {function["FunctionName"] for function in found}


def test_every_stack_is_far_below_cloudformations_500_resources(assembly: Path) -> None:
    counts = {stack: len(template(assembly, stack)["Resources"]) for stack in stacks_of(assembly)}

    assert counts.keys() == {DEFAULT.stack(part) for part in get_args(Part) if part != "domain"}, (
        counts
    )
    assert max(counts.values()) < MOST_RESOURCES, counts


def test_a_stack_comes_after_those_that_it_needs(dev: Path) -> None:
    order = [stack.removeprefix("Motorpool-dev-") for stack in stacks_of(dev)]

    assert order[:2] == ["data", "workers"]
    assert order.index("domain") > max(order.index("partner"), order.index("supplier"))


def test_each_api_has_the_functions_of_its_endpoints_and_workers_has_the_others(
    assembly: Path,
) -> None:
    folders = discover()
    routes = {f.name: f.spec.api for f in folders if isinstance(f.spec, Route)}

    for api in ("partner", "supplier"):
        mine = {DEFAULT.of(name) for name, its_api in routes.items() if its_api == api}
        assert functions_in(assembly, api) == mine
    others = {DEFAULT.of(f.name) for f in folders if f.name not in routes}
    assert functions_in(assembly, "workers") == others
    [authorizer] = [f.name for f in folders if isinstance(f.spec, Authorizer)]
    assert DEFAULT.of(authorizer) in others


def test_everything_in_the_data_stack_stays_when_it_is_deleted_or_replaced(assembly: Path) -> None:
    for name, resource in part_of(assembly, "data").items():
        # What a failed first deployment created is deleted nevertheless.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_the_protected_table_is_created_when_nothing_else_can_fail(assembly: Path) -> None:
    data = part_of(assembly, "data")
    [table] = of_type(data, "AWS::DynamoDB::Table")

    # A table with deletion protection could not be deleted after a failed first deployment.
    assert set(data[table]["DependsOn"]) == data.keys() - {table}


def test_what_is_kept_is_in_the_data_stack_only(assembly: Path) -> None:
    kept = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue"}
    kept |= {"AWS::SecretsManager::Secret"}
    for part in ("workers", "partner", "supplier", "monitoring"):
        types = {resource["Type"] for resource in part_of(assembly, part).values()}
        assert not types & kept


def test_monitoring_has_the_alarms_and_the_dashboard_and_nothing_needs_it(assembly: Path) -> None:
    monitoring = template(assembly, DEFAULT.stack("monitoring"))

    assert {r["Type"] for r in monitoring["Resources"].values()} == {
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::Logs::MetricFilter",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
    }
    assert "Outputs" not in monitoring
    for part in ("data", "workers", "partner", "supplier"):
        types = {resource["Type"] for resource in part_of(assembly, part).values()}
        assert not any(kind.startswith("AWS::CloudWatch::") for kind in types)


def test_monitoring_comes_after_the_log_groups_that_it_reads(assembly: Path) -> None:
    order = stacks_of(assembly)

    for api in ("partner", "supplier"):
        assert order.index(DEFAULT.stack("monitoring")) > order.index(DEFAULT.stack(api))


def test_a_deployment_may_say_whom_alarms_tell_and_what_a_month_may_cost(dev: Path) -> None:
    monitoring = part_of(dev, "monitoring", DEV)

    [subscription] = of_type(monitoring, "AWS::SNS::Subscription").values()
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", EMAIL)
    [budget] = of_type(monitoring, "AWS::Budgets::Budget").values()
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 50, "Unit": "USD"}
    for alarm in of_type(monitoring, "AWS::CloudWatch::Alarm").values():
        assert f" {RUNBOOK}#" in alarm["AlarmDescription"]
        assert alarm["AlarmName"].startswith("Motorpool-dev-")


def test_stacks_hand_on_no_layers_of_their_functions_only_what_the_apis_ask_and_their_ids(
    assembly: Path,
) -> None:
    exported = {
        json.dumps(output["Value"])
        for part in ("workers", "partner", "supplier")
        for output in template(assembly, DEFAULT.stack(part)).get("Outputs", {}).values()
        if "Export" in output
    }
    asked_by_apis = [
        name
        for name, properties in of_type(part_of(assembly, "workers"), "AWS::Lambda::Alias").items()
        if name.startswith(("authorizer", "answerpreflight"))
    ]

    apis = [
        name
        for part in ("partner", "supplier")
        for name in of_type(part_of(assembly, part), "AWS::ApiGateway::RestApi")
    ]
    # The ids are handed on whether they are used or not, so that a last use can be removed.
    assert exported == {json.dumps({"Ref": name}) for name in (*asked_by_apis, *apis)}
    for part in ("workers", "partner", "supplier"):
        resources = part_of(assembly, part)
        layers = of_type(resources, "AWS::Lambda::LayerVersion").keys()
        for function in of_type(resources, "AWS::Lambda::Function").values():
            assert {layer["Ref"] for layer in function["Layers"]} <= layers


def test_the_last_use_of_what_is_kept_can_be_removed_in_one_deployment(assembly: Path) -> None:
    """CloudFormation refuses to remove an export in use, so none depends on being used."""
    outputs = template(assembly, DEFAULT.stack("data"))["Outputs"].values()
    exported = {json.dumps(o["Value"]) for o in outputs if "Export" in o}

    data = part_of(assembly, "data")
    for queue in of_type(data, "AWS::SQS::Queue"):
        for value in ({"Ref": queue}, {"Fn::GetAtt": [queue, "Arn"]}):
            assert json.dumps(value) in exported
    for secret in of_type(data, "AWS::SecretsManager::Secret"):
        assert json.dumps({"Fn::GetAtt": [secret, "Id"]}) in exported


def fixed_names(assembly: Path) -> Iterator[str]:
    """Every name that must be unique in an account and region: stacks, exports, resources."""
    yield from stacks_of(assembly)
    for stack in stacks_of(assembly):
        read = template(assembly, stack)
        for output in read.get("Outputs", {}).values():
            if "Export" in output:
                yield f"export {output['Export']['Name']}"
        for resource in read["Resources"].values():
            for key, value in resource.get("Properties", {}).items():
                what = f"{resource['Type']} {key}"
                if key.endswith("Name") and what not in NO_NAMES and not _refers(value):
                    yield f"{what} {json.dumps(value)}"


def _refers(name: Any) -> bool:
    return isinstance(name, dict) and name.keys() <= {"Ref", "Fn::GetAtt", "Fn::ImportValue"}


def test_two_environments_in_one_account_share_no_name(assembly: Path, dev: Path) -> None:
    # The group of an API's execution logs has the API's id in it, which AWS makes.
    made_by_aws = re.compile(r"API-Gateway-Execution-Logs_")
    ours, theirs = (
        {name for name in fixed_names(each) if not made_by_aws.search(name)}
        for each in (assembly, dev)
    )

    assert ours & theirs == set()
    assert 'AWS::Lambda::Function FunctionName "motorpool-get_user"' in ours
    assert 'AWS::Lambda::Function FunctionName "motorpool-dev-get_user"' in theirs
    assert 'AWS::ApiGateway::RestApi Name "motorpool-dev-supplier"' in theirs
    assert 'AWS::Logs::LogGroup LogGroupName "/aws/lambda/motorpool-dev-get_user"' in theirs
    assert 'AWS::CloudWatch::Dashboard DashboardName "Motorpool-dev"' in theirs


def test_two_environments_share_no_metrics(assembly: Path, dev: Path) -> None:
    def namespaces(of: Path, names: Names) -> set[str]:
        resources = whole(of)["Resources"]
        written = {
            function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
            for function in of_type(resources, "AWS::Lambda::Function").values()
        }
        alarms = of_type(part_of(of, "monitoring", names), "AWS::CloudWatch::Alarm").values()
        watched = {alarm["Namespace"] for alarm in alarms if "Namespace" in alarm}
        watched -= {"AWS/SQS", "AWS/Lambda"}
        assert written == watched
        return written

    assert namespaces(assembly, DEFAULT) == {"Motorpool"}
    assert namespaces(dev, DEV) == {"Motorpool/dev"}


@pytest.mark.parametrize("name", ["Dev", "dev-2", "2nd", "d" * 17, "dév", " "])
def test_an_environments_name_fits_into_all_other_names(name: str) -> None:
    with pytest.raises(InvalidEnvironment, match="1 to 16 small letters and digits"):
        Names(name)
    longest = max(len(Names("d" * 16).of(function.name)) for function in discover())
    assert longest <= 64


def test_a_domain_serves_both_apis_with_tls_1_2_only(dev: Path) -> None:
    resources = part_of(dev, "domain", DEV)
    [domain] = of_type(resources, "AWS::ApiGateway::DomainName").values()
    mappings = of_type(resources, "AWS::ApiGateway::BasePathMapping").values()

    assert domain["DomainName"] == DOMAIN
    assert domain["SecurityPolicy"] == "TLS_1_2"
    assert domain["RegionalCertificateArn"] == CERTIFICATE
    assert domain["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert {mapping["BasePath"] for mapping in mappings} == {"api", "v1"}


def test_with_a_domain_the_apis_answer_under_no_other_name(assembly: Path, dev: Path) -> None:
    def apis(of: Path) -> list[dict[str, Any]]:
        return list(of_type(whole(of)["Resources"], "AWS::ApiGateway::RestApi").values())

    assert [api["DisableExecuteApiEndpoint"] for api in apis(dev)] == [True, True]
    assert not any(api.get("DisableExecuteApiEndpoint") for api in apis(assembly))
    urls = {name: o["Value"] for name, o in whole(dev)["Outputs"].items() if name.endswith("Url")}
    assert urls["PartnerApiUrl"] == f"https://{DOMAIN}/api"
    assert urls["SupplierApiUrl"] == f"https://{DOMAIN}/v1"


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"domain": DOMAIN}, "needs both: -c domain=<name> and -c certificateArn="),
        ({"certificateArn": CERTIFICATE}, "needs both: -c domain=<name> and -c certificateArn="),
        ({"apiGatewayLogs": "false"}, "apiGatewayLogs is 'false': give `existing`"),
        ({"alarmEmail": "on-call"}, "alarmEmail is 'on-call', which is no e-mail address"),
        ({"alarmEmail": "a@b.c, d@e.f"}, "which is no e-mail address"),
        ({"monthlyBudget": "50"}, "monthlyBudget needs somebody to tell: -c alarmEmail="),
        ({"monthlyBudget": "0", "alarmEmail": EMAIL}, "'0': give whole dollars, 1 or more"),
        ({"monthlyBudget": "$50", "alarmEmail": EMAIL}, "'$50': give whole dollars, 1 or more"),
        ({"usagePlans": "on"}, "usagePlans is 'on': give `true` to limit each client, `prepared`"),
        ({"waf": "yes"}, "waf is 'yes': give `true` to limit each address with AWS WAF"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_explained(context: dict[str, str], problem: str) -> None:
    with pytest.raises(InvalidSetting, match=re.escape(problem)):
        Settings.of(App(context=context).node)


def test_the_regions_logging_role_is_set_unless_there_is_one(assembly: Path, dev: Path) -> None:
    def roles(of: Path) -> int:
        return len(of_type(whole(of)["Resources"], "AWS::ApiGateway::Account"))

    assert (roles(assembly), roles(dev)) == (1, 0)
    # The stages of both APIs need it, so it is in a stack before them.
    assert of_type(part_of(assembly, "workers"), "AWS::ApiGateway::Account")


def test_no_template_names_a_partition_or_its_domain(assembly: Path, dev: Path) -> None:
    # The names of services that may assume a role or invoke a function are the same everywhere.
    service = re.compile(r'"(Service|Principal)": ?"[a-z0-9.]+\.amazonaws\.com"')
    for each in (assembly, dev):
        for stack in stacks_of(each):
            text = json.dumps(template(each, stack)).replace(CERTIFICATE, "")
            text = service.sub("", text)
            assert "amazonaws.com" not in text, stack
            assert not re.search(r"arn:aws[a-z-]*:", text), stack
