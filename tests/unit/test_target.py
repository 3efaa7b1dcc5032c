"""Which stack the command line operates on."""

import os
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from infra.names import Names
from infra.outputs import VARIABLES
from ops.cli import app
from ops.target import NoTarget, Target


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (Target(aws=False), []),
        (Target(aws=True), ["--aws"]),
        (Target(aws=False, profile="ours"), ["--profile=ours"]),
        (Target(aws=True, profile="ours", region="eu-west-1"),
         ["--aws", "--profile=ours", "--region=eu-west-1"]),
        (Target(aws=True, names=Names("dev")), ["--aws", "--environment=dev"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_command_to_paste_means_the_same_stack(target: Target, options: list[str]) -> None:
    assert target.options == options


@pytest.mark.parametrize("profile", ["", "not there", "caf\udce9", "x" * 100_000], ids=len)
def test_a_profile_that_does_not_exist_is_no_target(profile: str) -> None:
    with pytest.raises(NoTarget, match=r"no credentials for AWS: .*profile"):
        Target(aws=False, profile=profile).choose()


@pytest.mark.parametrize(
    ("environment", "stack"), [("", "Motorpool-data"), ("dev", "Motorpool-dev-data")]
)
def test_an_environments_table_is_found_in_its_own_stack(
    monkeypatch: pytest.MonkeyPatch, environment: str, stack: str
) -> None:
    def describe_stacks(**asked: str) -> Any:
        outputs = [{"OutputKey": key, "OutputValue": f"{key} of {asked['StackName']}"}
                   for key in VARIABLES.values()]  # fmt: skip
        return {"Stacks": [{"Outputs": outputs}]}

    fake = SimpleNamespace(describe_stacks=describe_stacks)
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
                        "AWS_DEFAULT_REGION": "eu-west-1", "TABLE_NAME": ""}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(boto3, "client", lambda service: fake)

    Target(aws=True, names=Names(environment)).choose()

    assert os.environ["TABLE_NAME"] == f"TableName of {stack}"


def test_the_local_stack_has_no_other_environments() -> None:
    with pytest.raises(NoTarget, match="use --aws or --profile"):
        Target(aws=False, names=Names("dev")).choose()


def test_an_environment_that_cannot_be_is_explained() -> None:
    ended = CliRunner().invoke(app, ["--aws", "--environment", "Dev!", "partner", "list"])

    assert ended.exit_code == 2
    assert "'Dev!' cannot be an environment's name" in " ".join(ended.output.split())
