"""What `motorpool doctor` finds, and what stops a deployment. AWS's answers are stubbed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.names import DEFAULT
from infra.spec import Consumer, Spec, StreamReader
from ops import deploy, doctor
from ops.cdk_arguments import CdkArguments
from ops.doctor import Finding, Verdict, Where
from ops.screen import console
from ops.stacks import stacks_of
from ops.target import Target

HERE = Where("123456789012", "eu-west-1")
SESSION: Any = boto3.Session("testing", "testing", region_name=HERE.region)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:Motorpool-monitoring-Alarms"


@contextmanager
def aws(service: str, *answers: tuple[str, Any]) -> Iterator[Any]:
    """A client that is asked exactly this."""
    client, stub = stubbed(service, answers)
    yield client
    stub.assert_no_pending_responses()


def stubbed(service: str, answers: Sequence[tuple[str, Any]]) -> tuple[Any, Stubber]:
    """A client with an answer to each operation named; a text is an error's code."""
    client = SESSION.client(service)
    stub = Stubber(client)
    for operation, answer in answers:
        if isinstance(answer, str):
            stub.add_client_error(operation, answer, "no")
        else:
            stub.add_response(operation, answer)
    stub.activate()
    return client, stub


def deploys(*arguments: str) -> CdkArguments:
    return CdkArguments.of(arguments)


# --- credentials, bootstrap, region ------------------------------------------------------------


def test_the_account_and_the_region_are_named_with_whose_credentials_they_are() -> None:
    arn = "arn:aws:iam::123456789012:user/ann"
    identity = {"Account": "123456789012", "UserId": "U", "Arn": arn}
    with aws("sts", ("get_caller_identity", identity)) as sts:
        found, where = doctor.credentials(sts, "eu-west-1")
    assert where == HERE
    assert (found.verdict, found.text) == (
        Verdict.OK,
        f"account 123456789012, region eu-west-1, as {arn}",
    )


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("30", Verdict.OK), ("6", Verdict.OK), ("5", Verdict.PROBLEM), ("new", Verdict.PROBLEM)],
)
def test_an_account_is_prepared_for_cdk_with_the_version_that_the_stacks_need(
    version: str, verdict: Verdict
) -> None:
    with aws("ssm", ("get_parameter", {"Parameter": {"Value": version}})) as ssm:
        found = doctor.bootstrapped(ssm, HERE)
    assert found.verdict == verdict
    assert version in found.text


def test_an_account_that_is_not_prepared_gets_the_command_that_prepares_it() -> None:
    with aws("ssm", ("get_parameter", "ParameterNotFound")) as ssm:
        found = doctor.bootstrapped(ssm, HERE)
    assert found.verdict == Verdict.PROBLEM
    assert found.command == "make bootstrap ARGS=aws://123456789012/eu-west-1"


@pytest.mark.parametrize(
    ("region", "verdict"),
    [
        ("eu-central-1", Verdict.OK),
        ("ap-southeast-6", Verdict.PROBLEM),
        ("ap-east-2", Verdict.PROBLEM),
        ("us-gov-west-1", Verdict.PROBLEM),
        ("cn-north-1", Verdict.PROBLEM),
    ],
)
def test_a_region_without_snapstart_is_a_problem(region: str, verdict: Verdict) -> None:
    found = doctor.snapstart(region)
    assert (found.verdict, region in found.text) == (verdict, True)


# --- concurrency -------------------------------------------------------------------------------


def test_a_consumer_wants_all_that_it_may_run_at_once_and_other_functions_one() -> None:
    specs = [
        Spec(),
        StreamReader(key_prefix="X#", dead="uploads"),
        Consumer(queue="uploads", concurrency=4),
    ]
    assert doctor.wanted_concurrency(specs) == 6


@pytest.mark.parametrize(
    ("limit", "verdict"), [(1000, Verdict.OK), (39, Verdict.OK), (10, Verdict.WARNING)]
)
def test_a_new_accounts_quota_of_ten_is_a_warning_with_the_request_for_more(
    limit: int, verdict: Verdict
) -> None:
    settings = {"AccountLimit": {"ConcurrentExecutions": limit}}
    with aws("lambda", ("get_account_settings", settings)) as functions:
        found = doctor.concurrency(functions, wanted=39)
    assert found.verdict == verdict
    assert ("service-quotas" in found.command) == (verdict is not Verdict.OK)


# --- API Gateway's role ------------------------------------------------------------------------

OURS = {"Motorpool-workers-GatewayLoggingRole118EFFFC"}
OUR_ROLE = f"arn:aws:iam::123456789012:role/{next(iter(OURS))}"
ANOTHERS = "arn:aws:iam::123456789012:role/service/Logs"


