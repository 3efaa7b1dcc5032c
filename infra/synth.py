"""Synthesis of the CDK app, cached while its sources are unchanged."""

import hashlib
import json
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

from infra import node
from infra.build import alone
from infra.paths import BUILD, ROOT


@alone()
def synthesized(build: Path, target: Path | None = None) -> Path:
    """The folder of the cloud assembly for the packages in `build`, synthesized if necessary.

    Raises subprocess.CalledProcessError when synthesis or cdk-nag fails; their output is printed.
    """
    assembly = target or BUILD / f"cdk-{build.name}"
    stamp = assembly / "synthesized-from"
    wanted = _digest(build)
    if stamp.exists() and stamp.read_text() == wanted:
        return assembly
    shutil.rmtree(assembly, ignore_errors=True)
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        check=True,
        env=node.first_on_path()
        | {
            "CDK_OUTDIR": str(assembly),
            "CDK_CONTEXT_JSON": json.dumps({"build": str(build)}),
            # CDK's validation takes half of the time. cdk-nag runs all the same.
            "CDK_VALIDATION": "false",
        },
    )
    stamp.write_text(wanted)
    return assembly


def stacks_of(assembly: Path) -> list[str]:
    """The names of its stacks, each after those that it depends on."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    return [
        name
        for name in TopologicalSorter(
            {name: artifact.get("dependencies", ()) for name, artifact in artifacts.items()}
        ).static_order()
        if artifacts[name]["type"] == "aws:cloudformation:stack"
    ]


def _digest(build: Path) -> str:
    """A hash of what the template depends on: app, infra/, routes, and the packages' path."""
    sources = [ROOT / "app.py", ROOT / "cdk.json", ROOT / "requirements" / "dev.txt"]
    sources += sorted((ROOT / "infra").glob("*.py"))
    sources += sorted((ROOT / "functions").glob("*/route.py"))
    digest = hashlib.sha256(str(build).encode())
    for source in sources:
        digest.update(f"\0{source.relative_to(ROOT)}\0".encode() + source.read_bytes())
    return digest.hexdigest()
