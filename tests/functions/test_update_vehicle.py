"""PUT /vehicles/{vehicleId}: what is named changes, and nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.vehicles import store as vehicles
from motorpool.vehicles.vin import DecodedVin
from tests.functions import world
from tests.functions.conftest import Answer, Caller, everything_stored

Somebody = Callable[[], Caller]

ANOTHER_BRONCO = DecodedVin("1FMCU14T2JU000001", "FORD", "Bronco II", None, 1988)
EMPTY = {"licensePlate": ..., "state": ..., "colorHexCode": ...}
TAKEN = (409, "ERROR_VEHICLE_ALREADY_EXISTS")


@pytest.fixture(autouse=True)
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def driver(root: Organization) -> User:
    driver = world.driver(at=root)
    world.vehicle(of=driver)
    return driver


def changed(somebody: Somebody, **changes: Any) -> Caller:
    """The request with these fields and no others."""
    return somebody().with_body(**EMPTY | changes)


def claims() -> set[str]:
    """The plates that are held, with their states."""
    return {
        item["pk"].partition("#PLATE#")[2]
        for item in everything_stored()
        if "#PLATE#" in item["pk"]
    }


def invalid(answer: Answer) -> str:
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    return answer.message


def test_external_id_and_metadata_are_replaced_and_cleared(somebody: Somebody) -> None:
    own = {"externalId": "7", "metadata": {"a": "1", "b": "2"}}
    body = changed(somebody, **own).calls().body
    assert {name: body[name] for name in own} == own
    body = changed(somebody, metadata={"c": "3"}).calls().body
    assert (body["externalId"], body["metadata"]) == ("7", {"c": "3"})
    body = changed(somebody, externalId="", metadata=None).calls().body
    assert (body["externalId"], body["metadata"]) == (None, None)
    assert not [item for item in everything_stored() if "#EXTERNAL#" in item["pk"]]
    history = Caller("list_vehicle_history").calls().body["history"]
    assert history[2]["changed"] == ["externalId", "metadata"]
    assert history[2]["vehicle"]["metadata"] == own["metadata"]


def test_what_is_named_changes_and_the_rest_stays(somebody: Somebody) -> None:
    before = Caller("get_vehicle").calls().body
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == before | {
        "license": "TEST-456",
        "state": "NV",
        "updated": answer.body["updated"],
    }
    assert answer.body["updated"] >= before["updated"]
    assert Caller("get_vehicle").calls().body == answer.body


def test_a_read_and_a_write_are_enough(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("GetItem", "TransactWriteItems")


@pytest.mark.parametrize("body", [{}, {"unknown": 1}], ids=str)
def test_an_empty_request_changes_nothing(somebody: Somebody, body: dict[str, Any]) -> None:
    before = Caller("get_vehicle").calls().body
    answer = changed(somebody, **body).calls()
    assert answer.body | {"updated": before["updated"]} == before
    assert claims() == {"CA#TEST123"}


def test_the_old_plate_is_free_and_the_new_one_is_held(somebody: Somebody) -> None:
    assert somebody().calls().status == 200
    assert claims() == {"NV#TEST456"}


@pytest.mark.parametrize("nothing", ["", " ", None], ids=repr)
def test_an_empty_plate_clears_it_and_frees_it_but_not_the_state(
    somebody: Somebody, nothing: Any
) -> None:
    answer = changed(somebody, licensePlate=nothing).calls()
    assert (answer.body["license"], answer.body["state"]) == (None, "CA")
    assert claims() == set()


def test_plate_and_state_can_be_cleared_together(somebody: Somebody) -> None:
    answer = changed(somebody, licensePlate="", state="").calls()
    assert (answer.body["license"], answer.body["state"]) == (None, None)


@pytest.mark.parametrize("nothing", ["", None], ids=repr)
def test_a_plate_does_not_stay_without_its_state(somebody: Somebody, nothing: Any) -> None:
    assert invalid(changed(somebody, state=nothing).calls()).startswith("state: ")
    assert claims() == {"CA#TEST123"}


def test_a_plate_moves_with_its_state(somebody: Somebody) -> None:
    assert changed(somebody, state="nv").calls().body["state"] == "NV"
    assert claims() == {"NV#TEST123"}


def test_the_same_plate_in_another_spelling_stays_held(somebody: Somebody) -> None:
    answer = changed(somebody, licensePlate="test 123").calls()
    assert (answer.status, answer.body["license"]) == (200, "test 123")
    assert claims() == {"CA#TEST123"}


def test_a_plate_that_an_active_vehicle_has_is_taken(somebody: Somebody, driver: User) -> None:
    world.vehicle("veh_" + "a" * 32, of=driver, car=ANOTHER_BRONCO, plate="OTHER-1")
    before = everything_stored()
    assert changed(somebody, licensePlate="other 1").calls().refusal == TAKEN
    assert everything_stored() == before


def test_a_plate_that_a_deactivated_vehicle_had_is_free(somebody: Somebody, driver: User) -> None:
    other = world.vehicle("veh_" + "a" * 32, of=driver, car=ANOTHER_BRONCO, plate="OTHER-1")
    assert Caller("deactivate_vehicle").calls(vehicleId=other.id).status == 200
    assert changed(somebody, licensePlate="OTHER-1").calls().status == 200


def test_a_deactivated_vehicle_may_have_any_plate_until_it_is_activated(
    somebody: Somebody, driver: User
) -> None:
    world.vehicle("veh_" + "a" * 32, of=driver, car=ANOTHER_BRONCO, plate="OTHER-1")
    assert Caller("deactivate_vehicle").calls().status == 200
    assert changed(somebody, licensePlate="OTHER-1").calls().status == 200
    assert claims() == {"CA#OTHER1"}
    assert Caller("activate_vehicle").calls().refusal == TAKEN


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("photoUrl", "https://example.com/car.jpg", "https://example.com/car.jpg"),
        ("photoUrl", "", None),
        ("photoUrl", None, None),
    ],
)
def test_a_photo_is_set_and_cleared(
    somebody: Somebody, field: str, value: Any, shown: str | None
) -> None:
    changed(somebody, photoUrl="https://example.com/first.jpg").calls()
    assert changed(somebody, **{field: value}).calls().body[field] == shown


def test_a_color_is_kept_in_capitals_and_cleared(somebody: Somebody) -> None:
    def color() -> Any:
        [item] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
        return item.get("colorHexCode")

    changed(somebody, colorHexCode="ff8800").calls()
    assert color() == "FF8800"
    changed(somebody, colorHexCode="").calls()
    assert color() is None


def test_a_vehicle_is_given_to_another_user_of_its_organization(
    somebody: Somebody, root: Organization
) -> None:
    other = world.driver("usr_" + "b" * 32, at=root, phone="+14155550101")
    body = changed(somebody, userId=other.id).calls().body
    assert (body["userId"], body["customerPhoneNumber"]) == (other.id, other.phone)


@pytest.mark.parametrize("nobody", ["", None], ids=repr)
def test_a_vehicle_may_be_nobodys(somebody: Somebody, nobody: Any) -> None:
    body = changed(somebody, userId=nobody).calls().body
    assert (body["userId"], body["customerPhoneNumber"]) == (None, None)


def test_a_user_of_another_organization_needs_a_transfer(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    other = world.driver("usr_" + "b" * 32, at=branch, phone="+14155550101")
    message = invalid(changed(somebody, userId=other.id).calls())
    assert message.startswith("userId: belongs to another organization")


@pytest.mark.parametrize("id", ["usr_1", "usr_" + "9" * 32])
def test_a_user_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    answer = changed(somebody, userId=id).calls()
    assert answer.refusal == (404, "ERROR_USER_NOT_FOUND")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("licensePlate", "#"), ("licensePlate", "x" * 17), ("licensePlate", 7),
        ("state", "XX"), ("state", 7),
        ("photoUrl", "ftp://x"), ("photoUrl", "javascript:alert(1)"), ("photoUrl", 7),
        ("photoUrl", "https://" + "x" * 2048), ("photoUrl", "https://a b"),
        ("colorHexCode", "red"), ("colorHexCode", "#FFFFFF"), ("colorHexCode", "FFFFF"),
        ("userId", 7), ("userId", "x" * 65),
    ],
    ids=lambda value: ascii(value)[:16],
)  # fmt: skip
def test_a_wrong_field_is_named(somebody: Somebody, field: str, value: Any) -> None:
    assert invalid(changed(somebody, **{field: value}).calls()).startswith(f"{field}: ")


def test_two_changes_at_once_are_both_kept(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = vehicles.get

    def after_the_color_was_changed(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        monkeypatch.setattr(vehicles, "get", read)
        assert changed(somebody, photoUrl="https://example.com/car.jpg").calls().status == 200
        return found

    monkeypatch.setattr(vehicles, "get", after_the_color_was_changed)
    monkeypatch.setattr("time.sleep", lambda _: None)
    body = somebody().calls().body
    assert (body["license"], body["photoUrl"]) == ("TEST-456", "https://example.com/car.jpg")
