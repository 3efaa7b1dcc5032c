"""A caller sees the organization its client is linked to and all below, or the whole partner."""

from dataclasses import replace

import pytest

from motorpool.access.callers import Caller
from motorpool.access.scopes import ALL_SCOPES


def seen(caller: Caller, org_path: str, path: str) -> bool:
    return replace(caller, org_path=org_path).sees(path)


@pytest.mark.parametrize("path", ["a", "a/b", "b", "b/c/d"])
def test_a_client_of_the_whole_partner_sees_everything(caller: Caller, path: str) -> None:
    assert seen(caller, "", path)


@pytest.mark.parametrize("path", ["a/b", "a/b/c", "a/b/c/d"])
def test_a_linked_client_sees_its_organization_and_all_below(caller: Caller, path: str) -> None:
    assert seen(caller, "a/b", path)


@pytest.mark.parametrize("path", ["a", "a/c", "b", "c/a/b", "", "A/B"])
def test_a_linked_client_sees_nothing_above_or_beside(caller: Caller, path: str) -> None:
    assert not seen(caller, "a/b", path)


@pytest.mark.parametrize("path", ["a/bc", "a/b0/c", "a/b-/c"])
def test_an_id_that_only_begins_alike_is_another_organization(caller: Caller, path: str) -> None:
    assert not seen(caller, "a/b", path)


@pytest.mark.parametrize("org_id", [None, "org_" + "3" * 32])
@pytest.mark.parametrize("scopes", [frozenset(), ALL_SCOPES])
def test_a_caller_comes_through_the_gateways_context_unchanged(
    caller: Caller, org_id: str | None, scopes: frozenset[str]
) -> None:
    sent = replace(caller, org_id=org_id, org_path=org_id or "", scopes=scopes)
    context = sent.as_context()
    assert all(isinstance(value, str) for value in context.values())
    assert Caller.from_context(context, "r") == replace(sent, request_id="r")


def test_what_the_gateway_adds_to_the_context_is_ignored(caller: Caller) -> None:
    given = {**caller.as_context(), "principalId": "cli", "integrationLatency": 12}
    assert Caller.from_context(given, "r") == replace(caller, request_id="r")
