"""Which Motorpool the operator means: the one on this machine, or one in an AWS account.

Like a function, the command line finds its table by environment variables; here they are set from
the stack's outputs.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.local import world
from infra.local.deploy import STACK, VARIABLES
from infra.local.engine import REGION, ROOT_USER
from infra.paths import LOCAL
from motorpool import aws


class NoTarget(Exception):
    """There is no stack to operate on; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Target:
    """`aws`: use the profile and region of the usual AWS settings instead of the local stack.

    The local stack is the one that `.local/stack.json` describes, or the file that the variable
    MOTORPOOL_STACK names.
    """

    aws: bool
    profile: str | None = None
    region: str | None = None
    stack: str = STACK

    @property
    def options(self) -> list[str]:
        """The options of the command line that mean this target."""
        named = {"--profile": self.profile, "--region": self.region}
        values = [f"{option}={value}" for option, value in named.items() if value is not None]
        return ["--aws", *values] if self.aws else values

    def choose(self) -> None:
        """Set the variables by which the store and the pepper are found. Raises NoTarget."""
        if self.aws or self.profile:
            chosen = {"AWS_PROFILE": self.profile, "AWS_DEFAULT_REGION": self.region}
            os.environ.update({name: value for name, value in chosen.items() if value})
        else:
            file = Path(os.environ.get("MOTORPOOL_STACK", LOCAL / "stack.json"))
            endpoint = world.read(file).get("endpoint")
            if not endpoint:
                raise NoTarget("there is no local stack: start it with `make run`, or use --aws")
            local = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION, **ROOT_USER}
            os.environ.update(local)
        outputs = self._outputs()
        for variable, output in VARIABLES.items():
            os.environ[variable] = outputs[output]
        aws.forget()

    def _outputs(self) -> dict[str, str]:
        try:
            [stack] = boto3.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            where = (
                "AWS" if self.aws or self.profile else "the local stack (is `make run` running?)"
            )
            raise NoTarget(f"no stack {self.stack} could be found in {where}: {error}") from error
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

