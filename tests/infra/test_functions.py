"""A folder becomes one Lambda, with exactly what its route lists."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from infra.assets import Build
from infra.queues import Source
from infra.settings import Settings
from infra.spec import (
    Consumer,
    Dispatcher,
    Function,
    Route,
    Secret,
    Spec,
    discover,
)
from infra.stacks import add_stacks
from motorpool.dynamodb import keys
from motorpool.messages import rules
from motorpool.pings import PING
from tests.templates import whole

Grants = set[tuple[str, str]]

OWN_LOGS = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
OWN_TRACES = frozenset({"xray:PutTraceSegments", "xray:PutTelemetryRecords"})

READING_A_STREAM = frozenset(
    {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"}
)
READING = frozenset(
    {
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
    }
)


def by_name(function: Function) -> str:
    return function.name


every_function = pytest.mark.parametrize("function", discover(), ids=by_name)


def deployed(stack: Template, function: Function) -> dict[str, Any]:
    """The properties of the function's Lambda."""
    found = stack.find_resources(
        "AWS::Lambda::Function", {"Properties": {"FunctionName": f"motorpool-{function.name}"}}
    )
    [resource] = found.values()
    return dict(resource["Properties"])


def logical_id(reference: dict[str, Any]) -> str:
    """What a Ref or the first part of a GetAtt points to."""
    if "Ref" in reference:
        return str(reference["Ref"])
    return str(reference["Fn::GetAtt"][0])


def sole_id(stack: Template, resource_type: str) -> str:
    [found] = stack.find_resources(resource_type)
    return found


def photo_bucket(stack: Template) -> str:
    """The logical id of the one bucket that browsers may talk to."""
    buckets = stack.find_resources("AWS::S3::Bucket")
    [found] = [
        name for name, bucket in buckets.items() if "CorsConfiguration" in bucket["Properties"]
    ]
    return found


def secret(stack: Template, name: Secret) -> dict[str, Any]:
    """What points to a secret."""
    of_that_name = {
        "pepper": "Key of the HMAC",
        "cursor_key": "Key that encrypts the cursors",
        "token_key": "Key that signs the access tokens",
        "webhook_key": "Key that encrypts the secrets of webhooks",
    }
    [found] = [
        logical
        for logical, resource in stack.find_resources("AWS::SecretsManager::Secret").items()
        if resource["Properties"]["Description"].startswith(of_that_name[name])
    ]
    return {"Fn::GetAtt": [found, "Id"]}


def queue_id(stack: Template, name: Source, *, dead: bool = False) -> str:
    """The logical id of the queue of that name, or of its dead-letter queue."""
    [found] = [
        logical
        for logical, resource in stack.find_resources("AWS::SQS::Queue").items()
        if ("RedrivePolicy" in resource["Properties"]) != dead and name.title() in logical
    ]
    return found


def queue(stack: Template, name: Source, *, dead: bool = False) -> dict[str, Any]:
    """What points to a queue."""
    return {"Fn::GetAtt": [queue_id(stack, name, dead=dead), "Arn"]}


def mappings_of(stack: Template, function: Function) -> list[dict[str, Any]]:
    """How the function is invoked for queues and streams: the properties of its mappings."""
    aliases = stack.find_resources("AWS::Lambda::Alias")
    functions = stack.find_resources("AWS::Lambda::Function")
    found = []
    for resource in stack.find_resources("AWS::Lambda::EventSourceMapping").values():
        mapping = dict(resource["Properties"])
        alias_id = str(mapping["FunctionName"]).partition("'Ref': '")[2].partition("'")[0]
        called = functions[aliases[alias_id]["Properties"]["FunctionName"]["Ref"]]["Properties"]
        assert str(mapping["FunctionName"]).endswith("':live']]}")
        if called["FunctionName"] == f"motorpool-{function.name}":
            found.append(mapping)
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(stack: Template) -> list[dict[str, Any]]:
    """Every statement of every role and policy that lets one of our principals do something."""
    roles = stack.find_resources("AWS::IAM::Role").values()
    policies = [p for role in roles for p in role["Properties"].get("Policies", [])]
    policies += [p["Properties"] for p in stack.find_resources("AWS::IAM::Policy").values()]
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def statements_of(stack: Template, function: Function) -> list[dict[str, Any]]:
    """The statements of the function's role."""
    role = stack.find_resources("AWS::IAM::Role")[logical_id(deployed(stack, function)["Role"])]
    assert "ManagedPolicyArns" not in role["Properties"]
    [policy] = role["Properties"]["Policies"]
    return list(policy["PolicyDocument"]["Statement"])


