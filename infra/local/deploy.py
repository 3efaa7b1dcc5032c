"""Deploys the synthesized stacks to the engine through CloudFormation.

Two things differ from AWS, to make edits live quickly: assets are named by a hash of their current
content, so that an edited handler changes the template without a synthesis, and so are versions,
because they are immutable.
"""

import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import ClientError, WaiterError

from infra.local.engine import Engine
from infra.names import DEFAULT
from infra.synth import stacks_of
from infra.table_keys import EXPIRES_AT

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
ACCOUNT = "000000000000"
VERSIONS_WITHIN_SECONDS = 120
TEMPLATES = "motorpool-templates"
# After a rollback of its creation a stack has no resources, and is created again.
NOTHING_DEPLOYED = ("DELETE_COMPLETE", "ROLLBACK_COMPLETE")
# The engine refuses its metric math, or answers without doing anything.
LEFT_OUT = DEFAULT.stack("monitoring")
# Until everything was split into several stacks.
OLDER_LAYOUT = "Motorpool"

Outputs = dict[str, str]


def deploy(engine: Engine, assembly: Path, revision: str) -> Outputs:
    """Create or update the stacks of the assembly, all but monitoring; returns their outputs.

    `revision` identifies the content of the linked layers, which is not in the packages; a new one
    makes new versions of all functions. Raises RuntimeError with the reason when it fails, and when
    the engine has the one stack of an older layout; if a version of an update cannot start, the
    versions before it are live again.
    """
    client = partial(
        boto3.client,
        endpoint_url=engine.endpoint,
        region_name=engine.environment["AWS_REGION"],
        aws_access_key_id=engine.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=engine.environment["AWS_SECRET_ACCESS_KEY"],
    )
    cloudformation, s3 = client("cloudformation"), client("s3")
    deployed = {
        stack["StackName"]
        for stack in cloudformation.describe_stacks()["Stacks"]
        if stack["StackStatus"] not in NOTHING_DEPLOYED
    }
    if OLDER_LAYOUT in deployed:
        raise RuntimeError(
            f"the data in {engine.folder.name} are of an older version, which had one stack, and "
            "cannot be used any more: `make clean ARGS=data` forgets them"
        )
    client("ssm").put_parameter(Name=BOOTSTRAP_PARAMETER, Value="30", Type="String", Overwrite=True)
    s3.create_bucket(Bucket=TEMPLATES)
    outputs: Outputs = {}
    replaced: list[tuple[str, Any]] = []
    for stack in stacks_of(assembly):
        if stack == LEFT_OUT:
            continue
        template = _with_assets(s3, assembly, stack, revision)
        if stack not in deployed:
            _create(cloudformation, s3, stack, template)
        else:
            before = _body_of(cloudformation.get_template(StackName=stack)["TemplateBody"])
            if before != template:
                _update(cloudformation, s3, stack, template)
                replaced.append((stack, before))
        [found] = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        outputs |= {
            output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", ())
        }
    if table := outputs.get("TableName"):
        # The engine ignores the template's TimeToLiveSpecification.
        client("dynamodb").update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"AttributeName": EXPIRES_AT, "Enabled": True},
        )
    try:
        _wait_for_versions(client("lambda"))
    except RuntimeError:
        for stack, before in reversed(replaced):
            _update(cloudformation, s3, stack, before)
        if replaced:
            _wait_for_versions(client("lambda"))
        raise
    return outputs


def _create(
    cloudformation: "CloudFormationClient", s3: "S3Client", stack: str, template: dict[str, Any]
) -> None:
    with _refusal_as_runtime_error():
        cloudformation.create_stack(**_request(s3, stack, template))
    _wait_for_stack(cloudformation, stack, "stack_create_complete")


def _update(
    cloudformation: "CloudFormationClient", s3: "S3Client", stack: str, template: dict[str, Any]
) -> None:
    with _refusal_as_runtime_error():
        cloudformation.update_stack(**_request(s3, stack, template))
    _wait_for_stack(cloudformation, stack, "stack_update_complete")


