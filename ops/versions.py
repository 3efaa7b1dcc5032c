"""`motorpool rollback` and `motorpool prune`: the versions of the functions on AWS.

Callers, queues and the stream invoke each function's alias. A deployment publishes a version of
each function that it changes, and moves the alias to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from motorpool.aws import code_of

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# The stacks of one deployment are updated one after the other.
DEPLOYMENT_MINUTES = 60


class NoRollback(Exception):
    """The functions cannot be rolled back, and none was; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Function:
    """A deployed function. `live`: the version of its alias. `versions`: when each was published.

    `revision` is the alias's: it changes when somebody moves the alias.
    """

    name: str
    alias: str
    live: int
    revision: str
    versions: dict[int, datetime]

    @property
    def published(self) -> datetime:
        """When its live version was published."""
        return self.versions[self.live]

    @property
    def earlier(self) -> list[int]:
        """The versions before the live one that are still there, newest first."""
        return sorted((version for version in self.versions if version < self.live), reverse=True)

    @property
    def is_new(self) -> bool:
        """Whether the live version is its first."""
        return self.live == 1


def functions_of(client: "LambdaClient", aliases: Iterable[str]) -> list[Function]:
    """The functions of the aliases (ARNs), by name."""
    return sorted((_function(client, alias) for alias in aliases), key=lambda each: each.name)


def _function(client: "LambdaClient", arn: str) -> Function:
    name, alias = arn.split(":")[-2:]
    live = client.get_alias(FunctionName=name, Name=alias)
    pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    published = {
        int(version["Version"]): datetime.fromisoformat(version["LastModified"])
        for page in pages
        for version in page["Versions"]
        if version["Version"] != "$LATEST"
    }
    return Function(name, alias, int(live["FunctionVersion"]), live["RevisionId"], published)


def of_last_deployment(functions: Sequence[Function], minutes: int) -> list[Function]:
    """Those whose live version was published within that many minutes before the newest one."""
    newest = max((each.published for each in functions), default=None)
    if newest is None:
        return []
    return [each for each in functions if newest - each.published <= timedelta(minutes=minutes)]


def plan(functions: Sequence[Function], *, partly: bool) -> dict[str, int]:
    """The version to which each function goes back, by its name. New functions stay as they are.

    `partly`: leave out functions whose earlier versions were deleted. Raises NoRollback.
    """
    known = [each for each in functions if not each.is_new]
    without = [each.name for each in known if not each.earlier]
    if without and not partly:
        raise NoRollback(
            f"the versions before the live ones of {', '.join(without)} were deleted, and none was "
            "rolled back: deploy the release before this one, or roll back the others with --partly"
        )
    steps = {each.name: each.earlier[0] for each in known if each.earlier}
    if not steps:
        raise NoRollback("no function has an earlier version: deploy the release before this one")
    return steps


def roll_back(client: "LambdaClient", functions: Iterable[Function], steps: dict[str, int]) -> None:
    """Move the aliases, all or none. Raises NoRollback."""
    moving = [each for each in functions if each.name in steps]
    for each in moving:
        _ensure_active(client, each.name, steps[each.name])
    moved: list[Function] = []
    try:
        for each in moving:
            client.update_alias(
                FunctionName=each.name,
                Name=each.alias,
                FunctionVersion=str(steps[each.name]),
                RevisionId=each.revision,
            )
            moved.append(each)
    except ClientError as error:
        for each in moved:
            client.update_alias(
                FunctionName=each.name, Name=each.alias, FunctionVersion=str(each.live)
            )
        changed = code_of(error) == "PreconditionFailedException"
        why = "somebody else is deploying" if changed else str(error)
        raise NoRollback(
            f"{moving[len(moved)].name} could not be moved ({why}), and those before it were moved "
            "back"
        ) from error


def _ensure_active(client: "LambdaClient", name: str, version: int) -> None:
    found = client.get_function_configuration(FunctionName=name, Qualifier=str(version))
    if (state := found.get("State", "Active")) != "Active":
        raise NoRollback(
            f"version {version} of {name} is {state} and cannot be invoked, and none was rolled "
            "back: deploy the release before this one"
        )


def prunable(function: Function, keep: int) -> list[int]:
    """The versions before the live one, but for the `keep` newest of them."""
    return function.earlier[keep:]


def prune(client: "LambdaClient", functions: Iterable[Function], keep: int) -> int:
    """Delete prunable versions; returns how many. Each costs the storage of its snapshot."""
    count = 0
    for function in functions:
        for version in prunable(function, keep):
            client.delete_function(FunctionName=function.name, Qualifier=str(version))
            count += 1
    return count
