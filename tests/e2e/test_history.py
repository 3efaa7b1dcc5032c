"""A vehicle's history over HTTP, and the operator's proof that nobody has changed it."""

import os
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from motorpool.dynamodb.values import to_values
from motorpool.history import store as history_store
from tests.e2e.api import Api, at_once
from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant


@pytest.fixture(scope="module")
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


def history(api: Api, vehicle_id: str) -> list[dict[str, Any]]:
    """All entries, newest first, by pages of 3."""
    found: list[dict[str, Any]] = []
    query = {"limit": "3"}
    while True:
        answer = api.get(f"/vehicles/{vehicle_id}/history", params=query)
        assert answer.status_code == 200, answer.text
        found += answer.json()["history"]
        if answer.json()["nextCursor"] is None:
            return found
        query["cursor"] = answer.json()["nextCursor"]


def test_everything_that_happens_to_a_vehicle_is_in_its_history_once(
    fleet: Tenant, motorpool: Run
) -> None:
    vehicle = fleet.vehicle(plate="LIFE-1")
    id, path = vehicle["id"], f"/vehicles/{vehicle['id']}"
    fleet.api.put(path, {"colorHexCode": "C0FFEE"})
    fleet.api.put(path, {"colorHexCode": "C0FFEE"})
    for action in ("deactivate", "deactivate", "activate"):
        assert fleet.api.put(f"{path}/{action}").status_code == 200
    fleet.supplier.assign(id, fleet.user())
    fleet.supplier.unassign(id)
    made = fleet.check_in(vehicle, 48_210).json()
    fleet.review(made["id"], "OnHold")
    fleet.review(made["id"], "Confirmed")
    fleet.supplier.moved(id, fleet.west.id)
    entries = history(fleet.api, id)[::-1]
    assert [entry["type"] for entry in entries] == [
        "vehicle.registered",
        "vehicle.updated",
        "vehicle.deactivated",
        "vehicle.activated",
        "vehicle.driver_assigned",
        "vehicle.driver_unassigned",
        "checkin.created",
        "checkin.on_hold",
        "checkin.confirmed",
        "transfer.accepted",
        "transfer.completed",
    ]
    assert [entry["n"] for entry in entries] == list(range(1, 12))
    hashes = [entry["hash"] for entry in entries]
    assert [entry["before"] for entry in entries] == [None, *hashes[:-1]]
    assert motorpool("vehicle", "verify", id) == "the history is whole: 11 entries\n"


def test_eight_changes_at_once_are_entries_without_a_gap(fleet: Tenant, motorpool: Run) -> None:
    id = fleet.vehicle_id()

    def change(api: Api, place: int) -> Any:
        return api.put(f"/vehicles/{id}", {"colorHexCode": f"00000{place + 1}"})

    answers = at_once(fleet.api, 8, change)
    served = sum(answer.status_code == 200 for answer in answers)
    assert [entry["n"] for entry in history(fleet.api, id)] == list(range(served + 1, 0, -1))
    assert motorpool("vehicle", "verify", id) == f"the history is whole: {served + 1} entries\n"


def put(vehicle_id: str, number: int, item: dict[str, Any]) -> None:
    key = to_values(history_store.key_of(vehicle_id, number)._asdict())
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_NAME"], Item=item | key)


def entry(vehicle_id: str, number: int) -> Any:
    key = to_values(history_store.key_of(vehicle_id, number)._asdict())
    return boto3.client("dynamodb").get_item(TableName=os.environ["TABLE_NAME"], Key=key)["Item"]


def _changes(id: str) -> None:
    put(id, 2, entry(id, 2) | {"at": {"N": "1"}})


def _removes(id: str) -> None:
    key = to_values(history_store.key_of(id, 2)._asdict())
    boto3.client("dynamodb").delete_item(TableName=os.environ["TABLE_NAME"], Key=key)


def _reorders(id: str) -> None:
    second, third = entry(id, 2), entry(id, 3)
    put(id, 2, third)
    put(id, 3, second)


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (_changes, ["entry 2 was changed: its content has another hash"]),
        (_removes, ["entry 2 is missing"]),
        (
            _reorders,
            ["entry 3 stands in the place of entry 2", "entry 2 stands in the place of entry 3"],
        ),
    ],
)
def test_an_entry_that_was_tampered_with_is_named(
    fleet: Tenant, motorpool: Run, tampering: Callable[[str], None], found: list[str]
) -> None:
    id = fleet.vehicle_id()
    for color in ("000001", "000002"):
        fleet.api.put(f"/vehicles/{id}", {"colorHexCode": color})
    tampering(id)
    assert motorpool("vehicle", "verify", id, fails=True).splitlines()[1:] == found


def test_a_new_owners_client_sees_of_former_owners_only_the_odometer(fleet: Tenant) -> None:
    vehicle = fleet.vehicle(fleet.user(fleet.east), "GONE-1")
    made = fleet.check_in(vehicle, 7_000).json()
    fleet.review(made["id"], "Confirmed")
    fleet.supplier.moved(vehicle["id"], fleet.west.id)
    seen = history(fleet.client_of(fleet.west), vehicle["id"])
    assert [each["type"] for each in seen] == [
        "transfer.completed",
        "transfer.accepted",
        "checkin.confirmed",
        "checkin.created",
        "vehicle.registered",
    ]
    assert [each["mileage"] for each in seen] == [None, None, 7_000, 7_000, None]
    for each in seen[2:]:
        shown = {name for name, value in each.items() if value is not None}
        assert shown <= {"n", "type", "timestamp", "mileage", "before", "hash"}


def test_a_person_is_forgotten_and_the_history_is_whole(fleet: Tenant, motorpool: Run) -> None:
    user = fleet.user()
    vehicle = fleet.vehicle(user, plate="FORGET-1")
    made = fleet.check_in(vehicle, 9_000).json()
    fleet.review(made["id"], "Declined")
    said = motorpool("user", "forget", user)
    assert "photos: 2\nuser: 1\nvehicles: 1\n" in said
    assert fleet.api.get(f"/users/{user}").status_code == 404
    assert fleet.api.get(f"/vehicles/{vehicle['id']}").json()["customerPhoneNumber"] is None
    declined = history(fleet.api, vehicle["id"])[1]["checkIn"]
    assert (declined["license"], declined["adminNote"]) == ("", None)
    assert declined["licensePhotos"][0]["latitude"] is None
    assert motorpool("vehicle", "verify", vehicle["id"]) == "the history is whole: 4 entries\n"


def test_a_vehicle_that_is_not_there_is_said_in_one_line(motorpool: Run) -> None:
    said = motorpool("vehicle", "verify", "veh_" + "0" * 32, fails=True)
    assert said == "motorpool: Vehicle was not found or not authorized\n"
