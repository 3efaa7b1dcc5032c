"""The stacks, synthesized once: real routes, and placeholders for the code that they deploy."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from infra import node
from infra.assets import Build
from infra.spec import Layer, discover
from tests.templates import whole

if TYPE_CHECKING:
    from aws_cdk.assertions import Template

# Importing aws_cdk starts Node, so the tests import it only after this.
os.environ.update(node.first_on_path())


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build folder with nothing of substance in it."""
    root = tmp_path_factory.mktemp("build")
    for function in discover():
        (root / "functions" / function.name).mkdir(parents=True)
        (root / "functions" / function.name / "handler.py").write_text("")
    for layer in get_args(Layer):
        (root / "layers" / layer / "python").mkdir(parents=True)
        (root / "layers" / layer / "python" / "placeholder.py").write_text(layer)
    return Build(root)


@pytest.fixture(scope="session")
def assembly(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly, as `python app.py` writes it."""
    from app import motorpool

    outdir = tmp_path_factory.mktemp("assembly")
    motorpool(build=str(build.root), outdir=str(outdir)).synth()
    return outdir


@pytest.fixture(scope="session")
def stack(assembly: Path) -> "Template":
    """All stacks as one template."""
    from aws_cdk.assertions import Template

    return Template.from_json(whole(assembly))