def grants(actions: Iterable[str], resource: Any) -> Grants:
    return {(action, json.dumps(resource)) for action in actions}


def granted(stack: Template, function: Function) -> Grants:
    """What the function's role allows it, as pairs of an action and a resource."""
    return {
        grant
        for statement in statements_of(stack, function)
        for resource in as_list(statement["Resource"])
        for grant in grants(as_list(statement["Action"]), resource)
    }


def listed(stack: Template, function: Function) -> Grants:
    """The same pairs, as the function's route lists them."""
    uses = function.spec.uses
    log_group = deployed(stack, function)["LoggingConfig"]["LogGroup"]["Ref"]
    table = {"Fn::GetAtt": [sole_id(stack, "AWS::DynamoDB::Table"), "Arn"]}
    bucket = {"Fn::GetAtt": [photo_bucket(stack), "Arn"]}
    expected = grants(OWN_LOGS, {"Fn::GetAtt": [log_group, "Arn"]}) | grants(OWN_TRACES, "*")
    expected |= grants((f"dynamodb:{action}" for action in uses.table), table)
    for index in uses.index:
        expected |= grants(["dynamodb:Query"], {"Fn::Join": ["", [table, f"/index/{index}"]]})
    for prefix, actions in (("photos", uses.photos), ("thumbnails", uses.renditions)):
        objects = {"Fn::Join": ["", [bucket, f"/{prefix}/*"]]}
        expected |= grants((f"s3:{action}" for action in actions), objects)
    expected |= grants((f"s3:{action}" for action in uses.lists), bucket)
    for secret_name in uses.secrets:
        expected |= grants(["secretsmanager:GetSecretValue"], secret(stack, secret_name))
    for name in uses.sends:
        expected |= grants(["sqs:SendMessage"], queue(stack, name))
    if isinstance(function.spec, Consumer):
        expected |= grants(READING, queue(stack, function.spec.queue))
        expected |= grants(["sqs:SendMessage"], queue(stack, function.spec.queue, dead=True))
    if isinstance(function.spec, Dispatcher):
        stream = {"Fn::GetAtt": [sole_id(stack, "AWS::DynamoDB::Table"), "StreamArn"]}
        expected |= grants(READING_A_STREAM, stream)
        expected |= grants(["dynamodb:ListStreams"], every_stream(table))
        expected |= grants(["sqs:SendMessage"], queue(stack, "stream", dead=True))
    return expected


def every_stream(table: dict[str, Any]) -> dict[str, Any]:
    """The table's streams, of which it has one."""
    return {"Fn::Join": ["", [table, "/stream/*"]]}


def test_a_function_lists_only_below_the_prefixes_that_it_uses(stack: Template) -> None:
    bucket = {"Fn::GetAtt": [photo_bucket(stack), "Arn"]}
    for function in discover():
        uses = function.spec.uses
        used = (("photos/*", uses.photos), ("thumbnails/*", uses.renditions))
        prefixes = [prefix for prefix, actions in used if actions]
        for statement in statements_of(stack, function):
            if statement["Resource"] == bucket:
                [limited_to] = statement["Condition"]["StringLike"].values()
                assert statement["Condition"].keys() == {"StringLike"}
                assert statement["Condition"]["StringLike"].keys() == {"s3:prefix"}
                assert as_list(limited_to) == prefixes
            else:
                assert "Condition" not in statement


def test_every_folder_becomes_one_function_with_the_folders_name(stack: Template) -> None:
    deployed = stack.find_resources("AWS::Lambda::Function").values()

    names = sorted(resource["Properties"]["FunctionName"] for resource in deployed)

    assert names == [f"motorpool-{function.name}" for function in discover()]


