"""What raises an alarm, whom alarms tell, and the page that each has in the runbook."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from infra.apis import ACCESS_LOG
from infra.budget import MonthlyBudget
from infra.names import DEFAULT, Names
from infra.paths import ROOT
from infra.spec import ApiName, Queue, discover
from infra.topic import AlarmTopic
from motorpool.telemetry import UNEXPECTED
from tests.templates import template

RUNBOOK = ROOT / "docs" / "runbook.md"
OURS = "Motorpool"
FUNCTIONS = [function.name for function in discover()]


@pytest.fixture(scope="module")
def resources(assembly: Path) -> dict[str, Any]:
    found: dict[str, Any] = template(assembly, DEFAULT.stack("monitoring"))["Resources"]
    return found


@pytest.fixture(scope="module")
def alarms(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The properties of every alarm, by its name without the environment's."""
    found = (r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm")
    return {alarm["AlarmName"].removeprefix("Motorpool-"): alarm for alarm in found}


def page_of(alarm: dict[str, Any]) -> str:
    """The page that an alarm's description ends with."""
    found = re.search(r"What to do: docs/runbook\.md#([a-z-]+)$", alarm["AlarmDescription"])
    assert found, alarm["AlarmDescription"]
    return found[1]


# --- what raises an alarm ----------------------------------------------------------------------


def crashes_of(function: str) -> str:
    """The alarm for a function's crashes. Those of the authorizer concern every caller."""
    return "failing-authorizer" if function == "authorizer" else f"crashed-function-{function}"


def expected() -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Each alarm's metric, period in seconds, statistic, and from what on it goes off."""
    for queue, seconds in {
        "transfers": 60,
        "uploads": 600,
        "expiries": 600,
        "renditions": 60,
        "events": 60,
    }.items():
        age = ("AWS/SQS", "ApproximateAgeOfOldestMessage", 60, "Maximum", seconds)
        yield f"waiting-messages-{queue}", age
    for source in (*get_args(Queue), "stream"):
        dead = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", 60, "Maximum", 1)
        yield f"dead-letters-{source}", dead
    for function in FUNCTIONS:
        yield crashes_of(function), ("AWS/Lambda", "Errors", 300, "Sum", 1)
        yield f"throttled-function-{function}", ("AWS/Lambda", "Throttles", 300, "Sum", 1)
    yield "late-stream-dispatch", ("AWS/Lambda", "IteratorAge", 60, "Maximum", 60_000)
    for api in get_args(ApiName):
        own = (OURS, f"{api.title()}GatewayErrors", 300, "Sum", 1)
        yield f"gateway-errors-{api}", own
    yield "unexpected-errors", (OURS, UNEXPECTED, 300, "Sum", 1)


def test_each_failure_that_nobody_else_sees_raises_an_alarm(
    alarms: dict[str, dict[str, Any]],
) -> None:
    keys = ("Namespace", "MetricName", "Period", "Statistic", "Threshold")
    watched = {
        name: tuple(alarm[key] for key in keys)
        for name, alarm in alarms.items()
        if "Metrics" not in alarm
    }
    assert watched == dict(expected())


def test_an_alarm_goes_off_at_the_first_occurrence_and_not_without_data(
    alarms: dict[str, dict[str, Any]],
) -> None:
    for name, alarm in alarms.items():
        assert alarm["EvaluationPeriods"] == 1, name
        assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold", name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_an_alarm_watches_what_its_name_says(alarms: dict[str, dict[str, Any]]) -> None:
    def of(name: str) -> Any:
        [dimension] = alarms[name]["Dimensions"]
        return dimension["Value"]

    for function in FUNCTIONS:
        crashed = (
            "failing-authorizer" if function == "authorizer" else f"crashed-function-{function}"
        )
        assert of(crashed) == of(f"throttled-function-{function}") == f"motorpool-{function}"
    assert of("late-stream-dispatch") == "motorpool-dispatch"
    for queue in get_args(Queue):
        assert f"Queues{queue.title()}" in json.dumps(of(f"waiting-messages-{queue}"))
        assert f"QueuesDead{queue.title()}" in json.dumps(of(f"dead-letters-{queue}"))


@pytest.mark.parametrize("access", ["Read", "Write"])
def test_a_throttle_of_the_table_or_of_any_index_raises_an_alarm(
    alarms: dict[str, dict[str, Any]], access: str
) -> None:
    alarm = alarms[f"throttled-table-{access.lower()}s"]
    [query] = alarm["Metrics"]
    [before, table, after] = query["Expression"]["Fn::Join"][1]

    # Without SCHEMA, which would leave out the indexes.
    select = f'SELECT SUM({access}ThrottleEvents) FROM "AWS/DynamoDB" WHERE TableName = '
    assert (before, after) == (f"{select}'", "'")
    assert "Ref" in table["Fn::ImportValue"]
    assert "Table" in table["Fn::ImportValue"]
    assert (query["Period"], query["ReturnData"], alarm["Threshold"]) == (300, True, 1)


@pytest.mark.parametrize("api", get_args(ApiName))
def test_only_5xx_that_the_gateway_answered_itself_are_counted(
    resources: dict[str, Any], assembly: Path, api: ApiName
) -> None:
    [found] = [
        resource["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Logs::MetricFilter"
        and resource["Properties"]["LogGroupName"].endswith(api)
    ]

    # A function's own answer leaves "-" in the field: the contract's 500 are not counted.
    assert found["FilterPattern"] == '{ ($.status = "5*") && ($.gatewayResponse != "-") }'
    assert ACCESS_LOG["status"] == "$context.status"
    assert ACCESS_LOG["gatewayResponse"] == "$context.error.responseType"
    [counted] = found["MetricTransformations"]
    assert counted["MetricValue"] == "1"
    assert (counted["MetricNamespace"], counted["MetricName"]) == (
        OURS,
        f"{api.title()}GatewayErrors",
    )
    written = template(assembly, DEFAULT.stack(api))["Resources"]
    [stage] = [r["Properties"] for r in written.values() if r["Type"] == "AWS::ApiGateway::Stage"]
    destination = json.dumps(stage["AccessLogSetting"]["DestinationArn"])
    [group] = [id for id in written if f'{{"Ref": "{id}"}}' in destination]
    assert written[group]["Properties"]["LogGroupName"] == found["LogGroupName"]


def test_the_dashboard_shows_every_alarm(resources: dict[str, Any]) -> None:
    [dashboard] = [r for r in resources.values() if r["Type"] == "AWS::CloudWatch::Dashboard"]
    shown = json.dumps(dashboard)

    for id, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            assert f'{{"Fn::GetAtt": ["{id}", "Arn"]}}' in shown, id
    # A widget shows at most 100.
    body = "".join(
        part
        for part in dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
        if part and isinstance(part, str)
    )
    assert body.count('"type":"alarm"') == 3


# --- whom alarms tell --------------------------------------------------------------------------


def test_every_alarm_tells_the_topic_and_the_end_of_a_state_too(
    alarms: dict[str, dict[str, Any]], resources: dict[str, Any]
) -> None:
    [topic] = [id for id, r in resources.items() if r["Type"] == "AWS::SNS::Topic"]
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": topic}], name
        is_state = page_of(alarm) in {"waiting-messages", "dead-letters", "late-stream"}
        assert alarm.get("OKActions", []) == ([{"Ref": topic}] if is_state else []), name


def topic(names: Names, email: str | None) -> Template:
    stack = Stack(App(), "Stack")
    AlarmTopic(stack, "Telling", names=names, email=email)
    return Template.from_stack(stack)


def test_cloudwatch_may_publish_for_the_environments_alarms_and_only_with_tls() -> None:
    [policy] = topic(Names("dev"), None).find_resources("AWS::SNS::TopicPolicy").values()
    [deny, allow] = policy["Properties"]["PolicyDocument"]["Statement"]

    assert deny["Effect"] == "Deny"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allow["Effect"] == "Allow"
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Action"] == "sns:Publish"
    source = json.dumps(allow["Condition"]["ArnLike"]["aws:SourceArn"])
    assert ":alarm:Motorpool-dev-*" in source
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_the_topic_has_no_key_that_cloudwatch_could_not_use() -> None:
    [found] = topic(DEFAULT, None).find_resources("AWS::SNS::Topic").values()
    assert "KmsMasterKeyId" not in found["Properties"]


@pytest.mark.parametrize(("email", "subscriptions"), [(None, 0), ("on-call@motorpool.example", 1)])
def test_an_address_is_subscribed_when_one_is_given(email: str | None, subscriptions: int) -> None:
    topic(DEFAULT, email).resource_count_is("AWS::SNS::Subscription", subscriptions)


def test_a_budget_tells_when_the_costs_of_a_month_are_or_will_be_above_it() -> None:
    stack = Stack(App(), "Stack")
    MonthlyBudget(stack, "Costs", dollars=50, email="on-call@motorpool.example")
    [budget] = Template.from_stack(stack).find_resources("AWS::Budgets::Budget").values()
    properties = budget["Properties"]

    assert properties["Budget"] == {
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": 50, "Unit": "USD"},
    }
    told = properties["NotificationsWithSubscribers"]
    assert {each["Notification"]["NotificationType"] for each in told} == {"ACTUAL", "FORECASTED"}
    for each in told:
        assert each["Notification"]["ComparisonOperator"] == "GREATER_THAN"
        assert each["Notification"]["Threshold"] == 100
        assert each["Subscribers"] == [
            {"Address": "on-call@motorpool.example", "SubscriptionType": "EMAIL"}
        ]


# --- the runbook -------------------------------------------------------------------------------


def pages() -> list[str]:
    """The pages of the runbook: the anchors of its headings of the second level."""
    headings = re.findall(r"^## (.+)$", RUNBOOK.read_text(), re.MULTILINE)
    return [heading.lower().replace(" ", "-") for heading in headings]


def test_no_alarm_lacks_a_page_and_no_page_an_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    assert sorted(pages()) == sorted({page_of(alarm) for alarm in alarms.values()})


def test_an_alarms_name_begins_with_its_page(alarms: dict[str, dict[str, Any]]) -> None:
    # The mail's subject has the name.
    for name, alarm in alarms.items():
        assert name == page_of(alarm) or name.startswith(f"{page_of(alarm)}-")


@pytest.mark.parametrize("page", pages())
def test_a_page_says_what_it_means_where_to_look_what_to_do_and_when_it_is_over(page: str) -> None:
    text = RUNBOOK.read_text()
    [section] = [
        part
        for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]
        if part.splitlines()[0].lower().replace(" ", "-") == page
    ]
    for label in ("**It means**", "**Look here**", "**Do this**", "**It is over**"):
        assert section.count(label) == 1, label
