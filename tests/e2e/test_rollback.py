"""A rollback, and the doctor, against the stack that serves HTTP."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from infra.local.deploy import wait_for_live
from infra.local.stack import LocalStack
from tests.e2e.api import ORGANIZATIONS
from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant

NAME = "motorpool-list_organizations"


@pytest.fixture
def bad_version(local_stack: LocalStack) -> Iterator[str]:
    """A new version that callers get, and that refuses everybody."""
    client = boto3.client("lambda")
    variables = client.get_function_configuration(FunctionName=NAME)["Environment"]["Variables"]
    bad: Any = {"Variables": {**variables, "SCOPE": "that.nobody.has"}}
    client.update_function_configuration(FunctionName=NAME, Environment=bad)
    version = client.publish_version(FunctionName=NAME)["Version"]
    client.update_alias(FunctionName=NAME, Name="live", FunctionVersion=version)
    wait_for_live(client, NAME)
    yield version
    client.update_function_configuration(FunctionName=NAME, Environment={"Variables": variables})
    client.delete_function(FunctionName=NAME, Qualifier=version)


def test_after_a_bad_deployment_one_command_makes_the_version_before_it_live(
    motorpool: Run, tenant: Tenant, bad_version: str
) -> None:
    assert tenant.supplier.get(ORGANIZATIONS).status_code == 401
    shown = motorpool("rollback", "--dry-run", "--minutes", "0")
    assert NAME in shown
    assert tenant.supplier.get(ORGANIZATIONS).status_code == 401
    motorpool("rollback", "--minutes", "0")
    assert tenant.supplier.get(ORGANIZATIONS).status_code == 200


def test_the_doctor_names_what_has_no_meaning_on_the_local_stack(
    motorpool: Run, local_stack: LocalStack
) -> None:
    printed = motorpool("doctor")
    assert "skipped  credentials" in printed
    assert "ok       stacks" in printed
    assert "ok       functions" in printed
