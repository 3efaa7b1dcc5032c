"""The feed over HTTP: all that happens is in it once, whoever writes at the same time."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from motorpool.dynamodb import keys, table
from tests.e2e.api import Api, a_person, served, until
from tests.e2e.operators import Run
from tests.e2e.tenant import Tenant

WRITERS = 16


@pytest.fixture
def fleet(new_tenant: Callable[[], Tenant]) -> Tenant:
    return new_tenant()


def events(api: Api, path: str = "/events", more: str = "hasMore") -> list[dict[str, Any]]:
    """All events, by pages of 10."""
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"limit": "10"}
    while True:
        page = served(api.get(path, params=query))
        found += page["events"]
        if not page[more]:
            return found
        query["after"] = page["after"]


def complete(api: Api, wanted: int) -> list[dict[str, Any]]:
    """All events, once there are so many."""

    def look() -> list[dict[str, Any]] | None:
        found = events(api)
        return found if len(found) >= wanted else None

    return until(look)


def test_a_day_of_a_fleet_is_in_its_feed_in_the_order_of_each_vehicle(fleet: Tenant) -> None:
    user = served(fleet.api.post("/users", a_person()))
    photo = fleet.inspected(fleet.photo(user["id"]))
    other = fleet.photo(user["id"], file=b"no picture", content_type="image/png")
    assert fleet.inspected(other)["photoStatus"] == "Rejected"
    vehicle = fleet.vehicle(user["id"], plate="FEED-1")
    served(fleet.api.put(f"/vehicles/{vehicle['id']}", {"colorHexCode": "C0FFEE"}))
    made = fleet.check_in(vehicle, 48_210).json()
    fleet.review(made["id"], "Confirmed")
    fleet.supplier.moved(vehicle["id"], fleet.west.id)
    found = complete(fleet.api, 9)
    assert sorted(event["type"] for event in found) == sorted(
        [
            "user.created",
            "photo.ready",
            "photo.rejected",
            "vehicle.registered",
            "vehicle.updated",
            "checkin.created",
            "checkin.confirmed",
            "transfer.accepted",
            "transfer.completed",
        ]
    )
    assert len({event["id"] for event in found}) == 9
    of_vehicle = [event["data"] for event in found if event["data"]["vehicleId"]]
    assert [data["n"] for data in of_vehicle] == list(range(1, 7))
    by_type = {event["type"]: event["data"] for event in found}
    assert by_type["user.created"]["user"] == user
    assert by_type["photo.ready"]["photo"] == photo
    assert by_type["photo.rejected"]["photo"]["rejectedBecause"]
    assert by_type["checkin.created"]["checkIn"] == made
    history = served(fleet.api.get(f"/vehicles/{vehicle['id']}/history"))["history"]
    assert [entry["type"] for entry in history][::-1] == [
        event["type"] for event in found if event["data"]["vehicleId"]
    ]
    on_the_other = events(fleet.supplier, "/vehicle-suppliers/events", "has_more")
    assert [event["id"] for event in on_the_other] == [event["id"] for event in found]
    shown = fleet.supplier.transfer_of(by_type["transfer.completed"]["transfer"]["id"])
    [completed] = [e["data"]["transfer"] for e in on_the_other if e["type"] == "transfer.completed"]
    assert completed == shown


def test_a_client_of_an_organization_sees_what_was_its_own_then(fleet: Tenant) -> None:
    west, east = fleet.client_of(fleet.west), fleet.client_of(fleet.east)
    vehicle_id = fleet.vehicle_id(fleet.west)
    user = fleet.user(fleet.east)
    fleet.supplier.moved(vehicle_id, fleet.east.id)
    served(fleet.api.put(f"/vehicles/{vehicle_id}", {"colorHexCode": "0000FF"}))
    complete(fleet.api, 6)

    def seen(api: Api) -> list[str]:
        return [event["type"] for event in events(api)]

    transfer = ["transfer.accepted", "transfer.completed"]
    assert seen(west) == ["user.created", "vehicle.registered", *transfer]
    assert sorted(seen(east)) == sorted(["user.created", *transfer, "vehicle.updated"])
    assert seen(fleet.client_of(fleet.rental)) == []
    assert user in {(event["data"]["user"] or {}).get("id") for event in events(east)}


def test_sixteen_writers_leave_no_gap_and_nothing_twice(fleet: Tenant, motorpool: Run) -> None:
    vehicles = [fleet.vehicle_id() for _ in range(WRITERS)]
    colors = [f"{n:06d}" for n in range(6)]

    def drive(vehicle_id: str) -> None:
        api = fleet.api.of(fleet.api.credentials)
        for color in colors:
            served(api.put(f"/vehicles/{vehicle_id}", {"colorHexCode": color}))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(drive, vehicles))
    wanted = WRITERS * (2 + len(colors))
    found = complete(fleet.api, wanted)
    assert len(found) == len({event["id"] for event in found}) == wanted
    for vehicle_id in vehicles:
        own = [e["data"]["n"] for e in found if e["data"]["vehicleId"] == vehicle_id]
        assert own == list(range(1, 2 + len(colors)))
    numbers = list(table.query(keys.feed(fleet.partner.id), consistent=True))
    head = numbers.pop()
    assert head["lastNumber"] == wanted
    assert sum(len(item["events"]) for item in numbers) == wanted


def test_an_event_is_in_the_feed_within_5_seconds_at_20_a_second(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    changed: dict[str, float] = {}
    seen: dict[str, float] = {}

    def change() -> None:
        for n in range(40):
            color = f"{n:06d}"
            changed[color] = time.monotonic()
            served(fleet.api.put(f"/vehicles/{vehicle_id}", {"colorHexCode": color}))
            time.sleep(max(0.0, changed[color] + 0.05 - time.monotonic()))

    def look() -> None:
        after: dict[str, str] = {}
        while len(seen) < 40:
            page = served(fleet.api.get("/events", params={"limit": "100", **after}))
            for event in page["events"]:
                vehicle = event["data"]["vehicle"]
                if vehicle and event["type"] == "vehicle.updated":
                    seen[str(event["data"]["n"])] = time.monotonic()
            after = {"after": page["after"]} if page["after"] else {}
            time.sleep(0.05)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(change), pool.submit(look)]:
            done.result(timeout=60)
    took = sorted(at - began for began, at in zip(changed.values(), seen.values(), strict=True))
    print(f"p50 {statistics.median(took):.2f} s, longest {took[-1]:.2f} s")
    assert statistics.median(took) < 5


def test_a_forgotten_person_is_in_no_event(fleet: Tenant, motorpool: Run) -> None:
    person = a_person()
    user = served(fleet.api.post("/users", person))
    vehicle = fleet.vehicle(user["id"], plate="GONE-7")
    complete(fleet.api, 2)
    motorpool("user", "forget", user["id"])
    found = complete(fleet.api, 3)
    text = str(found)
    assert person["phone"] not in text
    assert person["lastName"] not in text
    assert [e["type"] for e in found if e["data"]["vehicleId"]] == [
        "vehicle.registered",
        "vehicle.updated",
    ]
    assert motorpool("vehicle", "verify", vehicle["id"]) == "the history is whole: 2 entries\n"