@every_function
def test_every_function_has_its_own_role_with_only_the_actions_its_route_lists(
    stack: Template, function: Function
) -> None:
    others = [other for other in discover() if other != function]

    assert granted(stack, function) == listed(stack, function)
    assert deployed(stack, function)["Role"] not in [
        deployed(stack, other)["Role"] for other in others
    ]


def test_an_index_is_granted_by_its_name_beside_the_table(build: Build, tmp_path: Path) -> None:
    spec = "from infra.spec import Authorizer, Uses\nspec = Authorizer(uses=Uses({}))\n"
    uses = 'table=("Query", "GetItem"), index=("gsi2", "gsi1")'
    (tmp_path / "authorizer").mkdir()
    (tmp_path / "authorizer" / "route.py").write_text(spec.format(uses))
    [function] = discover(tmp_path)

    app = App(outdir=str(tmp_path / "assembly"))
    add_stacks(app, Settings(), build=build, functions=tmp_path)
    app.synth()
    stack = Template.from_json(whole(tmp_path / "assembly"))

    assert granted(stack, function) == listed(stack, function)
    assert len(granted(stack, function)) == len(OWN_LOGS) + len(OWN_TRACES) + 4


def test_no_policy_has_a_wildcard_action_or_an_unexplained_wildcard_resource(
    stack: Template,
) -> None:
    bucket = {"Fn::GetAtt": [photo_bucket(stack), "Arn"]}
    explained = [
        {"Fn::Join": ["", [bucket, f"/{prefix}/*"]]} for prefix in ("photos", "thumbnails")
    ]
    explained.append(every_stream({"Fn::GetAtt": [sole_id(stack, "AWS::DynamoDB::Table"), "Arn"]}))
    for statement in statements(stack):
        actions = as_list(statement["Action"])
        assert not [action for action in actions if "*" in action]
        for resource in as_list(statement["Resource"]):
            if "*" in str(resource):
                assert frozenset(actions) == OWN_TRACES or resource in explained


def variables_of(spec: Spec) -> set[str]:
    names = {"TABLE_NAME"} if spec.uses.table or spec.uses.index else set()
    names |= {"PHOTO_BUCKET"} if spec.uses.photos or spec.uses.renditions else set()
    names |= {f"{secret.upper()}_SECRET_ARN" for secret in spec.uses.secrets}
    names |= {"POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"}
    names |= {f"{queue.upper()}_QUEUE_URL" for queue in spec.uses.sends}
    if isinstance(spec, Consumer):
        names |= {"CONSUMED_QUEUE_URL", "DEAD_LETTER_QUEUE_URL"}
    if isinstance(spec, Dispatcher):
        names |= {"DEAD_LETTER_QUEUE_URL", rules.VARIABLE}
    if isinstance(spec, Route):
        names |= {"API"}
        names |= {"SCOPE"} if spec.scope else set()
        names |= {"DEVICES"} if spec.devices else set()
        names |= {"REQUESTS_PER_HOUR"} if spec.per_hour else set()
    return names


@every_function
def test_a_function_is_told_only_of_what_it_uses(stack: Template, function: Function) -> None:
    variables = deployed(stack, function)["Environment"]["Variables"]

    assert variables.keys() == variables_of(function.spec)
    if isinstance(function.spec, Route):
        assert variables["API"] == function.spec.api
        assert variables.get("SCOPE", "").split() == list(function.spec.scope)
        assert variables.get("REQUESTS_PER_HOUR") in {None, str(function.spec.per_hour)}
    for name in function.spec.uses.secrets:
        assert variables[f"{name.upper()}_SECRET_ARN"] == secret(stack, name)
    for queue_name in function.spec.uses.sends:
        assert variables[f"{queue_name.upper()}_QUEUE_URL"] == {"Ref": queue_id(stack, queue_name)}
    if isinstance(function.spec, Consumer):
        live = queue_id(stack, function.spec.queue)
        dead = queue_id(stack, function.spec.queue, dead=True)
        assert variables["CONSUMED_QUEUE_URL"] == {"Ref": live}
        assert variables["DEAD_LETTER_QUEUE_URL"] == {"Ref": dead}


