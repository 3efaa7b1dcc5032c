"""POST /users: a new user of one of the client's organizations; a phone is one user's."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    return world.organization()


def users_stored() -> int:
    return sum(item["sk"] == "USER" for item in everything_stored())


def test_a_user_comes_back_as_stored(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == {
        "id": answer.body["id"],
        "firstName": "Dana",
        "lastName": "Reyes",
        "phone": "+14155550123",
        "email": "dana@example.com",
        "address": {"state": "CA"},
        "organizationId": world.ORGANIZATION,
        "dateAdded": answer.body["dateAdded"],
        "updated": answer.body["dateAdded"],
    }
    assert answer.body["id"].startswith("usr_")
    assert users_stored() == 1


def test_a_read_and_a_write_are_enough(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("GetItem", "TransactWriteItems")


def test_a_user_may_join_any_organization_that_the_client_sees(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    answer = somebody().with_body(organizationId=branch.id).calls()
    assert answer.body["organizationId"] == branch.id


def test_a_client_of_no_organization_must_name_one(somebody: Somebody, root: Organization) -> None:
    answer = somebody().linked_to("", "").calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("organizationId: required")
    named = somebody().linked_to("", "").with_body(organizationId=root.id)
    assert named.calls().status == 200


@pytest.mark.parametrize("organization_id", ["org_" + "9" * 32, "org_1", "a#b", "\ud7ff"])
def test_an_organization_that_is_not_there_is_not_found(
    somebody: Somebody, organization_id: str
) -> None:
    answer = somebody().with_body(organizationId=organization_id).calls()
    assert answer.refusal == (404, "ERROR_ORGANIZATION_NOT_FOUND")
    assert users_stored() == 0


def test_another_partners_organization_is_not_found(somebody: Somebody) -> None:
    theirs = world.organization("org_" + "f" * 32, of=world.OTHER_PARTNER)
    answer = somebody().with_body(organizationId=theirs.id).calls()
    assert answer.refusal == (404, "ERROR_ORGANIZATION_NOT_FOUND")


def test_an_organization_outside_the_clients_is_not_permitted(
    somebody: Somebody, root: Organization
) -> None:
    west = world.organization("org_" + "a" * 32, parent=root)
    answer = somebody().linked_to(west.id, west.path).with_body(organizationId=root.id).calls()
    assert answer.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert users_stored() == 0


def test_a_phone_is_one_users(somebody: Somebody) -> None:
    assert somebody().calls().status == 200
    again = somebody().with_body(firstName="Kim").calls()
    assert again.refusal == (409, "ERROR_USER_ALREADY_EXISTS")
    assert users_stored() == 1


def test_two_partners_may_have_the_same_phone(somebody: Somebody) -> None:
    theirs = world.organization("org_" + "f" * 32, of=world.OTHER_PARTNER)
    assert somebody().calls().status == 200
    other = somebody().of(world.OTHER_PARTNER).with_body(organizationId=theirs.id).calls()
    assert other.status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("firstName", ""), ("lastName", ...), ("phone", "555"), ("email", "x"), ("address", {})],
)
def test_a_wrong_field_is_named(somebody: Somebody, field: str, value: Any) -> None:
    answer = somebody().with_body(**{field: value}).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith(field)
    assert users_stored() == 0


def test_a_key_replays_the_first_answer(somebody: Somebody) -> None:
    keyed = ("Idempotency-Key", "a-key")
    first = somebody().with_headers(keyed).calls()
    again = somebody().with_headers(keyed).calls()
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert users_stored() == 1
    different = somebody().with_headers(keyed).with_body(phone="+14155550199").calls()
    assert different.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert users_stored() == 1
