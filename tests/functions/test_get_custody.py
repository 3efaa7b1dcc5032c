"""GET …/custody: who owned a vehicle, from when, by which transfer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from motorpool.clock import iso
from motorpool.tenants.organizations import Organization
from motorpool.transfers import apply
from motorpool.transfers import store as transfers
from motorpool.transfers.apply import TransferMessage
from motorpool.vehicles.model import Vehicle
from tests.functions import world
from tests.functions.conftest import Caller
from tests.functions.test_list_events import number_everything

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture(autouse=True)
def vehicle(root: Organization) -> Vehicle:
    return world.vehicle(of=world.driver(at=root))


def transferred(vehicle: Vehicle, to: Organization) -> None:
    world.transfer(of=vehicle, to=to)
    apply.apply(TransferMessage(transfer_id=world.TRANSFER, vehicle_id=vehicle.id))


def test_a_registered_vehicle_is_its_owners_from_the_day_it_was_added(
    somebody: Somebody, vehicle: Vehicle
) -> None:
    answer = somebody().calls()
    assert answer.body == {
        "custody": [
            {
                "owner_id": world.ORGANIZATION,
                "since": iso(vehicle.date_added),
                "transfer_id": None,
            }
        ],
        "next_page_token": None,
    }
    assert answer.calls == ("GetItem", "Query")


def test_a_transfer_adds_a_link(somebody: Somebody, vehicle: Vehicle, root: Organization) -> None:
    transferred(vehicle, world.organization(world.TARGET, parent=root))
    done = transfers.find(world.TRANSFER)
    assert done is not None
    assert done.completed_at is not None
    first, second = somebody().calls().body["custody"]
    assert first["owner_id"] == world.ORGANIZATION
    assert second == {
        "owner_id": world.TARGET,
        "since": iso(done.completed_at),
        "transfer_id": world.TRANSFER,
    }


def test_pages_have_every_link_once(
    somebody: Somebody, vehicle: Vehicle, root: Organization
) -> None:
    transferred(vehicle, world.organization(world.TARGET, parent=root))
    first = somebody().with_query(page_size="1").calls().body
    token = first["next_page_token"]
    second = somebody().with_query(page_size="1", page_token=token).calls().body
    owners = [link["owner_id"] for link in first["custody"] + second["custody"]]
    assert owners == [world.ORGANIZATION, world.TARGET]
    forged = somebody().with_query(page_token=token[:-4] + "AAAA").calls()
    assert forged.refusal == (400, "bad_request")


def test_a_page_is_full_whatever_else_is_in_the_history(
    somebody: Somebody, vehicle: Vehicle, root: Organization
) -> None:
    for number in range(20):
        vehicle = world.changed(vehicle, replace(vehicle, color_hex_code=f"{number:06}"))
    transferred(vehicle, world.organization(world.TARGET, parent=root))
    page = somebody().with_query(page_size="2").calls().body
    owners = [link["owner_id"] for link in page["custody"]]
    assert owners == [world.ORGANIZATION, world.TARGET]
    assert page["next_page_token"] is None


def test_the_old_owners_client_does_not_see_it_any_more(
    somebody: Somebody, vehicle: Vehicle, root: Organization
) -> None:
    west = world.organization("org_" + "e" * 32, parent=root)
    transferred(vehicle, world.organization(world.TARGET, parent=root))
    assert somebody().linked_to(west.id, west.path).calls().refusal == (404, "vehicle_not_found")
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == (404, "vehicle_not_found")
    target = somebody().linked_to(world.TARGET, f"{root.id}/{world.TARGET}")
    assert target.calls().status == 200


def test_what_the_vehicle_has_in_the_feed_is_no_link(somebody: Somebody, vehicle: Vehicle) -> None:
    before = somebody().calls().body
    number_everything()
    assert somebody().calls().body == before
