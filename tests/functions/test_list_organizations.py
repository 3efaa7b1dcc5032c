"""GET …/organizations: the client's subtree."""

from collections.abc import Callable

import pytest

from motorpool.ids import new_id
from motorpool.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_each_organization_comes_after_its_parent(somebody: Somebody, root: Organization) -> None:
    branch = world.organization(new_id("org"), parent=root)
    answer = somebody().calls()
    assert [(each["id"], each["parent_id"]) for each in answer.body["organizations"]] == [
        (root.id, None),
        (branch.id, root.id),
    ]
    assert answer.calls == ("Query",)


def test_a_client_of_a_branch_sees_nothing_above_it(somebody: Somebody, root: Organization) -> None:
    branch = world.organization(new_id("org"), parent=root)
    answer = somebody().linked_to(branch.id, branch.path).calls()
    assert [each["id"] for each in answer.body["organizations"]] == [branch.id]


def test_without_the_scope_it_is_refused(somebody: Somebody) -> None:
    assert somebody().with_scopes("checkins.review").calls().refusal == (401, "unauthorized")
