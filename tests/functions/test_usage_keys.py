"""Clients' API keys: made with the client, deleted with its last secret, and never forgotten.

Moto has usage plans and keys, but does not refuse a caller without one.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from infra.names import DEFAULT, Names
from infra.outputs import VARIABLES
from motorpool.access import client_store as clients
from motorpool.access.callers import usage_key
from motorpool.access.clients import Client
from motorpool.ids import fingerprint
from ops import doctor
from ops.cdk_arguments import CdkArguments
from ops.doctor import Finding, Verdict
from ops.target import Target
from ops.usage_keys import UsageKeys
from tests.e2e.operators import Run, command_line
from tests.functions import wire, world

DEV = Names("dev")


@pytest.fixture(autouse=True)
def _no_keys() -> Iterator[None]:
    """The account has neither usage plans nor keys before a test."""
    # Moto asks botocore for API Gateway's regions, and botocore lists none.
    here = get_backend("apigateway")[DEFAULT_ACCOUNT_ID]
    here.regions = ["us-east-1"]
    gateway = wire.aws("apigateway")
    yield
    for plan in gateway.get_usage_plans()["items"]:
        gateway.delete_usage_plan(usagePlanId=plan["id"])
    for key in gateway.get_api_keys()["items"]:
        gateway.delete_api_key(apiKey=key["id"])


@pytest.fixture
def motorpool(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line, operating on moto as on an account."""
    outputs = {output: os.environ.get(variable, "") for variable, output in VARIABLES.items()}
    monkeypatch.setattr(Target, "_outputs", lambda _: outputs)
    world.partner()
    return command_line(monkeypatch, capsys, "--aws")


@pytest.fixture
def plan() -> str:
    """A usage plan of the default environment, and one of another."""
    gateway = wire.aws("apigateway")
    gateway.create_usage_plan(name=DEV.usage_plan)
    plan_id: str = gateway.create_usage_plan(name=DEFAULT.usage_plan)["id"]
    return plan_id


def keys_in(plan: str) -> dict[str, str]:
    """The values of the plan's keys, by name."""
    gateway = wire.aws("apigateway")
    keys = gateway.get_usage_plan_keys(usagePlanId=plan)["items"]
    return {key["name"]: key["value"] for key in keys}


def key_of(client: Client) -> tuple[str, str]:
    """Name and value of a client's key."""
    return f"Motorpool-{fingerprint(client.id)}", usage_key(client.id)


def created(motorpool: Run, name: str = "Backend") -> Client:
    """A client that the command line made."""
    before = {each.id for each in clients.of_partner(world.PARTNER)}
    motorpool("client", "create", name, "--partner", world.PARTNER)
    [made] = [each for each in clients.of_partner(world.PARTNER) if each.id not in before]
    return made


def test_a_new_client_is_under_its_environments_plan_at_once(motorpool: Run, plan: str) -> None:
    client = created(motorpool)

    assert keys_in(plan) == dict([key_of(client)])
    assert client.as_caller().usage_key == usage_key(client.id)


def test_without_a_usage_plan_a_client_needs_no_key(motorpool: Run) -> None:
    created(motorpool)

    assert wire.aws("apigateway").get_api_keys()["items"] == []
    assert "there is no usage plan" in motorpool("client", "keys", fails=True)


