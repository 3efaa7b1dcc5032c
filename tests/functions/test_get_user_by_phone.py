"""GET /users/by-phone/{phone}: the partner's user with that number."""

from collections.abc import Callable

import pytest

from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def root() -> Organization:
    root = world.organization()
    world.driver(at=root)
    return root


def test_the_user_is_as_by_id(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == Caller("get_user").calls().body


def test_the_claim_and_the_user_are_read(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("GetItem", "GetItem")


def test_a_plus_may_arrive_as_it_was_encoded(somebody: Somebody) -> None:
    assert somebody().calls(phone="%2B14155550100").body["id"] == world.USER


@pytest.mark.parametrize(
    "phone",
    ["+14155550199", "14155550100", "+1 415 555 0100", "+1415555010", "+0", "", "\0", "\ud800",
     "+14155550100\n", "a#b", "x" * 9999],
    ids=lambda phone: ascii(phone)[:16],
)  # fmt: skip
def test_a_phone_that_is_nobodys_is_not_found(somebody: Somebody, phone: str) -> None:
    assert somebody().calls(phone=phone).refusal == (404, "ERROR_USER_NOT_FOUND")


def test_another_partners_user_is_not_found(somebody: Somebody) -> None:
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_USER_NOT_FOUND")


def test_the_same_phone_is_another_user_at_another_partner(somebody: Somebody) -> None:
    theirs = world.organization("org_" + "e" * 32, of=world.OTHER_PARTNER)
    other = world.driver("usr_" + "e" * 32, at=theirs)
    assert somebody().of(world.OTHER_PARTNER).calls().body["id"] == other.id
    assert somebody().calls().body["id"] == world.USER


def test_a_user_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
