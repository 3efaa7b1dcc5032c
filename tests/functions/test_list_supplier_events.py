"""GET /vehicle-suppliers/events: the feed in the supplier API's form."""

from collections.abc import Callable

import pytest

from motorpool.tenants.users import User
from tests.functions import world
from tests.functions.conftest import Caller
from tests.functions.test_list_events import number_everything

Somebody = Callable[[], Caller]


@pytest.fixture(autouse=True)
def driver() -> User:
    world.partner()
    return world.driver(at=world.organization())


def test_events_are_shown_in_snake_case_with_what_the_supplier_api_shows(
    somebody: Somebody, driver: User
) -> None:
    vehicle = world.vehicle(of=driver)
    shown = Caller("get_supplier_vehicle").calls(vehicle_id=vehicle.id).body
    world.check_in(of=vehicle, photos=world.photos(of=driver))
    number_everything()
    answer = somebody().calls()
    assert answer.status == 200, answer.body
    assert answer.calls == ("Query", "BatchGetItem")
    data = {event["type"]: event["data"] for event in answer.body["events"]}
    assert set(data) == {"user.created", "vehicle.registered", "checkin.created"}
    assert data["vehicle.registered"]["vehicle"] == shown["vehicle"]
    assert data["checkin.created"]["check_in"]["check_in_status"] == "Pending"
    [photo] = data["checkin.created"]["check_in"]["license_photos"]
    assert set(photo) >= {"photo_url", "latitude", "longitude"}
    assert data["user.created"]["user"]["first_name"] == "Kim"
    assert data["checkin.created"]["vehicle_id"] == vehicle.id


def test_pages_and_filters_are_those_of_the_partner_api(somebody: Somebody, driver: User) -> None:
    vehicle = world.vehicle(of=driver)
    number_everything()
    first = somebody().with_query(limit="1").calls().body
    assert (len(first["events"]), first["has_more"]) == (1, True)
    rest = somebody().with_query(limit="1", after=first["after"]).calls().body
    assert (len(rest["events"]), rest["has_more"]) == (1, False)
    [event] = somebody().with_query(vehicle_id=vehicle.id).calls().body["events"]
    assert event["type"] == "vehicle.registered"
    assert somebody().with_query(after="evt_1").calls().refusal == (400, "bad_request")
