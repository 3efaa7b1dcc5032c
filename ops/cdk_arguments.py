"""What the arguments of `cdk deploy` say, as far as it matters before a deployment."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class CdkArguments:
    """`context`: the values given with `-c key=value`.

    `asks_for_approval`: whether CDK asks before it changes permissions.
    """

    context: dict[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = None
    asks_for_approval: bool = True

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Self:
        """Read the arguments; those that do not matter here are left to CDK."""
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("-c", "--context", action="append", default=[])
        parser.add_argument("--profile")
        parser.add_argument("--region")
        parser.add_argument("--require-approval")
        given, _ = parser.parse_known_args(list(arguments))
        pairs = (value.partition("=") for value in given.context)
        return cls(
            context={key: value for key, _, value in pairs},
            profile=given.profile,
            region=given.region,
            asks_for_approval=given.require_approval != "never",
        )
