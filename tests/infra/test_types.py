"""What a function folder must not say does not type-check."""

import subprocess
import sys
import tomllib
from pathlib import Path

from infra.paths import ROOT

ROUTE = """
from infra.spec import Uses

Uses(table=("Scan",))
Uses(table=("*",))
Uses(photos=("DeleteObject",))
"""

HANDLER = """
from motorpool.access.callers import Caller
from motorpool.api.endpoint import Result, endpoint
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.partner_api import VehicleAnswer

@endpoint()
def answers_with_a_vehicle_that_is_no_answer(vehicle_id: str, caller: Caller) -> VehicleAnswer:
    return vehicles.get(vehicle_id, visible_to=caller)

@endpoint()
def answers_with_an_attribute_made_up(vehicle_id: str, caller: Caller) -> VehicleAnswer:
    return VehicleAnswer.of(vehicles.get(vehicle_id, visible_to=caller).wheels)

@endpoint()
def answers_with_a_dict(vehicle_id: str) -> dict[str, str]:
    return {}

@endpoint()
def answers_with_a_result(vehicle_id: str, caller: Caller) -> Result[VehicleAnswer]:
    return Result(VehicleAnswer.of(vehicles.get(vehicle_id, visible_to=caller)))
"""


def mypy(program: str, folder: Path) -> list[str]:
    """The errors of a program: line and kind."""
    file = folder / "planted.py"
    file.write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    return [f"{line.split(':')[1]} {line.rpartition('[')[2].rstrip(']')}" for line in lines]


def test_functions_are_type_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert "functions" in settings["files"]


def test_a_permission_that_is_none_of_ours_does_not_type_check(tmp_path: Path) -> None:
    assert mypy(ROUTE, tmp_path) == ["4 arg-type", "5 arg-type", "6 arg-type"]


def test_a_handler_that_answers_with_something_else_does_not_type_check(
    tmp_path: Path,
) -> None:
    assert mypy(HANDLER, tmp_path) == ["9 return-value", "13 attr-defined", "15 type-var"]
