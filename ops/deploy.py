"""`make deploy`: check the AWS account, then deploy with the locked CDK command line.

The arguments are those of `cdk deploy`. `--bootstrap <arguments>` runs `cdk bootstrap` instead.
"""

import subprocess
import sys
from collections.abc import Sequence

import boto3

from infra import node
from infra.names import InvalidEnvironment, Names
from infra.paths import BUILD, ROOT
from ops import doctor
from ops.cdk_arguments import CdkArguments
from ops.screen import console, one_line, print_anywhere
from ops.stacks import of_stacks
from ops.target import NoTarget, Target
from ops.versions import functions_of, prune

CDK = BUILD / "cdk" / "node_modules" / ".bin" / "cdk"


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns its exit code, or 1 when a check found a problem."""
    if arguments[:1] == ["--bootstrap"]:
        return cdk("bootstrap", *arguments[1:])
    given = CdkArguments.of(arguments)
    try:
        names = Names(given.context.get("environment", ""))
        target = Target(aws=True, profile=given.profile, region=given.region, names=names)
        target.connect()
    except (InvalidEnvironment, NoTarget) as error:
        console.print(f"motorpool: {one_line(str(error))}", style="red")
        return 1
    if not doctor.show(doctor.examine(names, given)):
        console.print("Nothing was deployed: see the problems above.", style="red")
        return 1
    if code := cdk("deploy", "--all", *arguments):
        return code
    client = boto3.client("lambda")
    deleted = prune(client, functions_of(client, of_stacks(target.title, "AWS::Lambda::Alias")), 1)
    console.print(f"{deleted} old versions of functions were deleted, one is kept for a rollback.")
    return 0


def cdk(*arguments: str) -> int:
    """Run the CDK command line on the wheel's Node; returns its exit code."""
    command = [str(CDK), *arguments]
    return subprocess.run(command, cwd=ROOT, env=node.first_on_path(), check=False).returncode


if __name__ == "__main__":
    print_anywhere()
    sys.exit(main(sys.argv[1:]))