def _request(s3: "S3Client", stack: str, template: dict[str, Any]) -> Any:
    """The parameters of a deployment. A template may be too big for a request: it goes to S3."""
    s3.put_object(Bucket=TEMPLATES, Key=f"{stack}.json", Body=json.dumps(template))
    return {
        "StackName": stack,
        "TemplateURL": f"{s3.meta.endpoint_url}/{TEMPLATES}/{stack}.json",
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }


@contextmanager
def _refusal_as_runtime_error() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        reason = error.response["Error"]["Message"]
        raise RuntimeError(f"CloudFormation refuses the stack: {reason}") from error


def _wait_for_stack(
    cloudformation: "CloudFormationClient",
    stack: str,
    until: Literal["stack_create_complete", "stack_update_complete"],
) -> None:
    """Raises RuntimeError with CloudFormation's latest reason when the stack fails."""
    waiter: Any = cloudformation.get_waiter(until)
    try:
        waiter.wait(StackName=stack, WaiterConfig={"Delay": 0.1, "MaxAttempts": 1200})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        reasons = (
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in events
            if event.get("ResourceStatus", "").endswith("_FAILED")
        )
        raise RuntimeError(f"{stack} was not deployed: {next(reasons, error)}") from error


def _wait_for_versions(functions: "LambdaClient") -> None:
    """Wait until every function's live version has started.

    All start at the same time, and until then the machine is too busy to answer in time. Raises
    RuntimeError as `wait_for_live` does.
    """
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            wait_for_live(functions, function["FunctionName"])


def wait_for_live(
    functions: "LambdaClient", name: str, *, within_seconds: float = VERSIONS_WITHIN_SECONDS
) -> None:
    """Wait until the version of a function's alias `live` has started.

    Raises RuntimeError with the function's name: with the reason when the version cannot start (its
    module or a SnapStart hook raised), or when it is still starting after `within_seconds`.
    """
    deadline = time.monotonic() + within_seconds
    while True:
        live = functions.get_function_configuration(FunctionName=name, Qualifier="live")
        state = live.get("State")
        if state == "Failed":
            reason = f"{live.get('StateReason')} ({live.get('StateReasonCode')})"
            raise RuntimeError(f"{name} cannot start: {reason}")
        if state != "Pending":
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} has not started within {within_seconds:g} s")
        time.sleep(0.2)


def _body_of(body: Any) -> Any:
    return json.loads(body) if isinstance(body, str) else body


def _with_assets(s3: "S3Client", assembly: Path, stack: str, revision: str) -> dict[str, Any]:
    """The stack's template with its assets uploaded, and named by a hash of their content."""
    manifest = json.loads((assembly / f"{stack}.assets.json").read_text())
    text = (assembly / f"{stack}.template.json").read_text()
    for asset in manifest["files"].values():
        folder = assembly / asset["source"]["path"]
        if not folder.is_dir():
            continue
        archive = _zipped(folder, revision)
        key = f"{hashlib.sha256(archive).hexdigest()}.zip"
        [destination] = asset["destinations"].values()
        bucket = destination["bucketName"].replace("${AWS::AccountId}", ACCOUNT)
        bucket = bucket.replace("${AWS::Region}", s3.meta.region_name)
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=key, Body=archive)
        text = text.replace(destination["objectKey"], key)
    template: dict[str, Any] = json.loads(_versions_renamed(text))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Version":
            # Each edit makes a version, and the engine would keep its process.
            resource["DeletionPolicy"] = resource["UpdateReplacePolicy"] = "Delete"
    return template


def _versions_renamed(text: str) -> str:
    """The template's text with its function's code key in every Lambda version's logical id."""
    resources = json.loads(text)["Resources"]
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Lambda::Version":
            function = resources[resource["Properties"]["FunctionName"]["Ref"]]
            key = function["Properties"]["Code"]["S3Key"]
            text = re.sub(rf'"{name}"', f'"{name}{key[:12]}"', text)
    return text


def _zipped(folder: Path, revision: str) -> bytes:
    """A zip of the folder; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(folder):
            archive.writestr(zipfile.ZipInfo(str(file.relative_to(folder))), file.read_bytes())
        if (folder / "handler.py").exists():
            archive.writestr(zipfile.ZipInfo("revision"), revision)
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())
