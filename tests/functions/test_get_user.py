"""GET /users/{userId}: a partner sees its users, a client those of its organizations."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


def test_a_user_has_every_field_and_null_for_what_is_absent(
    somebody: Somebody, root: Organization
) -> None:
    world.driver(at=root)
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "id": world.USER,
        "firstName": "Kim",
        "lastName": "Okafor",
        "phone": "+14155550100",
        "email": None,
        "address": {"state": "CA"},
        "organizationId": root.id,
        "dateAdded": answer.body["dateAdded"],
        "updated": answer.body["dateAdded"],
    }


def test_one_read_is_enough(somebody: Somebody, root: Organization) -> None:
    world.driver(at=root)
    assert somebody().calls().calls == ("GetItem",)


@pytest.mark.parametrize(
    "user_id",
    ["usr_" + "9" * 32, "usr_1", "USER", "a#b", "\0", "\ud800", "x" * 9999, world.VEHICLE, " "],
    ids=lambda user_id: ascii(user_id)[:12],
)
def test_a_user_that_is_not_there_is_not_found(
    somebody: Somebody, root: Organization, user_id: str
) -> None:
    world.driver(at=root)
    assert somebody().calls(userId=user_id).refusal == (404, "ERROR_USER_NOT_FOUND")


def test_another_partners_user_is_not_found(somebody: Somebody, root: Organization) -> None:
    world.driver(at=root)
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_USER_NOT_FOUND")


def test_a_client_sees_users_of_its_subtree_and_no_others(
    somebody: Somebody, root: Organization
) -> None:
    west = world.organization("org_" + "a" * 32, parent=root)
    east = world.organization("org_" + "b" * 32, parent=root)
    world.driver(at=world.organization("org_" + "c" * 32, parent=west))
    assert somebody().linked_to(root.id, root.path).calls().status == 200
    assert somebody().linked_to(west.id, west.path).calls().status == 200
    outside = somebody().linked_to(east.id, east.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
