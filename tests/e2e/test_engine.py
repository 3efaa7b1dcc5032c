"""What this project leans on in the local engine, so that no newer one takes it away unseen."""

import io
import json
import os
import secrets
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from infra.local import engine
from infra.local.deploy import deploy, wait_for_live
from infra.local.engine import Engine
from infra.local.stack import LocalStack
from infra.paths import ENGINE
from infra.table_keys import create_table_request
from tests.e2e.api import until

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CANCELLED = "TransactionCanceledException"


@pytest.fixture
def dynamodb(local_stack: LocalStack) -> Any:
    return boto3.client("dynamodb")


def put(pk: str, *, only_if: str = "attribute_not_exists(pk)", **attributes: str) -> dict[str, Any]:
    values = {"pk": pk, "sk": "CONFORMANCE"} | attributes
    return {
        "Put": {
            "TableName": os.environ["TABLE_NAME"],
            "Item": {name: {"S": value} for name, value in values.items()},
            "ConditionExpression": only_if,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


def reasons_of(dynamodb: Any, *parts: dict[str, Any]) -> list[dict[str, Any]]:
    with pytest.raises(ClientError) as refused:
        dynamodb.transact_write_items(TransactItems=list(parts))
    answer: Any = refused.value.response
    assert answer["Error"]["Code"] == CANCELLED
    reasons: list[dict[str, Any]] = answer["CancellationReasons"]
    return reasons


def test_a_transaction_says_which_part_was_refused_by_its_place(dynamodb: Any) -> None:
    dynamodb.transact_write_items(TransactItems=[put("taken")])
    reasons = reasons_of(dynamodb, put("free-1"), put("taken"), put("free-2"))
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed", "None"]


def test_a_refused_part_shows_the_item_that_stood_in_the_way(dynamodb: Any) -> None:
    dynamodb.transact_write_items(TransactItems=[put("held", by="somebody")])
    [reason] = reasons_of(dynamodb, put("held", by="me"))
    assert reason["Item"]["by"] == {"S": "somebody"}


def test_a_refused_transaction_writes_nothing(dynamodb: Any) -> None:
    dynamodb.transact_write_items(TransactItems=[put("one")])
    reasons_of(dynamodb, put("two"), put("one"))
    key = {"pk": {"S": "two"}, "sk": {"S": "CONFORMANCE"}}
    assert "Item" not in dynamodb.get_item(TableName=os.environ["TABLE_NAME"], Key=key)


def test_a_transaction_sent_twice_under_one_token_happens_once(dynamodb: Any) -> None:
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=[put("token")], ClientRequestToken="a-token")


PROBE = """
from botocore.exceptions import ClientError

from motorpool import aws

def handler(event, context):
    client, method, parameters = event
    try:
        getattr(getattr(aws, client)(), method)(**parameters)
    except ClientError as error:
        return aws.code_of(error)
    return "allowed"
"""


@pytest.fixture(scope="module")
def new_function(local_stack: LocalStack) -> Iterator[Callable[..., str]]:
    """Makes functions of one module, with `get_user`'s role; they are deleted at the end."""
    client = boto3.client("lambda")
    role = client.get_function_configuration(FunctionName="motorpool-get_user")["Role"]
    made = []

    def new_function(source: str, **settings: Any) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("probe.py", source)
        name = f"conformance-{secrets.token_hex(4)}"
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="probe.handler",
            Code={"ZipFile": archive.getvalue()},
            Timeout=20,
            **settings,
        )
        made.append(name)
        return name

    yield new_function
    for name in made:
        client.delete_function(FunctionName=name)


def invoked(function: str, event: Any, *, version: str = "$LATEST") -> Any:
    """What a version of a function answers."""
    client = boto3.client("lambda")
    payload = json.dumps(event).encode()
    answer = client.invoke(FunctionName=function, Payload=payload, Qualifier=version)
    return json.loads(answer["Payload"].read())


