"""Deploys the synthesized template to the engine through CloudFormation.

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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import boto3
from botocore.exceptions import WaiterError

from infra.local.engine import Engine
from infra.outputs import STACK

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
ACCOUNT = "000000000000"
VERSIONS_WITHIN_SECONDS = 120
TEMPLATES = "motorpool-templates"

Outputs = dict[str, str]


def deploy(engine: Engine, assembly: Path, revision: str) -> Outputs:
    """Create or update the stack from the assembly; returns its outputs.

    `revision` identifies the content of the linked layers, which is not in the packages; a new one
    makes new versions of all functions. Raises RuntimeError with the reason when it fails.
    """
    client = partial(
        boto3.client,
        endpoint_url=engine.endpoint,
        region_name=engine.environment["AWS_REGION"],
        aws_access_key_id=engine.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=engine.environment["AWS_SECRET_ACCESS_KEY"],
    )
    cloudformation = client("cloudformation")
    s3 = client("s3")
    template = _with_assets(s3, assembly, revision)
    s3.create_bucket(Bucket=TEMPLATES)
    s3.put_object(Bucket=TEMPLATES, Key="template.json", Body=json.dumps(template))

    deployed = [
        stack
        for stack in cloudformation.describe_stacks()["Stacks"]
        if stack["StackName"] == STACK and stack["StackStatus"] != "DELETE_COMPLETE"
    ]
    request: dict[str, Any] = {
        "StackName": STACK,
        "TemplateURL": f"{engine.endpoint}/{TEMPLATES}/template.json",
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    if not deployed:
        client("ssm").put_parameter(
            Name=BOOTSTRAP_PARAMETER, Value="30", Type="String", Overwrite=True
        )
        cloudformation.create_stack(**request)
        _wait_for_stack(cloudformation, "stack_create_complete")
    elif _body_of(cloudformation.get_template(StackName=STACK)["TemplateBody"]) != template:
        cloudformation.update_stack(**request)
        _wait_for_stack(cloudformation, "stack_update_complete")
    _wait_for_versions(client("lambda"))
    [stack] = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _wait_for_stack(
    cloudformation: "CloudFormationClient",
    until: Literal["stack_create_complete", "stack_update_complete"],
) -> None:
    """Raises RuntimeError with CloudFormation's latest reason when the stack fails."""
    waiter: Any = cloudformation.get_waiter(until)
    try:
        waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 120})
    except WaiterError as error:
        events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
        reasons = (
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}"
            for event in events
            if event.get("ResourceStatus", "").endswith("_FAILED")
        )
        raise RuntimeError(f"the stack was not deployed: {next(reasons, error)}") from error


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


def _with_assets(s3: "S3Client", assembly: Path, revision: str) -> dict[str, Any]:
    """The template with its assets uploaded, and named by a hash of their content."""
    manifest = json.loads((assembly / f"{STACK}.assets.json").read_text())
    text = (assembly / f"{STACK}.template.json").read_text()
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
