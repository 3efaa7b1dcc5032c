"""PUT /vehicles/checkin/mileage/{id}/review: what a decision does, and who may take it."""

from collections.abc import Callable
from typing import Any

import pytest

from motorpool.checkins import store as checkins
from motorpool.photos import store as photos
from motorpool.tenants.organizations import Organization
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored, in_queues

Somebody = Callable[[], Caller]

INVALID = (400, "ERROR_INVALID_PARAMETERS")
NOTE = "The plate is unreadable."


@pytest.fixture(autouse=True)
def root() -> Organization:
    world.partner()
    return world.organization()


@pytest.fixture(autouse=True)
def vehicle(root: Organization) -> Vehicle:
    """A vehicle with a pending check-in at 40,000."""
    driver = world.driver(at=root)
    _, after = world.check_in(of=world.vehicle(of=driver), photos=world.photos(of=driver))
    return after


def reviewed(somebody: Somebody, status: str, note: Any = NOTE) -> Caller:
    return somebody().with_body(checkInStatus=status, adminNote=note)


def the_vehicle() -> dict[str, Any]:
    [item] = [item for item in everything_stored() if item["sk"] == "VEHICLE"]
    return item


@pytest.mark.parametrize("status", ["Confirmed", "Declined", "OnHold"])
def test_a_decision_is_answered_and_kept_with_its_note(somebody: Somebody, status: str) -> None:
    answer = reviewed(somebody, status).calls()
    assert answer.status == 200
    assert (answer.body["checkInStatus"], answer.body["adminNote"]) == (status, NOTE)
    assert answer.body["id"] == world.CHECK_IN
    read = Caller("get_mileage_check_in").calls()
    assert read.body == answer.body


def test_a_read_and_a_write_are_enough(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("BatchGetItem", "TransactWriteItems")


@pytest.mark.parametrize(
    ("status", "open", "highest"),
    [("Confirmed", False, 40_000), ("Declined", False, None), ("OnHold", True, 40_000)],
)
def test_the_vehicle_is_as_the_decision_leaves_it(
    somebody: Somebody, status: str, open: bool, highest: int | None
) -> None:
    assert reviewed(somebody, status).calls().status == 200
    assert ("openCheckInId" in the_vehicle()) == open
    assert the_vehicle().get("highestMileage") == highest
    assert ("lastCheckInAt" in the_vehicle()) == (status != "Declined")


def test_only_what_awaits_review_is_in_the_queue(somebody: Somebody) -> None:
    def queued_for(status: str) -> set[tuple[str, str]]:
        return {(world.PARTNER, status), (world.ORGANIZATION, status)}

    assert in_queues() == queued_for("Pending")
    assert reviewed(somebody, "OnHold").calls().status == 200
    assert in_queues() == queued_for("OnHold")
    assert reviewed(somebody, "Declined").calls().status == 200
    assert in_queues() == set()


@pytest.mark.parametrize("status", ["Declined", "OnHold"])
@pytest.mark.parametrize("note", [..., None, "", "   "], ids=str)
def test_who_does_not_confirm_must_say_why(somebody: Somebody, status: str, note: Any) -> None:
    answer = reviewed(somebody, status, note).calls()
    assert answer.refusal == INVALID
    assert "adminNote" in answer.message


@pytest.mark.parametrize("status", ["Pending", "confirmed", "", None, 7, ...], ids=str)
def test_no_other_decision_can_be_taken(somebody: Somebody, status: Any) -> None:
    answer = reviewed(somebody, status).calls()
    assert answer.refusal == INVALID
    assert "checkInStatus" in answer.message


@pytest.mark.parametrize("first", ["Confirmed", "Declined"])
@pytest.mark.parametrize("then", ["Confirmed", "Declined", "OnHold"])
def test_confirmed_and_declined_are_final(somebody: Somebody, first: str, then: str) -> None:
    assert reviewed(somebody, first).calls().status == 200
    before = everything_stored()
    answer = reviewed(somebody, then).calls()
    assert answer.refusal == (409, "ERROR_CHECKIN_IS_FINAL")
    assert first in answer.message
    assert everything_stored() == before


def test_what_is_on_hold_cannot_be_put_there_again(somebody: Somebody) -> None:
    assert reviewed(somebody, "OnHold").calls().status == 200
    assert reviewed(somebody, "OnHold").calls().refusal == INVALID


def test_a_review_needs_its_scope(somebody: Somebody) -> None:
    answer = somebody().with_scopes("vehicle_suppliers.vehicles.read").calls()
    assert answer.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert answer.calls == ()


@pytest.mark.parametrize(
    "id", ["chk_9", "chk_" + "9" * 56, "\0", "a#b", world.VEHICLE, world.CHECK_IN + "0"]
)
def test_a_check_in_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    assert somebody().calls(id=id).refusal == (404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")


def test_another_partners_check_in_is_not_found(somebody: Somebody) -> None:
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")


def test_a_client_of_a_branch_reviews_its_own_only(somebody: Somebody, root: Organization) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert somebody().linked_to(root.id, root.path).calls().status == 200


def test_a_second_reviewer_meets_the_decision_of_the_first(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = checkins.get

    def after_the_first_has_declined(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        monkeypatch.setattr(checkins, "get", read)
        assert reviewed(somebody, "Declined").calls().status == 200
        return found

    monkeypatch.setattr(checkins, "get", after_the_first_has_declined)
    monkeypatch.setattr("time.sleep", lambda _: None)
    answer = reviewed(somebody, "Confirmed").calls()
    assert answer.refusal == (409, "ERROR_CHECKIN_IS_FINAL")
    assert "highestMileage" not in the_vehicle()


def test_a_vehicle_changed_between_reading_and_writing_keeps_the_change(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = checkins.get

    def after_the_plate_was_changed(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        monkeypatch.setattr(checkins, "get", read)
        assert Caller("update_vehicle").calls().status == 200
        return found

    monkeypatch.setattr(checkins, "get", after_the_plate_was_changed)
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert reviewed(somebody, "Confirmed").calls().status == 200
    assert the_vehicle()["plate"] == "TEST-456"
    assert "openCheckInId" not in the_vehicle()


def test_photos_of_a_declined_check_in_stay_used(somebody: Somebody) -> None:
    assert reviewed(somebody, "Declined").calls().status == 200
    photo = photos.find(world.LICENSE_PHOTO)
    assert photo is not None
    assert photo.used_by == world.CHECK_IN


def test_a_deactivated_vehicles_check_in_can_still_be_reviewed(
    somebody: Somebody,
) -> None:
    assert Caller("deactivate_vehicle").calls().status == 200
    assert reviewed(somebody, "Confirmed").calls().status == 200
    assert "openCheckInId" not in the_vehicle()
