"""The rules of a transfer, and the custody that it begins."""

from dataclasses import replace

import pytest

from infra.local.world import BUILDER
from motorpool.api.public_url import PublicUrl
from motorpool.clock import iso
from motorpool.errors import (
    MotorpoolError,
    OrganizationNotFound,
    TransferInProgress,
    TransferOfAssignedVehicle,
)
from motorpool.history.model import Entry
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from motorpool.transfers.model import Standing, Transfer, TransferContext
from motorpool.transfers.supplier_api import TransferredVehicle, TransferView
from motorpool.vehicles.custody import Custody
from motorpool.vehicles.custody_api import CustodyAnswer
from motorpool.vehicles.model import Vehicle
from tests.unit.conftest import WORLD

PARTNER = "ptr_" + "1" * 32
HERE = PublicUrl("https://api.example.com/v1")


@pytest.fixture
def target(fleet: Organization) -> Organization:
    return WORLD.organization(parent=fleet)


@pytest.fixture
def vehicle(fleet: Organization) -> Vehicle:
    return WORLD.vehicle(of=WORLD.driver(at=fleet))


def user_of(organization: Organization) -> User:
    return WORLD.driver(at=organization, phone="+14155550188")


def refusal_of(vehicle: Vehicle, target: Organization) -> type[MotorpoolError]:
    with pytest.raises(MotorpoolError) as refused:
        TransferContext(vehicle, target, None).accepted()
    return refused.type


def test_a_transfer_is_possible_within_a_supplier_type_active_or_not(
    vehicle: Vehicle, target: Organization
) -> None:
    for state in (vehicle, replace(vehicle, active=False)):
        transfer, reserved = TransferContext(state, target, None).accepted()
        assert reserved.pending_transfer_id == transfer.id


def test_what_forbids_a_transfer(
    vehicle: Vehicle, target: Organization, fleet: Organization
) -> None:
    rental = replace(target, supplier_type="Rental")
    assigned = replace(vehicle, driver_id="usr_2")
    pending = replace(vehicle, pending_transfer_id="trf_1", pending_owner_id="org_2")
    assert refusal_of(vehicle, rental) is OrganizationNotFound
    assert refusal_of(assigned, target) is TransferOfAssignedVehicle
    assert refusal_of(pending, target) is TransferInProgress


def test_an_accepted_transfer_reserves_the_vehicle_and_moves_nothing(
    vehicle: Vehicle, target: Organization
) -> None:
    transfer, reserved = Transfer.accepted(vehicle, target, None)
    assert reserved == replace(
        vehicle,
        pending_transfer_id=transfer.id,
        pending_owner_id=target.id,
        updated=transfer.accepted_at,
    )
    assert (transfer.from_owner_id, transfer.to_owner_id) == (vehicle.owner_id, target.id)
    assert transfer.freshness_ms is None


def custody_of(transfer: Transfer) -> Custody:
    """The custody that its entry in the vehicle's history begins."""
    entry = Entry.create(transfer.event(), subject_id=transfer.vehicle_id, after=None, by=BUILDER)
    return Custody.begun(entry)


@pytest.mark.parametrize("with_user", [False, True])
def test_a_completed_transfer_moves_the_vehicle_and_begins_a_custody(
    vehicle: Vehicle, target: Organization, with_user: bool
) -> None:
    user = user_of(target) if with_user else None
    transfer, reserved = Transfer.accepted(vehicle, target, user)
    done, moved = transfer.completed(reserved, user)
    assert done.transfer_status == "completed"
    assert done.completed_at is not None
    assert done.freshness_ms == done.completed_at - transfer.accepted_at
    assert (moved.owner_id, moved.owner_path) == (target.id, target.path)
    assert (moved.user_id, moved.customer_phone) == (
        (user.id, user.phone) if user else (None, None)
    )
    assert (moved.pending_transfer_id, moved.pending_owner_id) == (None, None)
    assert custody_of(done) == Custody(
        owner_id=target.id, since=done.completed_at, transfer_id=transfer.id
    )
    assert moved.custody_number == 2


def test_a_failed_transfer_releases_the_vehicle_only_if_it_was_reserved_for_it(
    vehicle: Vehicle, target: Organization
) -> None:
    transfer, reserved = Transfer.accepted(vehicle, target, None)
    failed, released = transfer.failed("because", reserved)
    assert (failed.transfer_status, failed.failure) == ("failed", "because")
    assert failed.freshness_ms is None
    assert released is not None
    assert (released.pending_transfer_id, released.owner_id) == (None, vehicle.owner_id)
    others = replace(reserved, pending_transfer_id="trf_other")
    assert transfer.failed("because", others)[1] is others
    assert transfer.failed("because", None)[1] is None


def test_the_same_transfer_again_is_answered_and_any_other_is_not(
    vehicle: Vehicle, target: Organization, fleet: Organization
) -> None:
    transfer, reserved = Transfer.accepted(vehicle, target, None)
    _, moved = transfer.completed(reserved, None)

    def standing(vehicle: Vehicle, owner: Organization) -> Standing | None:
        return TransferContext(vehicle, owner, None).standing

    assert standing(vehicle, target) is None
    assert standing(reserved, fleet) is None
    assert standing(moved, fleet) is None
    assert standing(reserved, target) == Standing(transfer.id, "accepted")
    assert standing(moved, target) == Standing(transfer.id, "completed")
    own = Standing(None, "completed")
    assert standing(vehicle, fleet) == own

    def location(standing: Standing) -> dict[str, str]:
        answer = TransferredVehicle.standing(TransferContext(moved, target, None), standing)
        assert answer.vehicle.owner_id == target.id
        return answer.location(HERE)

    there = f"https://api.example.com/v1/vehicle-suppliers/transfers/{transfer.id}"
    assert location(Standing(transfer.id, "completed")) == {"Location": there}
    assert location(own) == {}


def test_a_transfer_and_its_custody_are_shown_with_times_for_people(
    vehicle: Vehicle, target: Organization
) -> None:
    transfer, reserved = Transfer.accepted(vehicle, target, None)
    done, _ = transfer.completed(reserved, None)
    custody = custody_of(done)
    assert done.completed_at is not None
    assert TransferView.of(transfer).completed_at is None
    assert TransferView.of(done).completed_at == iso(done.completed_at)
    [link] = CustodyAnswer.of([custody], None).custody
    assert (link.since, link.transfer_id) == (iso(custody.since), transfer.id)


def test_a_vehicle_on_its_way_takes_no_driver_but_may_lose_one(
    vehicle: Vehicle, fleet: Organization
) -> None:
    pending = replace(vehicle, pending_transfer_id="trf_1", driver_id="usr_2")
    assert pending.unassigned().driver_id is None
    driver = user_of(fleet)
    with pytest.raises(TransferInProgress):
        replace(pending, driver_id=None).assigned_to(driver)
