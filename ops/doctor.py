"""`motorpool doctor`: whether an AWS account is ready for a deployment, and what to do if not.

Each check is a function of what it asks, and returns one finding. A problem stops `make deploy`, a
warning does not. On the local stack most checks have no meaning, and are named as skipped.
"""

import os
import shlex
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import boto3
import ultravin
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.deploy import BOOTSTRAP_PARAMETER
from infra.names import Names
from infra.spec import Consumer, Spec, discover
from motorpool.aws import code_of
from motorpool.errors import MotorpoolError
from ops.cdk_arguments import CdkArguments
from ops.screen import console, one_line
from ops.stacks import of_stacks, stacks_of
from ops.target import Target
from ops.usage_keys import NoUsageKey, UsageKeys, every_client

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_ssm import SSMClient

# What the synthesized stacks require (`requiresBootstrapStackVersion` in the cloud assembly).
BOOTSTRAP_VERSION = 6

# "All commercial Regions except Asia Pacific (New Zealand) and Asia Pacific (Taipei)":
# docs.aws.amazon.com/lambda/latest/dg/snapstart.html, read on 2026-11-25. No API of AWS tells.
COMMERCIAL = "aws"
WITHOUT_SNAPSTART = {"ap-southeast-6", "ap-east-2"}

# The quota `Concurrent executions` of Lambda; 1000 is its usual value, new accounts may have 10.
CONCURRENCY_QUOTA = "L-B99A9384"
USUAL_CONCURRENCY = 1000

# "API keys per account per Region", not adjustable: the page
# api-gateway-execution-service-limits-table.html of the developer guide, read on 2026-11-26.
MOST_API_KEYS = 10_000
# How many clients without a key are named; `motorpool client keys --dry-run` names all.
NAMED = 5

VIN_DATA_MONTHS = 12

# Stacks in these states cannot be updated before somebody repairs them.
BROKEN = {
    "ROLLBACK_COMPLETE": "its first deployment failed: delete it, then deploy again",
    "ROLLBACK_FAILED": "its first deployment failed: delete it, then deploy again",
    "CREATE_FAILED": "its first deployment failed: delete it, then deploy again",
    "DELETE_FAILED": "its deletion failed: delete it again",
    "UPDATE_ROLLBACK_FAILED": "continue the rollback of its update, then deploy again",
}


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    SKIPPED = "skipped"