@pytest.fixture(scope="module")
def as_get_user(new_function: Callable[..., str]) -> Callable[..., Any]:
    """Does one call of AWS's in a function that has `get_user`'s role."""
    deployed = boto3.client("lambda").get_function_configuration(FunctionName="motorpool-get_user")
    probe = new_function(PROBE, Layers=[layer["Arn"] for layer in deployed["Layers"]])

    def as_get_user(client: str, method: str, **arguments: Any) -> Any:
        return invoked(probe, [client, method, arguments])

    return as_get_user


KEY = {"pk": {"S": "iam"}, "sk": {"S": "CONFORMANCE"}}


def test_a_function_may_do_what_it_is_granted(as_get_user: Any) -> None:
    table = os.environ["TABLE_NAME"]
    assert as_get_user("dynamodb", "get_item", TableName=table, Key=KEY) == "allowed"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("put_item", {"Item": KEY}),
        ("delete_item", {"Key": KEY}),
        ("scan", {}),
        ("transact_write_items", None),
    ],
)
def test_a_function_may_not_do_in_the_table_what_it_is_not_granted(
    as_get_user: Any, method: str, arguments: dict[str, Any] | None
) -> None:
    table = os.environ["TABLE_NAME"]
    if arguments is None:
        given: dict[str, Any] = {"TransactItems": [{"Put": {"TableName": table, "Item": KEY}}]}
    else:
        given = {"TableName": table} | arguments
    assert as_get_user("dynamodb", method, **given) == "AccessDeniedException"


def test_a_function_may_not_read_a_secret_that_is_not_its_own(as_get_user: Any) -> None:
    pepper = os.environ["PEPPER_SECRET_ARN"]
    outcome = as_get_user("secrets_manager", "get_secret_value", SecretId=pepper)
    assert outcome == "AccessDeniedException"


def test_a_call_without_credentials_is_refused(local_stack: LocalStack) -> None:
    answer = httpx.post(
        local_stack.engine.endpoint,
        headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"},
        content=b"{}",
    )
    assert answer.status_code in {400, 401, 403}
    assert "TableNames" not in answer.text


def test_the_engine_listens_on_this_machine_only(local_stack: LocalStack) -> None:
    port = f":{local_stack.engine.port:04X}"
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(port)
    ]
    assert listening == [f"0100007F{port}"]


HOOKED = """
from snapshot_restore_py import register_before_snapshot

ran = []

@register_before_snapshot
def before_snapshot():
    {hook}

def handler(event, context):
    return ran
"""


def published(function: str) -> None:
    """Publish a version of a function with SnapStart, as its alias `live`."""
    client = boto3.client("lambda")
    version = client.publish_version(FunctionName=function)["Version"]
    client.create_alias(FunctionName=function, Name="live", FunctionVersion=version)


SNAP_START = {"ApplyOn": "PublishedVersions"}


def test_a_hook_runs_before_a_versions_snapshot_and_never_on_latest(
    new_function: Callable[..., str],
) -> None:
    function = new_function(HOOKED.format(hook="ran.append('hook')"), SnapStart=SNAP_START)
    published(function)
    wait_for_live(boto3.client("lambda"), function)
    assert invoked(function, {}, version="live") == ["hook"]
    assert invoked(function, {}) == []


def test_a_version_whose_hook_raises_is_failed_and_fails_the_deployment_at_once(
    new_function: Callable[..., str],
) -> None:
    function = new_function(HOOKED.format(hook="raise OSError('no pepper')"), SnapStart=SNAP_START)
    published(function)
    client = boto3.client("lambda")
    with pytest.raises(RuntimeError, match=rf"{function} cannot start: .*no pepper.*FunctionError"):
        wait_for_live(client, function, within_seconds=20)
    live = client.get_function_configuration(FunctionName=function, Qualifier="live")
    assert live["State"] == "Failed"


