"""The failure drills, as an operator runs them, each against a stack that is theirs to break."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.engine import free_port
from infra.local.stack import LocalStack, running
from motorpool.access import secret_keys
from ops import drills
from ops.target import Target
from tests.e2e.api import VEHICLES, new_plate, served
from tests.e2e.operators import Run, command_line
from tests.e2e.tenant import CHECK_INS, Tenant

pytestmark = pytest.mark.slow

FIRST_PORT = 5300


@pytest.fixture(scope="module")
def broken_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """An engine of the drills' own; this process's clients are led back to the other afterwards."""
    before = dict(os.environ)
    os.environ.pop("MOTORPOOL_CALLS", None)  # a record of one stack's calls
    folder = tmp_path_factory.mktemp("drills")
    try:
        with running(folder, free_port(FIRST_PORT), lambda _: None) as local:
            os.environ["MOTORPOOL_STACK"] = str(folder / "stack.json")
            yield local
    finally:
        os.environ.clear()
        os.environ.update(before)
        secret_keys.forget()


@pytest.fixture
def motorpool(
    broken_stack: LocalStack,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs the operator's command on that stack."""
    return command_line(monkeypatch, capsys)


def test_a_restored_table_is_the_table_that_was(
    motorpool: Run, broken_stack: LocalStack, tmp_path: Path
) -> None:
    tenant = Tenant.new(broken_stack.description)
    moved, held = tenant.vehicle_id(), tenant.vehicle(plate=new_plate())
    tenant.supplier.moved(moved, tenant.coast.id)
    check_in = tenant.on_hold(held)["id"]

    def everything() -> list[Any]:
        return [
            served(tenant.supplier.get(f"{VEHICLES}/{moved}/custody")),
            served(tenant.api.get(f"/vehicles/{held['id']}")),
            served(tenant.api.get(f"{CHECK_INS}/{check_in}")),
            served(tenant.api.get("/checkins/mileage?status=OnHold")),
        ]

    before = everything()
    backup = tmp_path / "backup.jsonl"
    printed = motorpool("drill", "restore", "--file", str(backup))
    assert "each the same as before" in printed
    assert drills.compared(backup) == (0, 0)
    assert everything() == before
    # And the restored table is one to work with: claims, reservations and versions are there.
    assert tenant.supplier.moved(tenant.vehicle_id(), tenant.coast.id)["status"] == "completed"


def test_a_restore_that_loses_an_item_is_noticed(broken_stack: LocalStack, tmp_path: Path) -> None:
    backup = tmp_path / "backup.jsonl"
    drills.exported(backup)
    first, *rest = backup.read_text().splitlines()
    backup.write_text("\n".join([first.replace("}", ', "lost": {"S": "x"}}', 1), *rest]))
    assert drills.compared(backup) == (1, 1)


def test_a_leaked_secret_is_refused_within_the_caches_minute(
    motorpool: Run,
) -> None:
    assert "the new one is served" in motorpool("drill", "leak")


def test_a_poisoned_message_is_repaired_and_redriven(motorpool: Run) -> None:
    assert "the transfer is completed" in motorpool("drill", "poison")


def test_drills_are_for_the_local_stack_only(
    motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "choose", lambda self: os.environ.pop("AWS_ENDPOINT_URL"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", os.environ["AWS_ENDPOINT_URL"])
    assert "local stack" in motorpool("--aws", "drill", "restore", fails=True)
