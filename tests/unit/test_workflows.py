"""The workflows of GitHub Actions only call make, with as few rights as they need."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.paths import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
BY_COMMIT = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")

workflows = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def read(file: Path) -> dict[Any, Any]:
    workflow: dict[Any, Any] = yaml.safe_load(file.read_text())
    return workflow


def jobs(file: Path) -> list[dict[str, Any]]:
    return list(read(file)["jobs"].values())


def steps(file: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(file):
        yield from job.get("steps", [])


def test_there_is_a_workflow_for_a_push_a_night_and_a_release() -> None:
    # YAML 1.1 reads the key `on` as True.
    assert {file.stem: set(read(file)[True]) for file in FILES} == {
        "deploy": {"push"},
        "nightly": {"schedule", "workflow_dispatch"},
        "test": {"push", "pull_request", "workflow_call"},
    }
    assert read(ROOT / ".github/workflows/deploy.yml")[True]["push"] == {"tags": ["v*"]}


@workflows
def test_a_workflow_runs_nothing_but_targets_of_the_makefile(file: Path) -> None:
    run = [step["run"] for step in steps(file) if "run" in step]
    assert run
    for command in run:
        program, target = command.split()[:2]
        assert (program, target in TARGETS) == ("make", True), command
        assert "${{" not in command, "a value is pasted into the shell: hand it over in env"


@workflows
def test_a_workflow_uses_actions_of_one_commit_each(file: Path) -> None:
    used = [part["uses"] for part in (*steps(file), *jobs(file)) if "uses" in part]
    assert used
    for action in used:
        assert action.startswith("./") or BY_COMMIT.fullmatch(action), action


@workflows
def test_a_workflow_only_reads_the_repository_and_ends_in_time(file: Path) -> None:
    assert read(file)["permissions"] == {"contents": "read"}
    for job in jobs(file):
        more = set(job.get("permissions", {}).items()) - {("contents", "read")}
        assert more <= {("id-token", "write")}
        assert "uses" in job or job["timeout-minutes"] <= 120
