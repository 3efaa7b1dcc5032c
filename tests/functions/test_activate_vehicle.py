"""PUT /vehicles/{vehicleId}/activate: on the books again, if nobody took its VIN or plate."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.tenants.organizations import Organization
from motorpool.vehicles import store as vehicles
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]

SAME_PLATE = {"vin": "1FMCU14T2JU000001", "licensePlate": world.PLATE}
TAKEN = (409, "ERROR_VEHICLE_ALREADY_EXISTS")


@pytest.fixture(autouse=True)
def root() -> Organization:
    root = world.organization()
    world.vehicle(of=world.driver(at=root))
    return root


@pytest.fixture
def inactive() -> dict[str, Any]:
    """The vehicle as it was when it was deactivated."""
    body: dict[str, Any] = Caller("deactivate_vehicle").calls().body
    return body


def test_it_is_active_as_it_was_before(somebody: Somebody, inactive: dict[str, Any]) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    assert answer.body == inactive | {"active": True, "updated": answer.body["updated"]}
    assert answer.calls == ("GetItem", "TransactWriteItems")


def test_vin_and_plate_are_held_again(somebody: Somebody, inactive: dict[str, Any]) -> None:
    somebody().calls()
    register = Caller("create_vehicle_by_vin")
    assert register.calls().refusal == TAKEN
    other_vin = Caller("create_vehicle_by_vin").with_body(**SAME_PLATE)
    assert other_vin.calls().refusal == TAKEN  # for its plate


@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ({"licensePlate": None}, "VIN"),
        (SAME_PLATE, "license plate"),
        ({"licensePlate": world.PLATE}, "VIN"),
    ],
    ids=["the VIN", "the plate", "both"],
)
def test_what_was_taken_meanwhile_is_said_and_nothing_is_changed(
    somebody: Somebody, inactive: dict[str, Any], taken: dict[str, Any], named: str
) -> None:
    assert Caller("create_vehicle_by_vin").with_body(**taken).calls().status == 200
    before = everything_stored()
    answer = somebody().calls()
    assert answer.refusal == TAKEN
    assert named in answer.message
    assert everything_stored() == before


def test_it_can_be_activated_with_another_plate(
    somebody: Somebody, inactive: dict[str, Any]
) -> None:
    taken = Caller("create_vehicle_by_vin").with_body(**SAME_PLATE)
    assert taken.calls().status == 200
    assert Caller("update_vehicle").calls().status == 200
    assert somebody().calls().status == 200


def test_again_is_the_same_and_writes_nothing(somebody: Somebody) -> None:
    before = Caller("get_vehicle").calls().body
    answer = somebody().calls()
    assert (answer.status, answer.body, answer.calls) == (200, before, ("GetItem",))


def test_whoever_is_second_of_two_at_once_finds_it_active(
    somebody: Somebody, inactive: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = vehicles.get

    def after_the_first_has_activated(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        monkeypatch.setattr(vehicles, "get", read)
        assert somebody().calls().status == 200
        return found

    monkeypatch.setattr(vehicles, "get", after_the_first_has_activated)
    monkeypatch.setattr("time.sleep", lambda _: None)
    answer = somebody().calls()
    assert (answer.status, answer.body["active"]) == (200, True)
