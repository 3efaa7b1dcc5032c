"""Rolling functions back to the versions of the deployment before, and deleting older ones."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops import versions
from ops.versions import Function, NoRollback

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass
class Lambda:
    """The calls of Lambda that a rollback makes. `live`: the version of each function's alias."""

    live: dict[str, int]
    states: dict[tuple[str, int], str] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    deleted: list[tuple[str, int]] = field(default_factory=list)

    def get_function_configuration(self, *, FunctionName: str, Qualifier: str) -> dict[str, str]:  # noqa: N803
        return {"State": self.states.get((FunctionName, int(Qualifier)), "Active")}

    def update_alias(self, **call: str) -> None:
        if code := self.refuses.get(call["FunctionName"]):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "UpdateAlias")
        self.live[call["FunctionName"]] = int(call["FunctionVersion"])

    def delete_function(self, *, FunctionName: str, Qualifier: str) -> None:  # noqa: N803
        self.deleted.append((FunctionName, int(Qualifier)))


def function(name: str, live: int, hours: dict[int, float]) -> Function:
    """`hours`: how long before noon each version was published."""
    published = {version: NOON - timedelta(hours=ago) for version, ago in hours.items()}
    return Function(name, "live", live, f"revision-{live}", published)


def rolled_back(
    client: Any, *functions: Function, partly: bool = False, minutes: int = 60
) -> dict[str, int]:
    last = versions.of_last_deployment(functions, minutes)
    steps = versions.plan(last, partly=partly)
    versions.roll_back(client, last, steps)
    live: dict[str, int] = client.live
    return live


def test_every_function_of_the_last_deployment_goes_one_version_back() -> None:
    client = Lambda({"a": 3, "b": 7})
    a = function("a", 3, {2: 50, 3: 0.2})
    b = function("b", 7, {5: 90, 6: 50, 7: 0.1})
    assert rolled_back(client, a, b) == {"a": 2, "b": 6}


def test_a_function_that_the_last_deployment_did_not_change_stays() -> None:
    client = Lambda({"a": 3, "b": 7})
    a = function("a", 3, {2: 50, 3: 0})
    b = function("b", 7, {6: 50, 7: 24})
    assert rolled_back(client, a, b) == {"a": 2, "b": 7}


def test_the_second_rollback_goes_back_one_more_deployment() -> None:
    client = Lambda({"a": 3})
    hours = {1: 70, 2: 50, 3: 0.0}
    rolled_back(client, function("a", 3, hours))
    assert rolled_back(client, function("a", 2, hours)) == {"a": 1}


def test_a_new_function_stays_because_nothing_calls_it_in_the_code_before() -> None:
    client = Lambda({"a": 3, "new": 1})
    a, new = function("a", 3, {2: 50, 3: 0}), function("new", 1, {1: 0})
    assert rolled_back(client, a, new) == {"a": 2, "new": 1}


def test_nothing_is_rolled_back_when_the_earlier_versions_of_one_function_were_deleted() -> None:
    client = Lambda({"a": 3, "b": 7})
    a, b = function("a", 3, {2: 50, 3: 0}), function("b", 7, {7: 0})
    with pytest.raises(NoRollback, match=r"before the live ones of b were deleted.* --partly"):
        rolled_back(client, a, b)
    assert client.live == {"a": 3, "b": 7}
    assert rolled_back(client, a, b, partly=True) == {"a": 2, "b": 7}


@pytest.mark.parametrize(
    "functions", [[], [function("a", 1, {1: 0})]], ids=["nothing is deployed", "first deployment"]
)
def test_without_any_earlier_version_the_earlier_release_is_to_be_deployed(
    functions: list[Function],
) -> None:
    with pytest.raises(NoRollback, match="deploy the release before this one"):
        rolled_back(Lambda({}), *functions)


def test_a_version_that_cannot_be_invoked_is_not_gone_back_to() -> None:
    client = Lambda({"a": 3, "b": 7}, states={("b", 6): "Inactive"})
    a, b = function("a", 3, {2: 50, 3: 0}), function("b", 7, {6: 50, 7: 0})
    with pytest.raises(NoRollback, match="version 6 of b is Inactive"):
        rolled_back(client, a, b)
    assert client.live == {"a": 3, "b": 7}


@pytest.mark.parametrize(
    ("code", "why"),
    [("PreconditionFailedException", "somebody else is deploying"), ("Throttling", "Throttling")],
)
def test_when_one_cannot_be_moved_those_before_it_are_moved_back(code: str, why: str) -> None:
    client = Lambda({"a": 3, "b": 7}, refuses={"b": code})
    a, b = function("a", 3, {2: 50, 3: 0}), function("b", 7, {6: 50, 7: 0})
    with pytest.raises(NoRollback, match=rf"b could not be moved \(.*{why}.*moved back"):
        rolled_back(client, a, b)
    assert client.live == {"a": 3, "b": 7}


@pytest.mark.parametrize(
    ("keep", "deleted"), [(0, [3, 2]), (1, [2]), (2, []), (9, [])], ids=lambda each: str(each)
)
def test_the_newest_versions_before_the_live_one_are_kept_and_later_ones_too(
    keep: int, deleted: list[int]
) -> None:
    client: Any = Lambda({"a": 4})
    hours = {2: 90, 3: 70, 4: 50, 5: 0.0}
    assert versions.prune(client, [function("a", 4, hours)], keep) == len(deleted)
    assert client.deleted == [("a", version) for version in deleted]