@pytest.mark.parametrize(
    "function",
    [function for function in discover() if isinstance(function.spec, Consumer)],
    ids=by_name,
)
def test_a_consumer_reads_its_queue_and_hands_back_only_what_failed(
    stack: Template, function: Function
) -> None:
    assert isinstance(function.spec, Consumer)
    [mapping] = mappings_of(stack, function)
    assert mapping["EventSourceArn"] == queue(stack, function.spec.queue)
    assert mapping["BatchSize"] == function.spec.batch
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # A new account may have a concurrency of 10 for everything.
    assert 2 <= mapping["ScalingConfig"]["MaximumConcurrency"] <= 5


[DISPATCHER] = [function for function in discover() if isinstance(function.spec, Dispatcher)]


def test_the_dispatcher_hands_back_what_failed_and_is_asked_again_as_long_as_the_stream_keeps_it(
    stack: Template,
) -> None:
    [mapping] = mappings_of(stack, DISPATCHER)
    table = sole_id(stack, "AWS::DynamoDB::Table")
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": [table, "StreamArn"]}
    # From the oldest record on, so that a deployment loses none; a poisoned one stops no others.
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"]
    # Unlimited, so that only the stream's own 24 hours end the tries.
    assert mapping.keys().isdisjoint({"MaximumRetryAttempts", "MaximumRecordAgeInSeconds"})
    dead = queue(stack, "stream", dead=True)
    assert mapping["DestinationConfig"] == {"OnFailure": {"Destination": dead}}


def test_nobody_else_reads_the_stream(stack: Template) -> None:
    table = sole_id(stack, "AWS::DynamoDB::Table")
    stream = {"Fn::GetAtt": [table, "StreamArn"]}
    mappings = stack.find_resources("AWS::Lambda::EventSourceMapping").values()
    assert [m["Properties"]["EventSourceArn"] for m in mappings].count(stream) == 1


def test_the_dispatcher_is_told_of_new_transfers_and_entries_and_of_photos_that_expired(
    stack: Template,
) -> None:
    [mapping] = mappings_of(stack, DISPATCHER)
    patterns = [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]
    assert patterns == [
        {
            "eventName": ["INSERT"],
            "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "TRANSFER#"}]}}},
        },
        {
            "eventName": ["REMOVE"],
            "userIdentity": {"type": ["Service"]},
            "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "PHOTO"}]}}},
        },
        {
            "eventName": ["INSERT"],
            "dynamodb": {"Keys": {"sk": {"S": [{"prefix": keys.HISTORY}]}}},
        },
    ]


def test_the_dispatcher_knows_what_every_consumer_is_told_of(stack: Template) -> None:
    known = deployed(stack, DISPATCHER)["Environment"]["Variables"][rules.VARIABLE]
    told = [r for f in discover() if isinstance(f.spec, Consumer) for r in f.spec.rules]
    assert sorted(map(repr, rules.from_text(known))) == sorted(map(repr, told))
    assert {rule.queue for rule in told} == {"transfers", "expiries", "events"}


CONSUMER = "from infra.spec import Consumer, Items\nspec = Consumer({})\n"