@pytest.mark.parametrize(
    ("role", "arguments", "verdict", "says"),
    [
        (None, None, Verdict.OK, "no role"),
        (ANOTHERS, None, Verdict.OK, "the role is Logs"),
        (OUR_ROLE, None, Verdict.OK, "stays"),
        (None, deploys(), Verdict.OK, "sets the region's role"),
        (OUR_ROLE, deploys(), Verdict.OK, "stays"),
        (ANOTHERS, deploys(), Verdict.PROBLEM, "would replace the role Logs"),
        (ANOTHERS, deploys("-c", "apiGatewayLogs=existing"), Verdict.OK, "stays"),
        (None, deploys("-c", "apiGatewayLogs=existing"), Verdict.PROBLEM, "no role to keep"),
    ],
)
def test_a_deployment_does_not_replace_the_logging_role_of_others(
    role: str | None, arguments: CdkArguments | None, verdict: Verdict, says: str
) -> None:
    account = {"cloudwatchRoleArn": role} if role else {}
    with aws("apigateway", ("get_account", account)) as gateway:
        found = doctor.logging_role(gateway, OURS, arguments)
    assert found.verdict == verdict
    assert says in found.text


# --- alarms ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("subscriptions", "arguments", "verdict", "says"),
    [
        ([f"{TOPIC}:1"], None, Verdict.OK, "1 confirmed"),
        (["PendingConfirmation", f"{TOPIC}:1"], None, Verdict.OK, "1 confirmed"),
        (["PendingConfirmation"], None, Verdict.WARNING, "not confirmed"),
        (["Deleted"], None, Verdict.WARNING, "nobody is told"),
        ([], None, Verdict.WARNING, "nobody is told"),
        ([], deploys(), Verdict.WARNING, "nobody is told"),
        ([], deploys("-c", "alarmEmail=ops@example.com"), Verdict.OK, "ops@example.com"),
    ],
)
def test_alarms_need_somebody_who_confirmed_the_subscription(
    subscriptions: list[str], arguments: CdkArguments | None, verdict: Verdict, says: str
) -> None:
    listed = {"Subscriptions": [{"SubscriptionArn": arn} for arn in subscriptions]}
    with aws("sns", ("list_subscriptions_by_topic", listed)) as sns:
        found = doctor.subscribers(sns, [TOPIC], [], arguments)
    assert found.verdict == verdict
    assert says in found.text


@pytest.mark.parametrize(
    ("arguments", "verdict", "says"),
    [
        (None, Verdict.OK, "1 confirmed"),
        (deploys("-c", "alarmEmail=ops@example.com"), Verdict.OK, "1 confirmed"),
        (deploys("-c", "alarmEmail=new@example.com"), Verdict.OK, "a mail to new@example.com"),
        (deploys(), Verdict.WARNING, "would end the mails to ops@example.com"),
    ],
)
def test_a_deployment_that_would_end_the_mails_is_told_so(
    arguments: CdkArguments | None, verdict: Verdict, says: str
) -> None:
    ours = f"{TOPIC}:1"
    listed = {"Subscriptions": [{"SubscriptionArn": ours, "Endpoint": "ops@example.com"}]}
    with aws("sns", ("list_subscriptions_by_topic", listed)) as sns:
        found = doctor.subscribers(sns, [TOPIC], [ours], arguments)
    assert found.verdict == verdict
    assert says in found.text
    if verdict == Verdict.WARNING:
        assert found.command == 'make deploy ARGS="-c alarmEmail=ops@example.com …"'


def test_a_subscription_made_by_hand_outlives_deployments() -> None:
    listed = {"Subscriptions": [{"SubscriptionArn": f"{TOPIC}:1", "Endpoint": "ops@example.com"}]}
    with aws("sns", ("list_subscriptions_by_topic", listed)) as sns:
        assert doctor.subscribers(sns, [TOPIC], [], deploys()).verdict == Verdict.OK


def test_without_a_topic_nobody_is_told() -> None:
    with aws("sns") as sns:
        assert doctor.subscribers(sns, [], [], None).verdict == Verdict.WARNING


# --- VIN data, approval ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "verdict", "age"),
    [
        (date(2026, 10, 31), Verdict.OK, "0 months"),
        (date(2026, 11, 1), Verdict.OK, "1 month old"),
        (date(2027, 10, 31), Verdict.OK, "12 months"),
        (date(2027, 11, 1), Verdict.WARNING, "13 months"),
    ],
)
def test_vin_data_older_than_a_year_is_a_warning(today: date, verdict: Verdict, age: str) -> None:
    found = doctor.vin_data("2026_10", today)
    assert found.verdict == verdict
    assert age in found.text