def test_a_version_that_is_long_in_starting_fails_the_deployment(
    new_function: Callable[..., str],
) -> None:
    function = new_function(HOOKED.format(hook="import time; time.sleep(3)"), SnapStart=SNAP_START)
    published(function)
    with pytest.raises(RuntimeError, match=rf"{function} has not started within 0.5 s"):
        wait_for_live(boto3.client("lambda"), function, within_seconds=0.5)
    wait_for_live(boto3.client("lambda"), function)


REPORTING = """
import json, time

calls = []

def handler(event, context):
    records = [record["dynamodb"] for record in event["Records"]]
    calls.append([record["Keys"]["pk"]["S"] for record in records])
    print(json.dumps({"keys": calls[-1], "at": time.time()}))
    failed = [records[place]["SequenceNumber"] for place in %s] if len(calls) == 1 else []
    return {"batchItemFailures": [{"itemIdentifier": sequence} for sequence in failed]}
"""


@pytest.fixture
def stream(local_stack: LocalStack) -> Iterator[str]:
    """The stream of a table of the test's own into which a, b and c were put."""
    resource = boto3.resource("dynamodb")
    table = resource.create_table(
        TableName=f"conformance-{secrets.token_hex(4)}",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    for key in "abc":
        table.put_item(Item={"pk": key})
    yield table.latest_stream_arn
    table.delete()


@pytest.mark.parametrize(
    ("failed", "again"), [([0], ["a", "b", "c"]), ([2, 1], ["b", "c"]), ([], None)]
)
def test_a_stream_is_read_again_from_the_first_record_that_failed_and_not_in_a_hurry(
    new_function: Callable[..., str], stream: str, failed: list[int], again: list[str] | None
) -> None:
    function = new_function(REPORTING % failed)
    client = boto3.client("lambda")
    mapping = client.create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=stream,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    expected = [["a", "b", "c"], *([again] if again else [])]
    try:
        until(lambda: len(calls_of(function)) == len(expected))
        time.sleep(1.5)
        calls = calls_of(function)
    finally:
        client.delete_event_source_mapping(UUID=mapping["UUID"])
    assert [call["keys"] for call in calls] == expected
    assert calls[-1]["at"] - calls[0]["at"] > (0.9 if again else -1)


def calls_of(function: str) -> list[dict[str, Any]]:
    """What a function printed of its calls."""
    logs = boto3.client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    lines = [event["message"] for event in events]
    return [json.loads(line) for line in lines if line.startswith("{")]


SESSIONS = """
import sys
from concurrent.futures import ThreadPoolExecutor
import engine_process
from ministack.services import sts

engine_process._register_sessions_one_at_a_time()
sys.setswitchinterval(1e-6)
with ThreadPoolExecutor(8) as threads:
    for done in [threads.submit(sts.register_session, f"key-{n}", {}) for n in range(2000)]:
        done.result()
"""


def test_functions_that_start_at_once_do_not_disturb_each_other() -> None:
    """The engine's start of a function calls `sts.register_session`, by that name."""
    here = Path(engine.__file__).parent
    subprocess.run([ENGINE / "bin" / "python", "-c", SESSIONS], check=True, cwd=here)


def test_the_private_names_that_the_engines_process_uses_are_there() -> None:
    script = (
        "from ministack import app; from ministack.core import iam_evaluator;"
        "from ministack.services import lambda_svc;"
        "from ministack.core.lambda_runtime import execution_credentials;"
        "assert 'register_session' in execution_credentials.__code__.co_names;"
        "assert callable(app.main);"
        "assert app.pin_request_origin is iam_evaluator.pin_request_origin;"
        "assert 'evaluate' in iam_evaluator.enforce.__code__.co_names;"
        "poll = lambda_svc._poll_dynamodb_streams.__code__.co_names;"
        "assert poll.index('_apply_filter_criteria') < poll.index('_execute_function');"
        "assert callable(lambda_svc._apply_filter_criteria);"
        "assert callable(lambda_svc._execute_function);"
        "from ministack.services import apigateway_v1 as gateway;"
        "assert '_execute_in_scope' in gateway._handle_execute_in_scope.__code__.co_names;"
        "assert callable(gateway._build_lambda_event_v1);"
        "assert callable(gateway._invoke_authorizer_lambda);"
        "code = gateway._invoke_lambda_proxy_v1.__code__;"
        "assert '_lambda_proxy_response' in code.co_names;"
        "from ministack.services import dynamodb;"
        "assert '_index_members' in dynamodb._query.__code__.co_names;"
        "assert '_index_item' in dynamodb._set_item.__code__.co_names"
    )
    subprocess.run([ENGINE / "bin" / "python", "-c", script], check=True)


def test_an_index_shows_a_change_late_if_it_is_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lag = 0.5
    monkeypatch.setenv("MOTORPOOL_INDEX_LAG_SECONDS", str(lag))
    with Engine(tmp_path / "data", engine.free_port(4790)) as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        dynamodb: DynamoDBClient = boto3.client("dynamodb")
        dynamodb.create_table(**create_table_request("any"))

        def listed() -> list[str]:
            found = dynamodb.query(
                TableName="any",
                IndexName="gsi1",
                KeyConditionExpression="gsi1pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "list"}},
            )
            return [item["pk"]["S"] for item in found["Items"]]

        def shows(pks: list[str]) -> Callable[[], bool]:
            return lambda: listed() == pks

        keys = {name: {"S": "first"} for name in ("pk", "sk", "gsi1sk")} | {"gsi1pk": {"S": "list"}}
        put_at = time.monotonic()
        dynamodb.put_item(TableName="any", Item=keys)
        assert listed() == []
        until(shows(["first"]))
        dynamodb.put_item(TableName="any", Item=keys | {"more": {"S": "changed"}})
        assert listed() == ["first"]
        dynamodb.put_item(TableName="any", Item=keys | {"gsi1pk": {"S": "another list"}})
        until(shows([]))
        assert time.monotonic() - put_at >= lag


def test_a_stack_that_cannot_be_deployed_is_an_error_with_the_reason(
    small_engine: Engine, tmp_path: Path
) -> None:
    properties = {"TargetFunctionArn": "nobody", "AuthType": "NONE"}
    template = {"Resources": {"Url": {"Type": "AWS::Lambda::Url", "Properties": properties}}}
    with (
        small_engine,
        pytest.raises(RuntimeError, match=r"Small was not deployed: Url: .*nobody"),
    ):
        deploy(small_engine, an_assembly(tmp_path, template), "a revision")


def an_assembly(folder: Path, template: dict[str, Any], **assets: str) -> Path:
    """A synthesized stack. `assets`: the text of the handler in each asset."""
    files = {}
    for name, handler in assets.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "handler.py").write_text(handler)
        destination = {"bucketName": "assets", "objectKey": f"{name}.zip"}
        files[name] = {"source": {"path": name}, "destinations": {"here": destination}}
    artifacts = {"Small": {"type": "aws:cloudformation:stack"}}
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    (folder / "Small.assets.json").write_text(json.dumps({"files": files}))
    (folder / "Small.template.json").write_text(json.dumps(template))
    return folder


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


