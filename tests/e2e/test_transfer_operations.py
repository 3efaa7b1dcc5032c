"""What operators do about transfers that do not get on: they look and relay."""

from collections.abc import Callable

import pytest

from tests.e2e.api import until
from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant

NOT_THERE = "trf_" + "0" * 32


@pytest.fixture(scope="module")
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


def is_open(fleet: Tenant, transfer_id: str) -> bool:
    return bool(fleet.supplier.transfer_of(transfer_id)["status"] == "accepted")


def test_a_stalled_transfer_is_listed_with_whole_ids_and_a_fresh_one_is_not(
    fleet: Tenant, motorpool: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stalled = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=90)
    fresh = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0)
    partner = ("--partner", fleet.partner.id)
    printed = motorpool("transfers", "list", *partner)
    [row] = [line for line in printed.splitlines() if stalled.id in line]
    assert stalled.vehicle_id in row
    assert "stalled for 9" in row
    assert fresh.id not in printed
    assert fresh.id in motorpool("transfers", "list", *partner, "--older-than", "0")
    assert stalled.id in motorpool("transfers", "list")


def test_a_failed_transfer_is_listed_with_its_reason_and_a_completed_one_is_not(
    fleet: Tenant, motorpool: Run
) -> None:
    done = fleet.supplier.moved(fleet.vehicle_id(), fleet.west.id)
    user = fleet.user(fleet.east)
    failing = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0, new_user=user)
    motorpool("transfers", "relay", "--older-than", "0")
    assert fleet.supplier.ended(failing.id)["status"] == "failed"
    mine = ("transfers", "list", "--partner", fleet.partner.id)
    printed = until(lambda: p if failing.id in (p := motorpool(*mine)) else None)
    [row] = [line for line in printed.splitlines() if failing.id in line]
    assert "The new user is not one of the new owner's" in row
    assert done["id"] not in printed


def test_a_transfer_is_shown_before_and_after_it_is_done(fleet: Tenant, motorpool: Run) -> None:
    transfer = fleet.stranded(fleet.vehicle_id(), fleet.east, seconds_ago=0)
    shown = rows(motorpool("transfers", "show", transfer.id))
    assert shown["status"] == "accepted"
    assert shown["vehicle"] == transfer.vehicle_id
    assert (shown["from"], shown["to"]) == (fleet.root.id, fleet.east.id)
    assert shown["present owner"] == fleet.root.id
    assert shown["vehicle is reserved for it"] == "yes"
    assert shown["completed"] == ""
    motorpool("transfers", "relay", "--older-than", "0")
    fleet.supplier.ended(transfer.id)
    shown = rows(motorpool("transfers", "show", transfer.id))
    assert shown["status"] == "completed"
    assert shown["present owner"] == fleet.east.id
    assert shown["vehicle is reserved for it"] == "no"
    assert shown["completed"].endswith("Z")


def rows(printed: str) -> dict[str, str]:
    """The rows of a table of two columns."""
    cells = [line.split("│")[1:3] for line in printed.splitlines() if "│" in line]
    return {name.strip(): value.strip() for name, value in cells}


@pytest.mark.parametrize("wrong", [NOT_THERE, "nonsense"])
def test_a_transfer_that_is_not_there_is_said_in_one_line(motorpool: Run, wrong: str) -> None:
    printed = motorpool("transfers", "show", wrong, fails=True)
    assert printed.startswith("motorpool: ")
    assert printed.count("\n") == 1


def test_relaying_completes_what_is_stalled_and_leaves_what_is_fresh(
    fleet: Tenant, motorpool: Run
) -> None:
    stalled = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=90)
    fresh = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=0)
    printed = motorpool("transfers", "relay")
    assert stalled.id in printed
    assert fresh.id not in printed
    assert "were sent" in printed
    assert fleet.supplier.ended(stalled.id)["status"] == "completed"
    assert is_open(fleet, fresh.id)


def test_a_dry_run_of_relaying_shows_what_would_be_sent_and_sends_nothing(
    fleet: Tenant, motorpool: Run
) -> None:
    stalled = fleet.stranded(fleet.vehicle_id(), fleet.west, seconds_ago=90)
    printed = motorpool("transfers", "relay", "--dry-run")
    assert stalled.id in printed
    assert "would be sent" in printed
    # What is asked for later is done by now, had it been sent.
    fleet.supplier.moved(fleet.vehicle_id(), fleet.east.id)
    assert is_open(fleet, stalled.id)