def test_a_client_whose_key_cannot_be_made_is_not_created(
    motorpool: Run, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = wire.to_moto

    def refuses(operation: str, request: Any) -> Any:
        if operation == "CreateApiKey":
            return wire.error("ForbiddenException", 403)
        return real(operation, request)

    wire.lay(monkeypatch, refuses)
    printed = motorpool("client", "create", "Backend", "--partner", world.PARTNER, fails=True)

    assert printed.startswith("motorpool: the client's API key could not be made: ")
    assert printed.count("\n") == 1
    assert clients.of_partner(world.PARTNER) == []


def test_a_revoked_clients_key_is_deleted_and_made_again_with_its_next_secret(
    motorpool: Run, plan: str
) -> None:
    client, other = created(motorpool), created(motorpool, "Other")
    of = (client.id, "--partner", world.PARTNER)

    motorpool("client", "revoke", *of, "--all")
    assert keys_in(plan) == dict([key_of(other)])
    assert len(wire.aws("apigateway").get_api_keys()["items"]) == 1

    motorpool("client", "rotate", *of)
    assert keys_in(plan) == dict([key_of(client), key_of(other)])


def test_a_client_that_keeps_a_secret_keeps_its_key(motorpool: Run, plan: str) -> None:
    client = created(motorpool)
    of = (client.id, "--partner", world.PARTNER)
    motorpool("client", "rotate", *of)
    motorpool("client", "revoke", *of, "--old")

    assert keys_in(plan) == dict([key_of(client)])


def test_one_command_makes_the_keys_of_all_clients_that_lack_one(motorpool: Run) -> None:
    older = [created(motorpool, name) for name in ("One", "Two")]
    revoked = created(motorpool, "Three")
    motorpool("client", "revoke", revoked.id, "--partner", world.PARTNER, "--all")
    plan = wire.aws("apigateway").create_usage_plan(name=DEFAULT.usage_plan)["id"]
    newer = created(motorpool, "Four")

    shown = motorpool("client", "keys", "--dry-run")
    assert "API keys that would be made: 2" in shown
    assert keys_in(plan) == dict([key_of(newer)])

    made = motorpool("client", "keys")
    assert "API keys made: 2" in made
    for client in older:
        assert client.id in made
        assert client.id in shown
    assert keys_in(plan) == dict(map(key_of, (newer, *older)))
    assert "API keys made: 0" in motorpool("client", "keys")


def test_a_key_that_was_made_but_is_in_no_plan_is_used_again(motorpool: Run, plan: str) -> None:
    client = world.client()
    name, value = key_of(client)
    wire.aws("apigateway").create_api_key(name=name, value=value)

    motorpool("client", "keys")

    assert keys_in(plan) == {name: value}


# The doctor


def found(*arguments: str, tables: list[str] | None = None) -> Finding:
    """What the doctor says before a deployment with those arguments."""
    tables = [os.environ["TABLE_NAME"]] if tables is None else tables
    return doctor.client_keys(DEFAULT, tables, CdkArguments.of(arguments))


def test_keys_are_not_needed_without_a_plan_or_before_the_first_deployment() -> None:
    world.partner()
    world.client()
    assert found().verdict == Verdict.OK
    assert "no client needs one" in found().text
    assert found("-c", "usagePlans=true", tables=[]).verdict == Verdict.OK


def test_a_deployment_that_would_shut_all_clients_out_is_stopped_with_the_way_to_go() -> None:
    world.partner()
    world.client()
    stopped = found("-c", "usagePlans=true")
    assert stopped.verdict == Verdict.PROBLEM
    assert "-c usagePlans=prepared" in stopped.command


def test_clients_without_a_key_are_named_and_stop_a_deployment_that_needs_keys(
    motorpool: Run, plan: str
) -> None:
    world.client()
    needed = found("-c", "usagePlans=true")
    assert needed.verdict == Verdict.PROBLEM
    assert world.CLIENT in needed.text
    assert needed.command == "motorpool --aws client keys"
    assert found("-c", "usagePlans=prepared").verdict == Verdict.WARNING

    motorpool("client", "keys")
    assert found("-c", "usagePlans=true").verdict == Verdict.OK


def test_of_many_clients_without_a_key_a_few_are_named(plan: str) -> None:
    world.partner()
    for number in range(7):
        world.client(f"cli_{number:032x}")
    assert "and 2 more would be refused" in found().text


def test_the_quota_of_keys_is_watched(
    motorpool: Run, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    created(motorpool)
    assert "the region has 1 (at most 10,000)" in found().text
    monkeypatch.setattr(UsageKeys, "in_region", lambda _: 9_500)
    assert (found().verdict, "another account or region" in found().text) == (Verdict.WARNING, True)