STARTING = {
    "Resources": {
        "Role": resource("IAM::Role", AssumeRolePolicyDocument={"Statement": []}),
        "Function": resource(
            "Lambda::Function",
            FunctionName="starting",
            Runtime="python3.13",
            Role={"Fn::GetAtt": ["Role", "Arn"]},
            Handler="handler.handler",
            Code={"S3Bucket": "assets", "S3Key": "one.zip"},
            SnapStart=SNAP_START,
        ),
        "Current": resource("Lambda::Version", FunctionName={"Ref": "Function"}),
        "Live": resource(
            "Lambda::Alias",
            Name="live",
            FunctionName={"Ref": "Function"},
            FunctionVersion={"Fn::GetAtt": ["Current", "Version"]},
        ),
    },
    "Outputs": {"Name": {"Value": {"Ref": "Function"}}},
}
ANSWERING = "def handler(event, context):\n    return 'first'\n"


WAITING = """
import json, sys, time

def handler(event, context):
    [record] = event["Records"]
    message = json.loads(record["body"])
    with open(message["file"], "a") as file:
        file.write(f"{message['sent']} {time.time()}\\n")
    print("waiting", file=sys.stderr)
    time.sleep(message["seconds"])
"""


def test_a_queue_s_slow_messages_are_handled_at_once_and_hold_up_no_other_queue(
    local_stack: LocalStack, new_function: Callable[..., str], tmp_path: Path
) -> None:
    """Webhooks lean on it: a receiver that hangs must not hold up the others."""
    client, sqs = boto3.client("lambda"), boto3.client("sqs")
    urls: dict[str, str] = {}

    def send(queue: str, seconds: float) -> None:
        message = {"file": str(tmp_path / queue), "seconds": seconds, "sent": time.time()}
        sqs.send_message(QueueUrl=urls[queue], MessageBody=json.dumps(message))

    def starts(queue: str) -> list[list[float]]:
        """When each message was sent, and when its handling began."""
        file = tmp_path / queue
        lines = file.read_text().splitlines() if file.exists() else []
        return [[float(time) for time in line.split()] for line in lines]

    for queue in ("slow", "quick"):
        name = f"conformance-{queue}-{secrets.token_hex(4)}"
        urls[queue] = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "120"})[
            "QueueUrl"
        ]
        client.create_event_source_mapping(
            FunctionName=new_function(WAITING),
            EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:{name}",
            BatchSize=1,
            ScalingConfig={"MaximumConcurrency": 8},
        )
        send(queue, 0)
    until(lambda: starts("slow") and starts("quick"))
    for _ in range(8):
        send("slow", 4)
    until(lambda: len(starts("slow")) == 9)
    began = [start for _, start in starts("slow")[1:]]
    assert max(began) - min(began) < 4
    send("quick", 0)
    until(lambda: len(starts("quick")) == 2)
    sent, start = starts("quick")[1]
    assert start - sent < 1


