"""What a deployment needs of the account, and what it leaves for a rollback."""

import json
from pathlib import Path
from typing import Any

from ops.doctor import BOOTSTRAP_VERSION


def test_the_doctor_asks_for_the_bootstrap_version_that_the_stacks_need(assembly: Path) -> None:
    artifacts: dict[str, Any] = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    needed = {
        artifact["properties"]["requiresBootstrapStackVersion"]
        for artifact in artifacts.values()
        if "requiresBootstrapStackVersion" in artifact.get("properties", {})
    }
    assert max(needed) == BOOTSTRAP_VERSION


def test_a_deployment_keeps_the_versions_before_it_for_a_rollback(assembly: Path) -> None:
    templates = [json.loads(file.read_text()) for file in assembly.glob("*.template.json")]
    policies = {
        resource["DeletionPolicy"]
        for template in templates
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Version"
    }
    assert policies == {"Retain"}
