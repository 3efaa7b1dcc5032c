"""The benchmark runs from beginning to end, and what it counts holds at its smallest sizes too."""

import json
import subprocess
import sys

import pytest

from bench.__main__ import PARTS, RESULT
from infra.paths import ROOT
from infra.spec import discover


@pytest.mark.slow
def test_a_quick_run_measures_every_part() -> None:
    subprocess.run([sys.executable, "-m", "bench", "--quick"], cwd=ROOT, check=True)
    result = json.loads(RESULT.read_text())
    assert set(PARTS) <= result.keys()
    every = {function.name for function in discover()}
    assert {one["function"] for one in result["cold"]} == every
    assert all(one["holds"] is not False for one in result["warm"])
    by_request: dict[str, set[float]] = {}
    for one in result["scale"]:
        units = {*one["read_units"], *one["write_units"]}
        assert by_request.setdefault(one["request"], units) == units
    assert result["load"]["all"]["errors"] == 0
