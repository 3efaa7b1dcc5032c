"""Synthesizes the stack: `CDK_OUTDIR=cdk.out python app.py`, after `make package`.

CDK context `build` names the folder of the built code; it is `.build/lambda` unless given.
"""

import json

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.assets import Build
from infra.paths import ROOT
from infra.stack import Motorpool


def motorpool(build: str | None = None, outdir: str | None = None) -> App:
    """The CDK app. Its `synth` fails on whatever cdk-nag finds and nobody acknowledged."""
    # Only the CDK command line reads cdk.json. Read here too, the template is the same without it.
    settings = json.loads((ROOT / "cdk.json").read_text())
    app = App(context=settings["context"], outdir=outdir, analytics_reporting=False)
    Motorpool(app, "Motorpool", build=Build(ROOT / (build or app.node.get_context("build"))))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    motorpool().synth()
