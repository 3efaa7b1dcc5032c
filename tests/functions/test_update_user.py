"""PUT /users/{userId}: what is named changes; a phone is one user's, and its vehicles' too."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.world import BUILDER, World
from motorpool.dynamodb import table
from motorpool.tenants import user_store as users
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles import store as vehicles
from tests.functions import world
from tests.functions.conftest import Answer, Caller, everything_stored

Somebody = Callable[[], Caller]
NOTHING: dict[str, Any] = {"firstName": ..., "phone": ..., "address": ...}
TAKEN = (409, "ERROR_USER_ALREADY_EXISTS")


@pytest.fixture(autouse=True)
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def driver(root: Organization) -> User:
    return world.driver(at=root)


def changed(somebody: Somebody, **changes: Any) -> Answer:
    return somebody().with_body(**NOTHING | changes).calls()


def phones() -> set[str]:
    return {
        item["pk"].partition("#PHONE#")[2]
        for item in everything_stored()
        if "#PHONE#" in item["pk"]
    }


def test_what_is_named_changes_and_the_rest_stays(somebody: Somebody) -> None:
    before = Caller("get_user").calls().body
    answer = changed(somebody, lastName="Okafor", email="kim@example.com", address={"state": "nv"})
    assert answer.status == 200
    assert answer.body == before | {
        "lastName": "Okafor",
        "email": "kim@example.com",
        "address": {"state": "NV"},
        "updated": answer.body["updated"],
    }
    assert Caller("get_user").calls().body == answer.body
    assert changed(somebody, email="").body["email"] is None


def test_what_changes_nothing_writes_nothing(somebody: Somebody, driver: User) -> None:
    answer = changed(somebody, phone=driver.phone, email=None)
    assert (answer.status, answer.calls) == (200, ("GetItem",))


def test_a_new_phone_frees_the_old_one(
    somebody: Somebody, driver: User, root: Organization
) -> None:
    assert changed(somebody, phone="+14155550199").status == 200
    assert phones() == {"+14155550199"}
    World().driver(at=root, phone=driver.phone)
    assert changed(somebody, phone=driver.phone).refusal == TAKEN
    assert phones() == {"+14155550199", driver.phone}


def test_the_users_vehicles_have_the_new_phone_and_it_is_in_their_history(
    somebody: Somebody, driver: User
) -> None:
    world.vehicle(of=driver)
    answer = changed(somebody, phone="+14155550199")
    assert answer.calls == ("GetItem", "Query", "TransactWriteItems")
    assert Caller("get_vehicle").calls().body["customerPhoneNumber"] == "+14155550199"
    [entry, _] = Caller("list_vehicle_history").calls().body["history"]
    assert (entry["type"], entry["changed"]) == ("vehicle.updated", ["customerPhoneNumber"])


def test_more_vehicles_than_a_transaction_takes_are_refused(
    somebody: Somebody, driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vehicles, "MOST_RENUMBERED", 1)
    World().vehicle(of=driver)
    assert changed(somebody, phone="+14155550199").status == 200
    World().vehicle(of=driver)
    answer = changed(somebody, phone="+14155550198")
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("phone: ")


def test_as_many_vehicles_as_are_allowed_fit_into_one_transaction(
    somebody: Somebody, driver: User
) -> None:
    for _ in range(vehicles.MOST_RENUMBERED):
        World().vehicle(of=driver)
    key = ("Idempotency-Key", "a")
    answer = somebody().with_headers(key).with_body(**NOTHING | {"phone": "+14155550199"}).calls()
    assert answer.status == 200


def test_a_user_that_somebody_else_changed_meanwhile_is_decided_again(driver: User) -> None:
    table.transact(*users.changed(driver, driver.updated_with({"last_name": "A"}), by=BUILDER))
    with pytest.raises(table.VersionConflict):
        table.transact(*users.changed(driver, driver.updated_with({"last_name": "B"}), by=BUILDER))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("firstName", None),
        ("lastName", ""),
        ("phone", None),
        ("phone", "555"),
        ("email", "nobody"),
        ("address", None),
        ("address.state", {"state": "XX"}),
    ],
)
def test_a_wrong_field_is_named(somebody: Somebody, field: str, value: Any) -> None:
    answer = changed(somebody, **{field.partition(".")[0]: value})
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith(f"{field}: ")


def test_users_of_others_are_refused(somebody: Somebody, root: Organization) -> None:
    east = World().organization("East", parent=root)
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == (404, "ERROR_USER_NOT_FOUND")
    outside = somebody().linked_to(east.id, east.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
