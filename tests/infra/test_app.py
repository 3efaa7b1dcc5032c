"""The app as a whole: what it refuses to synthesize, and what it hands on."""

import json
from pathlib import Path

import pytest
from aws_cdk import Stack
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from app import motorpool
from infra.assets import Build, NotBuiltError


def acknowledged(assembly: Path) -> set[str]:
    """Every rule that is acknowledged somewhere."""
    return {
        rule
        for metadata in assembly.glob("*.metadata.json")
        for entries in json.loads(metadata.read_text()).values()
        for entry in entries
        if entry["type"] == "aws:cdk:acknowledged-rules"
        for rule in entry["data"]
    }


def test_cdk_nag_finds_nothing_that_is_not_acknowledged_with_a_reason(assembly: Path) -> None:
    [nag] = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]

    assert nag["pluginName"] == "AwsSolutions"
    assert nag["violations"] == []
    assert all(len(suppressed["reason"]) > 60 for suppressed in nag["suppressedViolations"])


def test_no_rule_is_acknowledged_that_would_not_be_broken(assembly: Path) -> None:
    [nag] = json.loads((assembly / "validation-report.json").read_text())["pluginReports"]

    broken = {suppressed["acknowledgedId"] for suppressed in nag["suppressedViolations"]}

    assert {rule for rule in acknowledged(assembly) if rule.startswith("AwsSolutions")} == broken


def test_synthesis_fails_on_what_cdk_nag_finds(build: Build, tmp_path: Path) -> None:
    app = motorpool(build=str(build.root), outdir=str(tmp_path))
    stack = app.node.find_child("Motorpool-data")
    assert isinstance(stack, Stack)
    s3.Bucket(stack, "OpenToPlainHttp")

    with pytest.raises(RuntimeError, match="AwsSolutions-S10"):
        app.synth()


def test_code_that_was_not_built_is_not_deployed(tmp_path: Path) -> None:
    with pytest.raises(NotBuiltError, match="make package"):
        motorpool(build=str(tmp_path))


def test_assets_are_the_built_folders_themselves(assembly: Path, build: Build) -> None:
    sources = {
        Path(asset["source"]["path"])
        for manifest in assembly.glob("*.assets.json")
        for asset in json.loads(manifest.read_text())["files"].values()
        if asset["source"]["packaging"] == "zip"
    }

    assert sources <= {*build.root.glob("functions/*"), *build.root.glob("layers/*")}


def test_the_stacks_hand_on_what_tools_need_to_reach_it(stack: Template) -> None:
    assert stack.find_outputs("*").keys() == {
        "PartnerApiUrl",
        "SupplierApiUrl",
        "PartnerApiId",
        "SupplierApiId",
        "TableName",
        "PhotoBucketName",
        "PepperSecretArn",
        "UploadsQueueUrl",
        "UploadsDeadLetterQueueUrl",
        "TransfersQueueUrl",
        "TransfersDeadLetterQueueUrl",
        "ExpiriesQueueUrl",
        "ExpiriesDeadLetterQueueUrl",
        "EventsQueueUrl",
        "EventsDeadLetterQueueUrl",
        "RenditionsQueueUrl",
        "RenditionsDeadLetterQueueUrl",
        "StreamDeadLetterQueueUrl",
    }