def test_deployments_that_fail_leave_the_last_good_version_live(
    small_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = {"Parameters": {"Missing": {"Type": "String"}}, "Resources": STARTING["Resources"]}
    hook = HOOKED.format(hook="raise OSError('no pepper')")

    def deployed(template: dict[str, Any], handler: str) -> None:
        deploy(small_engine, an_assembly(tmp_path, template, one=handler), handler)

    with small_engine:
        for name, value in small_engine.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(RuntimeError, match=r"CloudFormation refuses the stack: .*Missing"):
            deployed(refused, ANSWERING)
        deployed(STARTING, ANSWERING)
        with pytest.raises(RuntimeError, match=r"starting cannot start: .*no pepper"):
            deployed(STARTING, hook)
        assert invoked("starting", {}, version="live") == "first"
        with pytest.raises(RuntimeError, match=r"CloudFormation refuses the stack: .*Missing"):
            deployed(refused, ANSWERING)
        assert invoked("starting", {}, version="live") == "first"
        deployed(STARTING, ANSWERING.replace("first", "second"))
        assert invoked("starting", {}, version="live") == "second"


def test_a_run_that_cannot_be_deployed_says_so_in_a_sentence() -> None:
    script = (
        "from infra.local import __main__ as run\n"
        "def running(*_): raise RuntimeError('get_user cannot start: [Errno 2] no pepper')\n"
        "run.running = running; run.main()"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    last = (ended.stdout + ended.stderr).splitlines()[-1]
    assert last == "Motorpool did not start: get_user cannot start: [Errno 2] no pepper"
    assert ended.returncode == 1