def test_a_new_queue_takes_a_name_and_its_consumers_folder(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six more, of the same and of other items: no mapping may have more than five filters."""
    more = [f"more{n}" for n in range(6)]
    monkeypatch.setattr("infra.spec.Queue", Literal["uploads", *more])
    monkeypatch.setattr("infra.queues.Queue", Literal["uploads", *more])
    files = {"dispatch": "from infra.spec import Dispatcher\nspec = Dispatcher()\n"}
    for n, name in enumerate(more):
        key, when = ("pk", "sk")[n % 2], ("new", "expired")[n // 2 % 2]
        items = f'Items({key}="A{n}#", when="{when}", message={{"key": "pk"}})'
        files[name] = CONSUMER.format(f'queue="{name}", concurrency=2, told_of={items}')
    files["authorizer"] = "from infra.spec import Authorizer\nspec = Authorizer()\n"
    for name, text in files.items():
        for folder, file in (("functions", "route.py"), ("build/functions", "handler.py")):
            (tmp_path / folder / name).mkdir(parents=True)
            (tmp_path / folder / name / file).write_text(text)
    (tmp_path / "build" / "layers").symlink_to(build.root / "layers")

    app = App(outdir=str(tmp_path / "assembly"))
    add_stacks(app, Settings(), build=Build(tmp_path / "build"), functions=tmp_path / "functions")
    app.synth()
    stack = Template.from_json(whole(tmp_path / "assembly"))

    [dispatcher] = [f for f in discover(tmp_path / "functions") if isinstance(f.spec, Dispatcher)]
    assert granted(stack, dispatcher) == listed(stack, dispatcher)
    [mapping] = mappings_of(stack, dispatcher)
    assert len(mapping["FilterCriteria"]["Filters"]) == 4
    variables = deployed(stack, dispatcher)["Environment"]["Variables"]
    assert {f"{name.upper()}_QUEUE_URL" for name in more} <= variables.keys()


def test_the_transfer_endpoint_counts_1800_requests_an_hour(stack: Template) -> None:
    [transfer] = [function for function in discover() if function.name == "transfer_vehicle"]
    variables = deployed(stack, transfer)["Environment"]["Variables"]
    assert variables["REQUESTS_PER_HOUR"] == "1800"


@every_function
def test_functions_run_on_arm64_with_their_specs_memory_time_and_layers(
    stack: Template, function: Function
) -> None:
    spec, properties = function.spec, deployed(stack, function)
    layers = [logical_id(layer) for layer in properties["Layers"]]

    assert properties["Architectures"] == ["arm64"]
    assert properties["Runtime"] == "python3.13"
    assert properties["Handler"] == "handler.handler"
    assert properties["MemorySize"] == spec.memory
    assert properties["Timeout"] == spec.timeout
    assert properties["TracingConfig"] == {"Mode": "Active"}
    assert len(layers) == len(spec.layers)
    for layer, name in zip(sorted(layers), sorted(spec.layers), strict=True):
        assert layer.startswith(f"{name.capitalize()}Layer")


@every_function
def test_what_is_invoked_is_a_published_version_started_from_a_snapshot(
    stack: Template, function: Function
) -> None:
    properties = deployed(stack, function)
    [lambda_id] = stack.find_resources("AWS::Lambda::Function", {"Properties": properties})

    [alias] = stack.find_resources(
        "AWS::Lambda::Alias", {"Properties": {"FunctionName": {"Ref": lambda_id}}}
    ).values()

    assert properties["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert alias["Properties"]["Name"] == "live"
    version = logical_id(alias["Properties"]["FunctionVersion"])
    assert version in stack.find_resources("AWS::Lambda::Version")


def test_every_log_group_forgets_after_a_month(stack: Template) -> None:
    groups = stack.find_resources("AWS::Logs::LogGroup").values()

    assert {group["Properties"]["RetentionInDays"] for group in groups} == {30}
    names = {str(group["Properties"].get("LogGroupName")) for group in groups}
    assert {f"/aws/lambda/motorpool-{function.name}" for function in discover()} <= names


@every_function
def test_every_live_alias_is_pinged_weekly_because_snapshots_last_fourteen_idle_days(
    stack: Template, function: Function
) -> None:
    [lambda_] = stack.find_resources(
        "AWS::Lambda::Function", {"Properties": {"FunctionName": f"motorpool-{function.name}"}}
    )
    [alias] = stack.find_resources(
        "AWS::Lambda::Alias", {"Properties": {"FunctionName": {"Ref": lambda_}}}
    )
    [(rule, pinged)] = [
        (name, rule["Properties"])
        for name, rule in stack.find_resources("AWS::Events::Rule").items()
        if rule["Properties"]["Targets"][0]["Arn"] == {"Ref": alias}
    ]
    [target] = pinged["Targets"]
    permissions = stack.find_resources(
        "AWS::Lambda::Permission",
        {"Properties": {"Principal": "events.amazonaws.com", "FunctionName": {"Ref": alias}}},
    ).values()

    assert (pinged["State"], pinged["ScheduleExpression"]) == ("ENABLED", "rate(7 days)")
    assert json.loads(target["Input"]) == PING
    assert [permission["Properties"]["SourceArn"] for permission in permissions] == [
        {"Fn::GetAtt": [rule, "Arn"]}
    ]