@pytest.mark.parametrize(
    ("arguments", "is_terminal", "verdict"),
    [
        (deploys(), True, Verdict.OK),
        (deploys(), False, Verdict.PROBLEM),
        (deploys("--require-approval", "broadening"), False, Verdict.PROBLEM),
        (deploys("--require-approval", "never"), False, Verdict.OK),
        (deploys("--require-approval=never"), False, Verdict.OK),
    ],
)
def test_without_a_terminal_the_deployment_says_that_nobody_is_asked(
    arguments: CdkArguments, is_terminal: bool, verdict: Verdict
) -> None:
    assert doctor.approval(arguments, is_terminal).verdict == verdict


# --- what is deployed --------------------------------------------------------------------------


def stack(name: str, state: str) -> Any:
    return {"StackName": name, "StackStatus": state, "CreationTime": datetime.now(UTC)}


@pytest.mark.parametrize(
    ("states", "verdict", "says"),
    [
        ({}, Verdict.OK, "the first deployment"),
        ({"Motorpool-data": "CREATE_COMPLETE"}, Verdict.OK, "Motorpool-data CREATE_COMPLETE"),
        ({"Motorpool-data": "UPDATE_ROLLBACK_COMPLETE"}, Verdict.OK, "UPDATE_ROLLBACK_COMPLETE"),
        ({"Motorpool-data": "ROLLBACK_COMPLETE"}, Verdict.PROBLEM, "delete it, then deploy"),
        ({"A": "CREATE_COMPLETE", "B": "UPDATE_ROLLBACK_FAILED"}, Verdict.PROBLEM, "B is UPDATE"),
        ({"A": "UPDATE_IN_PROGRESS"}, Verdict.PROBLEM, "wait until"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_a_problem(
    states: dict[str, str], verdict: Verdict, says: str
) -> None:
    found = doctor.deployed([stack(name, state) for name, state in states.items()])
    assert found.verdict == verdict
    assert says in found.text


@pytest.mark.parametrize(
    ("state", "verdict", "says"),
    [
        ({"State": "Active"}, Verdict.OK, "all 1 are Active"),
        ({}, Verdict.OK, "all 1 are Active"),
        ({"State": "Inactive"}, Verdict.WARNING, "is Inactive (no reason given)"),
        ({"State": "Failed", "StateReason": "ImportError"}, Verdict.WARNING, "(ImportError)"),
    ],
)
def test_a_live_version_that_cannot_be_invoked_is_named(
    state: dict[str, str], verdict: Verdict, says: str
) -> None:
    live = {"FunctionName": "motorpool-get_user", "Version": "7", **state}
    with aws("lambda", ("get_function_configuration", live)) as functions:
        found = doctor.live_versions(functions, ["arn:…:motorpool-get_user:live"])
    assert found.verdict == verdict
    assert says in found.text


def test_before_the_first_deployment_there_are_no_live_versions() -> None:
    with aws("lambda") as functions:
        assert doctor.live_versions(functions, []).text == "none yet"


# --- all of them -------------------------------------------------------------------------------


type Answers = dict[str, list[tuple[str, Any]]]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """An account in which nothing is deployed; a test may change what its services answer."""
    identity = {"Account": "123456789012", "UserId": "U", "Arn": "arn:aws:iam::123456789012:root"}
    answers: Answers = {
        "sts": [("get_caller_identity", identity)],
        "ssm": [("get_parameter", {"Parameter": {"Value": "30"}})],
        "lambda": [("get_account_settings", {"AccountLimit": {"ConcurrentExecutions": 1000}})],
        "apigateway": [("get_account", {})],
        "cloudformation": [("describe_stacks", {"Stacks": []})],
        "sns": [],
    }
    monkeypatch.setattr(boto3, "client", lambda service: stubbed(service, answers[service])[0])
    return answers


@pytest.fixture
def cdk(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The calls of the CDK command line, which is not run."""
    calls: list[tuple[str, ...]] = []

    def cdk(*arguments: str) -> int:
        calls.append(arguments)
        return 0

    monkeypatch.setattr(deploy, "cdk", cdk)
    monkeypatch.setattr(Target, "connect", lambda _: None)
    monkeypatch.setattr(deploy, "of_stacks", lambda *_: [])
    return calls


def test_a_new_account_is_ready_and_told_what_it_lacks(account: Answers) -> None:
    found = {finding.about: finding for finding in doctor.examine(DEFAULT, deploys())}
    assert list(found) == [
        "credentials", "bootstrap", "snapstart", "concurrency", "gateway logs", "alarms",
        "API keys", "approval", "stacks", "functions", "VIN data",
    ]  # fmt: skip
    assert found["stacks"].text == "none yet: this will be the first deployment"
    assert found["alarms"].verdict == Verdict.WARNING


def test_without_a_deployment_that_follows_nobody_asks_for_approval(account: Answers) -> None:
    assert "approval" not in {finding.about for finding in doctor.examine(DEFAULT)}


def test_credentials_that_aws_refuses_end_the_checks(account: Answers) -> None:
    account["sts"] = [("get_caller_identity", "ExpiredToken")]
    [found] = doctor.examine(DEFAULT)
    assert (found.about, found.verdict) == ("credentials", Verdict.PROBLEM)
    assert "ExpiredToken" in found.text


def test_a_check_that_is_not_permitted_is_a_warning_and_the_others_go_on(account: Answers) -> None:
    account["ssm"] = [("get_parameter", "AccessDeniedException")]
    account["lambda"] = [("get_account_settings", "AccessDeniedException")]
    found = {finding.about: finding for finding in doctor.examine(DEFAULT)}
    assert found["bootstrap"].verdict == found["concurrency"].verdict == Verdict.WARNING
    assert "could not be checked" in found["bootstrap"].text
    assert found["VIN data"].verdict == Verdict.OK


def test_on_the_local_stack_the_checks_of_an_account_are_named_and_skipped(
    account: Answers,
) -> None:
    found = list(doctor.examine_local(DEFAULT))
    skipped = {finding.about for finding in found if finding.verdict == Verdict.SKIPPED}
    assert {"credentials", "bootstrap", "concurrency", "alarms"} <= skipped
    assert {finding.about for finding in found} - skipped == {"stacks", "functions", "VIN data"}


def test_a_ready_account_is_deployed_to_with_the_same_arguments(
    account: Answers, cdk: list[tuple[str, ...]]
) -> None:
    arguments = ["-c", "environment=dev", "--require-approval", "never"]
    assert deploy.main(arguments) == 0
    assert cdk == [("deploy", "--all", *arguments)]


def test_a_problem_stops_the_deployment(
    account: Answers, cdk: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    account["ssm"] = [("get_parameter", "ParameterNotFound")]
    assert deploy.main(["--require-approval", "never"]) == 1
    assert cdk == []
    printed = capsys.readouterr().out
    assert "make bootstrap ARGS=aws://123456789012/eu-west-1\n" in printed
    assert "Nothing was deployed" in printed


def test_without_credentials_the_deployment_stops_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main(["--profile", "not there"]) == 1
    assert "no credentials for AWS" in capsys.readouterr().out


def test_the_account_is_prepared_with_the_locked_command_line(cdk: list[tuple[str, ...]]) -> None:
    deploy.main(["--bootstrap", "aws://123456789012/eu-west-1"])
    assert cdk == [("bootstrap", "aws://123456789012/eu-west-1")]


# --- how it is printed -------------------------------------------------------------------------


def test_in_a_narrow_window_texts_are_wrapped_beside_the_verdict_and_commands_are_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "width", 40)
    command = "aws service-quotas request --quota-code L-B99A9384"
    finding = Finding("alarms", Verdict.WARNING, "nobody is told when an alarm goes off", command)
    assert doctor.show([finding])
    assert capsys.readouterr().out.splitlines() == [
        "warning  alarms: nobody is told when an",
        "         alarm goes off",
        f"         {command}",
    ]


def test_only_a_problem_is_in_the_way_of_a_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    for verdict in Verdict:
        ready = doctor.show([Finding("x", verdict, "y"), Finding("x", Verdict.OK, "y")])
        assert ready == (verdict != Verdict.PROBLEM)


# --- which stacks are the environment's --------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "theirs"),
    [
        ("Motorpool", ["Motorpool", "Motorpool-data", "Motorpool-workers"]),
        ("Motorpool-dev", ["Motorpool-dev-data", "Motorpool-dev-workers"]),
    ],
)
def test_an_environment_has_its_own_stacks_only(title: str, theirs: list[str]) -> None:
    names = [
        "Motorpool", "Motorpool-data", "Motorpool-workers", "Motorpool-dev-data",
        "Motorpool-dev-workers", "Motorpoolside", "Other",
    ]  # fmt: skip
    listed = [stack(name, "CREATE_COMPLETE") for name in names]
    gone = stack(f"{title}-monitoring", "DELETE_COMPLETE")
    with aws("cloudformation", ("describe_stacks", {"Stacks": [*listed, gone]})) as cloudformation:
        found = stacks_of(cloudformation, title)
    assert [each["StackName"] for each in found] == theirs
