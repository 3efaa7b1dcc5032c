"""The stack that the command line operates on: the local one, or one in an AWS account.

The command line finds its table by environment variables, as functions do. They are set here, from
the stack's outputs.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.names import DEFAULT, Names
from infra.outputs import VARIABLES
from motorpool import aws


class NoTarget(Exception):
    """There is no stack to operate on; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """`aws`: use the profile and region of the usual AWS settings instead of the local stack.

    `names`: of the environment on AWS.

    `.local/stack.json` describes the local stack, or the file that the environment variable
    MOTORPOOL_STACK names.
    """

    aws: bool
    profile: str | None = None
    region: str | None = None
    names: Names = DEFAULT

    @property
    def on_aws(self) -> bool:
        """Whether it is a stack in an AWS account."""
        return self.aws or self.profile is not None

    @property
    def title(self) -> str:
        """How the names of its stacks begin."""
        return self.names.title

    @property
    def options(self) -> list[str]:
        """The command line options for this target."""
        named = {
            "--profile": self.profile,
            "--region": self.region,
            "--environment": self.names.environment or None,
        }
        values = [f"{option}={value}" for option, value in named.items() if value is not None]
        return ["--aws", *values] if self.aws else values

    def choose(self) -> None:
        """Set the environment variables of table, pepper and queues. Raises NoTarget."""
        self.connect()
        outputs = self._outputs()
        # Before its next deployment a stack may not have all of them.
        known = {name: outputs[output] for name, output in VARIABLES.items() if output in outputs}
        os.environ.update(known)
        aws.forget()

    def connect(self) -> None:
        """Make this process's AWS clients use it, deployed or not. Raises NoTarget."""
        if self.on_aws:
            _choose_session(self.profile, self.region)
        elif self.names.environment:
            raise NoTarget("the local stack has no other environments: use --aws or --profile")
        else:
            _choose_local_stack()

    def _outputs(self) -> dict[str, str]:
        name = self.names.stack("data")
        try:
            [stack] = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except (BotoCoreError, ClientError) as error:
            where = "AWS" if self.on_aws else "the local stack (is `make run` running?)"
            raise NoTarget(f"no stack {name} could be found in {where}: {error}") from error
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _choose_session(profile: str | None, region: str | None) -> None:
    """Make this process's clients use the usual AWS settings (profiles, single sign-on, roles).

    None: as in the settings. Raises NoTarget without credentials or a region.
    """
    try:
        boto3.setup_default_session(profile_name=profile, region_name=region)
        session = boto3.DEFAULT_SESSION or boto3.Session()
        found = session.get_credentials()
    except (BotoCoreError, ClientError) as error:
        raise NoTarget(f"no credentials for AWS: {error}") from error
    if found is None or not session.region_name:
        raise NoTarget("no credentials or no region for AWS: see `aws configure`")


def _choose_local_stack() -> None:
    # Imported here, because they are not needed on AWS.
    from infra.local import description
    from infra.local.engine import REGION, ROOT_USER
    from infra.paths import LOCAL

    file = Path(os.environ.get("MOTORPOOL_STACK", LOCAL / "stack.json"))
    endpoint = description.read(file).get("endpoint")
    if not endpoint:
        raise NoTarget("there is no local stack: start it with `make run`, or use --aws")
    local = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION, **ROOT_USER}
    os.environ.update(local)
