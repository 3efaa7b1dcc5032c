"""Check-ins made, held, declined, confirmed and sent anew in any order, against a simple model.

The real handlers run on the real store, one after the other (moto knows no concurrency).
"""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from motorpool.dynamodb import keys, table
from motorpool.photos import store as photos
from motorpool.photos.model import Photo
from motorpool.vehicles.vin import DecodedVin
from tests.functions import wire, world
from tests.functions.conftest import Answer, Caller, in_queues, made_table

MILEAGES = st.integers(1, 30)
DECISIONS = st.sampled_from(["Confirmed", "Declined", "OnHold"])

_numbers = itertools.count(1)


@dataclass
class Modelled:
    """A check-in as the model knows it."""

    id: str
    mileage: int
    status: str = "Pending"

    @property
    def open(self) -> bool:
        return self.status in {"Pending", "OnHold"}


class CheckIns(RuleBasedStateMachine):
    """One vehicle of a partner of its own."""

    def __init__(self) -> None:
        super().__init__()
        # moto copies the whole table for each transaction: it had better be small.
        wire.aws("dynamodb").delete_table(TableName=table.table_name())
        made_table(table.table_name())
        self.number = next(_numbers)
        self.partner = world.partner(f"ptr_{self.number:032x}")
        root = world.organization(f"org_{self.number:032x}", of=self.partner.id)
        self.driver = world.driver(f"usr_{self.number:032x}", at=root)
        car = DecodedVin(f"1FMCU14T6JU{self.number:06}", "FORD", "Bronco II", None, 1988)
        self.vehicle = f"veh_{self.number:032x}"
        world.vehicle(self.vehicle, of=self.driver, car=car)
        self.active = True
        self.known: list[Modelled] = []
        self.used = 0

    # --- the model -------------------------------------------------------------------------------

    @property
    def counted(self) -> list[int]:
        """The mileages that count, in the order in which they were checked in."""
        return [each.mileage for each in self.known if each.status != "Declined"]

    @property
    def open(self) -> Modelled | None:
        return self.known[-1] if self.known and self.known[-1].open else None

    # --- what callers do -------------------------------------------------------------------------

    def caller(self, name: str) -> Caller:
        return Caller(name).of(self.partner.id)

    def pair(self) -> dict[str, Any]:
        """Two photos that nobody used."""
        made = [
            replace(Photo.create(self.driver, "image/jpeg"), photo_status="Ready", version_id="v")
            for _ in range(2)
        ]
        table.transact(*(write for photo in made for write in photos.add(photo)))
        license, odometer = ([{"url": f"{world.API}/photo/{photo.id}"}] for photo in made)
        return {"licensePhotos": license, "odometerPhotos": odometer}

    def outcome(self, answer: Answer) -> str:
        return "" if answer.status == 200 else str(answer.refusal[1])

    @rule(mileage=MILEAGES)
    def create(self, mileage: int) -> None:
        request = {"vehicleId": self.vehicle, "mileage": mileage} | self.pair()
        answer = self.caller("create_mileage_check_in").with_body(**request).calls()
        if not self.active:
            expected = "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY"
        elif self.open:
            expected = "ERROR_CHECKIN_IS_LOCKED"
        elif self.counted and mileage < max(self.counted):
            expected = "ERROR_MILEAGE"
        else:
            expected = ""
            self.known.append(Modelled(answer.body["id"], mileage))
            self.used += 2
        assert self.outcome(answer) == expected

    @precondition(lambda self: self.known)
    @rule(which=st.integers(0, 3), decision=DECISIONS)
    def review(self, which: int, decision: str) -> None:
        """Mostly the latest, sometimes one of those before it."""
        check_in = self.known[-1 - which % len(self.known)]
        caller = self.caller("review_mileage_check_in")
        caller.with_body(checkInStatus=decision, adminNote="So.")
        answer = caller.calls(id=check_in.id)
        if not check_in.open:
            expected = "ERROR_CHECKIN_IS_FINAL"
        elif check_in.status == decision:
            expected = "ERROR_INVALID_PARAMETERS"
        else:
            expected = ""
            check_in.status = decision
        assert self.outcome(answer) == expected

    @precondition(lambda self: self.known)
    @rule(which=st.integers(0, 1), mileage=MILEAGES)
    def update(self, which: int, mileage: int) -> None:
        check_in = self.known[-1 - which % len(self.known)]
        caller = self.caller("update_mileage_check_in")
        answer = caller.with_body(mileage=mileage, **self.pair()).calls(id=check_in.id)
        before = [e.mileage for e in self.known if e.status != "Declined" and e is not check_in]
        if not check_in.open:
            expected = "ERROR_CHECKIN_IS_FINAL"
        elif not self.active:
            expected = "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY"
        elif check_in.status == "Pending":
            expected = "ERROR_CHECKIN_IS_LOCKED"
        elif before and mileage < max(before):
            expected = "ERROR_MILEAGE"
        else:
            expected = ""
            check_in.mileage, check_in.status = mileage, "Pending"
            self.used += 2
        assert self.outcome(answer) == expected

    @rule(active=st.sampled_from([True, True, True, False]))
    def activate(self, active: bool) -> None:
        name = "activate_vehicle" if active else "deactivate_vehicle"
        answer = self.caller(name).calls(vehicleId=self.vehicle)
        assert (answer.status, answer.body["active"]) == (200, active)
        self.active = active

    # --- what always holds -----------------------------------------------------------------------

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        assert self.counted == sorted(self.counted)  # the mileage never goes down
        *items, vehicle = table.query(keys.vehicle(self.vehicle).pk)
        check_ins = [item for item in items if item["sk"].startswith(keys.CHECK_INS)]
        assert vehicle.get("highestMileage") == max(self.counted, default=None)
        assert vehicle.get("openCheckInId") == (self.open.id if self.open else None)
        assert ("lastCheckInAt" in vehicle) == bool(self.counted)
        assert [(item["id"], item["mileage"], item["checkInStatus"]) for item in check_ins] == [
            (each.id, each.mileage, each.status) for each in self.known
        ]
        finders = (self.partner.id, self.driver.org_id) if self.open else ()
        assert in_queues() == {(finder, self.open.status) for finder in finders if self.open}

    def teardown(self) -> None:
        """In the end: what callers see, and that only what was accepted has used its photos."""
        listed = self.caller("list_vehicle_check_ins").with_query(limit="100")
        seen = listed.calls(vehicleId=self.vehicle).body["checkIns"]
        assert [each["id"] for each in seen] == [each.id for each in reversed(self.known)]
        for status in ("Pending", "OnHold"):
            queue = self.caller("list_check_ins_for_review").with_query(status=status).calls()
            found = [each["id"] for each in queue.body["checkIns"]]
            assert found == [each.id for each in self.known if each.status == status]
        used = wire.aws("dynamodb").scan(
            TableName=table.table_name(),
            FilterExpression="attribute_exists(usedBy) AND partnerId = :partner",
            ExpressionAttributeValues={":partner": {"S": self.partner.id}},
        )
        assert used["Count"] == self.used


@pytest.mark.parametrize(
    "thoroughness",
    [
        settings(max_examples=7, stateful_step_count=18, deadline=None, derandomize=True),
        pytest.param(
            settings(max_examples=250, stateful_step_count=40, deadline=None),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["a few", "many"],
)
def test_check_ins_in_any_order_are_what_the_model_says(thoroughness: settings) -> None:
    run_state_machine_as_test(CheckIns, settings=thoroughness)