STYLES = {
    Verdict.OK: "green",
    Verdict.WARNING: "yellow",
    Verdict.PROBLEM: "bold red",
    Verdict.SKIPPED: "dim",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`text` says what is so and what to do; `command` is a command line for it, to paste."""

    about: str
    verdict: Verdict
    text: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    """The account and the region that are asked."""

    account: str
    region: str


# --- the checks --------------------------------------------------------------------------------


def credentials(sts: Any, region: str) -> tuple[Finding, Where]:
    """Whose credentials they are, and for which region."""
    identity = sts.get_caller_identity()
    where = Where(identity["Account"], region)
    text = f"account {where.account}, region {region}, as {identity['Arn']}"
    return Finding("credentials", Verdict.OK, text), where


def bootstrapped(ssm: "SSMClient", where: Where) -> Finding:
    """Whether the account and region were prepared for CDK, and with a version new enough."""
    command = f"make bootstrap ARGS=aws://{where.account}/{where.region}"
    try:
        found = ssm.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        text = "the account is not prepared for CDK in this region. Prepare it once:"
        return Finding("bootstrap", Verdict.PROBLEM, text, command)
    if not found.isdigit() or int(found) < BOOTSTRAP_VERSION:
        text = f"the account has version {found}, CDK needs {BOOTSTRAP_VERSION}. Prepare it again:"
        return Finding("bootstrap", Verdict.PROBLEM, text, command)
    return Finding("bootstrap", Verdict.OK, f"version {found} (needed: {BOOTSTRAP_VERSION})")


def snapstart(region: str) -> Finding:
    """Whether the region has SnapStart for Python, by AWS's list."""
    partition = boto3.Session().get_partition_for_region(region)
    if region in WITHOUT_SNAPSTART or partition != COMMERCIAL:
        text = (
            f"AWS does not list SnapStart for {region}, and every function has it. Use another "
            "region, or take `snap_start` out of infra/function.py."
        )
        return Finding("snapstart", Verdict.PROBLEM, text)
    return Finding("snapstart", Verdict.OK, f"{region} has it, by AWS's list of 2026-11-25")


def wanted_concurrency(specs: Iterable[Spec]) -> int:
    """Executions at once: one of every function, and as many of a queue's consumer as may run."""
    return sum(spec.concurrency if isinstance(spec, Consumer) else 1 for spec in specs)


def concurrency(functions: "LambdaClient", wanted: int) -> Finding:
    """Whether the account's quota leaves every function an execution while queues are read."""
    limit = functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit >= wanted:
        return Finding("concurrency", Verdict.OK, f"{limit} executions at once (wanted: {wanted})")
    text = (
        f"the account has {limit} executions at once, of all its functions together; {wanted} let "
        "every endpoint answer while the queues are read. Until then callers may get a 500. Ask "
        "AWS for more, which is free:"
    )
    command = (
        "aws service-quotas request-service-quota-increase --service-code lambda "
        f"--quota-code {CONCURRENCY_QUOTA} --desired-value {USUAL_CONCURRENCY}"
    )
    return Finding("concurrency", Verdict.WARNING, text, command)


def logging_role(
    gateway: "APIGatewayClient", ours: Collection[str], arguments: CdkArguments | None
) -> Finding:
    """Whether API Gateway has a role for logs, and whether the deployment would replace another's.

    The region has one such role, for all APIs of the account. `-c apiGatewayLogs=existing` keeps
    it. `ours`: the names of the roles that the environment's stacks made.
    """
    role = gateway.get_account().get("cloudwatchRoleArn", "")
    name = role.rpartition("/")[2]
    keeps = arguments is not None and arguments.context.get("apiGatewayLogs") == "existing"
    if keeps and not role:
        text = "the region has no role to keep: leave out `-c apiGatewayLogs=existing`."
        return Finding("gateway logs", Verdict.PROBLEM, text)
    if keeps or name in ours:
        return Finding("gateway logs", Verdict.OK, f"the role {name} stays")
    if arguments is None:
        text = f"the role is {name}" if role else "the region has no role; a deployment sets one"
        return Finding("gateway logs", Verdict.OK, text)
    if role:
        text = (
            f"the deployment would replace the role {name}, which all APIs of the region use. "
            "Keep it:"
        )
        command = 'make deploy ARGS="-c apiGatewayLogs=existing …"'
        return Finding("gateway logs", Verdict.PROBLEM, text, command)
    return Finding("gateway logs", Verdict.OK, "the deployment sets the region's role")


def subscribers(
    sns: Any, topics: Iterable[str], ours: Collection[str], arguments: CdkArguments | None
) -> Finding:
    """Whether somebody is told when an alarm goes off, now and after the deployment.

    `ours`: the ARNs of the subscriptions that deployments made. A deployment ends those with
    another address than it names.
    """
    found = [
        subscription
        for topic in topics
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        for subscription in page["Subscriptions"]
    ]
    confirmed = [each for each in found if each["SubscriptionArn"].startswith("arn:")]
    address = arguments.context.get("alarmEmail", "") if arguments is not None else ""
    ending = [
        each.get("Endpoint", "")
        for each in confirmed
        if arguments is not None
        and each["SubscriptionArn"] in ours
        and each.get("Endpoint") != address
    ]
    if ending and not address:
        text = f"the deployment names no address, and would end the mails to {ending[0]}. Name it:"
        command = f'make deploy ARGS="-c alarmEmail={ending[0]} …"'
        return Finding("alarms", Verdict.WARNING, text, command)
    if len(confirmed) > len(ending):
        count = len(confirmed) - len(ending)
        return Finding("alarms", Verdict.OK, f"{count} confirmed subscription(s)")
    if any(each["SubscriptionArn"] == "PendingConfirmation" for each in found):
        text = "the subscription is not confirmed: open the link in the mail that AWS sent."
        return Finding("alarms", Verdict.WARNING, text)
    if address:
        text = f"AWS will send a mail to {address}, with a link to confirm the subscription"
        return Finding("alarms", Verdict.OK, text)
    text = "nobody is told when an alarm goes off. Deploy with an address:"
    return Finding("alarms", Verdict.WARNING, text, 'make deploy ARGS="-c alarmEmail=<address> …"')


def client_keys(names: Names, tables: Sequence[str], arguments: CdkArguments | None) -> Finding:
    """Whether each client has the API key that it needs if methods need one. `tables`: ours."""
    will_need = arguments is not None and arguments.context.get("usagePlans") == "true"
    if not tables:
        return Finding("API keys", Verdict.OK, "no clients yet")
    keys = UsageKeys.of(names)
    if keys is None and not will_need:
        return Finding("API keys", Verdict.OK, "no usage plan, so no client needs one")
    os.environ["TABLE_NAME"] = tables[0]
    clients = every_client()
    if keys is None:
        if not any(client.secret_hashes for client in clients):
            return Finding("API keys", Verdict.OK, "no clients yet")
        text = (
            "there is no usage plan yet, so no client has one, and all would be refused. Deploy "
            "the plan first, then make the keys (`motorpool client keys`):"
        )
        command = 'make deploy ARGS="-c usagePlans=prepared …"'
        return Finding("API keys", Verdict.PROBLEM, text, command)
    if lacking := keys.lacking(clients):
        named = ", ".join(f"{client.id} ({client.name})" for client in lacking[:NAMED])
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        text = f"{named}{more} would be refused where methods need an API key. Make them:"
        target = shlex.join(["motorpool", *Target(aws=True, names=names).options, "client", "keys"])
        verdict = Verdict.PROBLEM if will_need else Verdict.WARNING
        return Finding("API keys", verdict, text, target)
    used = keys.in_region()
    text = f"every client has one; the region has {used:,} (at most {MOST_API_KEYS:,})"
    if used > MOST_API_KEYS * 9 // 10:
        text += ". AWS does not raise this quota: put new partners into another account or region."
        return Finding("API keys", Verdict.WARNING, text)
    return Finding("API keys", Verdict.OK, text)


def vin_data(month: str, today: date) -> Finding:
    """Whether the VIN data is older than a year. `month`: `2026_10`, as `ultravin` says."""
    year, number = map(int, month.split("_"))
    age = (today.year - year) * 12 + today.month - number
    text = f"of {year}-{number:02}, {age} {'month' if age == 1 else 'months'} old"
    if age <= VIN_DATA_MONTHS:
        return Finding("VIN data", Verdict.OK, text)
    text += ". Vehicles of newer model years are refused as unknown. Renew it, and run the tests:"
    return Finding("VIN data", Verdict.WARNING, text, "make lock test")


def approval(arguments: CdkArguments, is_terminal: bool) -> Finding:
    """Whether CDK can ask before it changes permissions, if it is to ask."""
    if not arguments.asks_for_approval:
        text = "CDK changes permissions without asking (--require-approval never)"
        return Finding("approval", Verdict.OK, text)
    if is_terminal:
        return Finding("approval", Verdict.OK, "CDK asks before it changes permissions")
    text = (
        "CDK asks before it changes permissions, and here is no terminal to answer in. If the "
        "change was reviewed:"
    )
    command = 'make deploy ARGS="--require-approval never …"'
    return Finding("approval", Verdict.PROBLEM, text, command)


def deployed(stacks: Sequence["StackTypeDef"]) -> Finding:
    """Whether each stack is in a state in which it can be updated."""
    if not stacks:
        return Finding("stacks", Verdict.OK, "none yet: this will be the first deployment")
    states = {stack["StackName"]: str(stack["StackStatus"]) for stack in stacks}
    for name, state in states.items():
        if state in BROKEN:
            return Finding("stacks", Verdict.PROBLEM, f"{name} is {state}: {BROKEN[state]}.")
        if state.endswith("IN_PROGRESS"):
            text = f"{name} is {state}: wait until that deployment has ended."
            return Finding("stacks", Verdict.PROBLEM, text)
    listed = ", ".join(f"{name} {state}" for name, state in states.items())
    return Finding("stacks", Verdict.OK, listed)


def live_versions(functions: "LambdaClient", aliases: Iterable[str]) -> Finding:
    """Whether the version of each alias can be invoked."""
    aliases = list(aliases)
    for alias in aliases:
        live = functions.get_function_configuration(FunctionName=alias)
        state, name = live.get("State", "Active"), live["FunctionName"]
        if state != "Active":
            reason = live.get("StateReason", "no reason given")
            text = (
                f"{name}, version {live['Version']}, is {state} ({reason}). Callers get a 500 "
                "until it is Active."
            )
            return Finding("functions", Verdict.WARNING, text)
    if not aliases:
        return Finding("functions", Verdict.OK, "none yet")
    return Finding("functions", Verdict.OK, f"the live versions of all {len(aliases)} are Active")


# --- all of them -------------------------------------------------------------------------------


def examine(names: Names, arguments: CdkArguments | None = None) -> Iterator[Finding]:
    """Check the account and region of this process's AWS settings.

    `names`: of the environment. `arguments`: of the deployment that follows.
    """
    title = names.title
    functions: LambdaClient = boto3.client("lambda")
    region = functions.meta.region_name
    try:
        identified, where = credentials(boto3.client("sts"), region)
    except (BotoCoreError, ClientError) as error:
        text = f"AWS does not accept them: {one_line(str(error))}. See `aws configure`."
        yield Finding("credentials", Verdict.PROBLEM, text)
        return
    yield identified
    yield _asked("bootstrap", lambda: bootstrapped(boto3.client("ssm"), where))
    yield snapstart(region)
    wanted = wanted_concurrency(function.spec for function in discover())
    yield _asked("concurrency", lambda: concurrency(functions, wanted))
    yield _asked(
        "gateway logs",
        lambda: logging_role(
            boto3.client("apigateway"), of_stacks(title, "AWS::IAM::Role"), arguments
        ),
    )
    yield _asked(
        "alarms",
        lambda: subscribers(
            boto3.client("sns"),
            of_stacks(title, "AWS::SNS::Topic"),
            of_stacks(title, "AWS::SNS::Subscription"),
            arguments,
        ),
    )
    yield _asked(
        "API keys",
        lambda: client_keys(names, of_stacks(names.title, "AWS::DynamoDB::Table"), arguments),
    )
    if arguments is not None:
        yield approval(arguments, sys.stdin.isatty())
    yield from _everywhere(title)


def examine_local(names: Names) -> Iterator[Finding]:
    """Check the local stack, which has neither an account nor a region of its own."""
    for about, why in {
        "credentials": "the local engine accepts its own",
        "bootstrap": "the local deployment does not use CDK's command line",
        "snapstart": "the engine starts every version before it is called",
        "concurrency": "the engine has no quota",
        "gateway logs": "the engine has no other APIs",
        "alarms": "the local run leaves them out",
        "API keys": "the local run leaves the usage plan out",
    }.items():
        yield Finding(about, Verdict.SKIPPED, why)
    yield from _everywhere(names.title)


def _everywhere(title: str) -> Iterator[Finding]:
    yield _asked("stacks", lambda: deployed(stacks_of(boto3.client("cloudformation"), title)))
    yield _asked(
        "functions",
        lambda: live_versions(boto3.client("lambda"), of_stacks(title, "AWS::Lambda::Alias")),
    )
    yield vin_data(ultravin.provenance()["data_month"], datetime.now(UTC).date())


def _asked(about: str, check: Callable[[], Finding]) -> Finding:
    """What the check found; a warning when AWS does not answer it."""
    try:
        return check()
    except (BotoCoreError, ClientError, MotorpoolError, NoUsageKey) as error:
        text = f"could not be checked: {one_line(str(error))}"
        return Finding(about, Verdict.WARNING, text)


def show(findings: Iterable[Finding]) -> bool:
    """Print each finding as it is found; returns whether a deployment may follow."""
    ready = True
    for finding in findings:
        print_finding(finding)
        ready &= finding.verdict != Verdict.PROBLEM
    return ready


INDENT = 9


def print_finding(finding: Finding) -> None:
    """The verdict, then the text beside it in as many lines as it takes, then the command.

    The command stays in one line, because it is copied.
    """
    lines = textwrap.wrap(
        one_line(f"{finding.about}: {finding.text}"),
        width=max(console.width - INDENT, 30),
        break_on_hyphens=False,
    )
    console.print(f"{finding.verdict:<{INDENT}}", style=STYLES[finding.verdict], end="")
    console.print(f"\n{' ' * INDENT}".join(lines))
    if finding.command:
        console.print(f"{' ' * INDENT}{finding.command}", style="bold")
