"""Synthesizes the stacks: `CDK_OUTDIR=cdk.out python app.py`, after `make package`.

The CDK context `build` is the folder of the built code; by default `.build/lambda`. The rest of
what can be set is in `infra/settings.py`.
"""

import json

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.assets import Build
from infra.paths import ROOT
from infra.settings import Settings
from infra.stacks import add_stacks


def motorpool(build: str | None = None, outdir: str | None = None, **context: str) -> App:
    """The CDK app, with more context. Its `synth` fails on cdk-nag findings not acknowledged.

    Raises InvalidSetting or InvalidEnvironment.
    """
    # Only the CDK command line reads cdk.json; without it the template would differ.
    settings = json.loads((ROOT / "cdk.json").read_text())
    app = App(context=settings["context"] | context, outdir=outdir, analytics_reporting=False)
    code = Build(ROOT / (build or app.node.get_context("build")))
    add_stacks(app, Settings.of(app.node), build=code)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    motorpool().synth()
