"""Synthesizes the stack: `CDK_OUTDIR=cdk.out python app.py`, after `make package`.

The CDK context `build` is the folder of the built code; by default `.build/lambda`.
"""

import json

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.assets import Build
from infra.paths import ROOT
from infra.stack import Motorpool


def motorpool(build: str | None = None, outdir: str | None = None) -> App:
    """The CDK app. Its `synth` fails on cdk-nag findings that are not acknowledged."""
    # Only the CDK command line reads cdk.json; without it the template would differ.
    settings = json.loads((ROOT / "cdk.json").read_text())
    app = App(context=settings["context"], outdir=outdir, analytics_reporting=False)
    Motorpool(app, "Motorpool", build=Build(ROOT / (build or app.node.get_context("build"))))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    motorpool().synth()
