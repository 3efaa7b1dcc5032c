"""The CDK command line is the one that was locked, whatever a registry serves."""

import json
import re

from infra.paths import ROOT

CDK = ROOT / "requirements" / "cdk"


def test_the_cdk_command_line_is_one_version_with_the_hash_of_each_package() -> None:
    wanted = json.loads((CDK / "package.json").read_text())["dependencies"]["aws-cdk"]
    packages = json.loads((CDK / "package-lock.json").read_text())["packages"]
    assert re.fullmatch(r"2\.\d+\.\d+", wanted)
    assert packages["node_modules/aws-cdk"]["version"] == wanted
    locked = [package for name, package in packages.items() if name]
    assert all(package["integrity"].startswith("sha512-") for package in locked)


def test_the_lock_names_no_registry() -> None:
    assert "http" not in (CDK / "package-lock.json").read_text()
    assert "omit-lockfile-registry-resolved=true" in (CDK / ".npmrc").read_text().splitlines()
