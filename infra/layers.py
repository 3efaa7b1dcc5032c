"""The layers of one stack."""

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_

from infra.assets import Build
from infra.spec import Layer

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64


class Layers:
    """A stack's layer versions, each made when a function of the stack needs it.

    Each stack has versions of its own, from the same asset. Shared by an export, a version could
    never change, because CloudFormation refuses to change an export in use. Shared by an SSM
    parameter, a changed layer would reach a function only when its stack changes too.
    """

    def __init__(self, stack: Stack, build: Build) -> None:
        self._stack = stack
        self._build = build
        self._made: dict[Layer, lambda_.LayerVersion] = {}

    def __getitem__(self, layer: Layer) -> lambda_.LayerVersion:
        """The version of a layer. Raises NotBuiltError."""
        if layer not in self._made:
            self._made[layer] = lambda_.LayerVersion(
                self._stack,
                f"{layer.capitalize()}Layer",
                code=lambda_.Code.from_asset(str(self._build.layer(layer))),
                compatible_runtimes=[RUNTIME],
                compatible_architectures=[ARCHITECTURE],
            )
        return self._made[layer]
