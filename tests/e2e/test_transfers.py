"""A vehicle goes from one organization to another: once, whole, and only where it may."""

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import httpx
import pytest
from PIL import Image

from tests.e2e.api import TRANSFERS, VEHICLES, Supplier, becomes, message, refusal, until
from tests.e2e.tenant import Tenant

NOT_FOUND = (404, "vehicle_not_found")
NO_ORGANIZATION = (404, "organization_not_found")
INVALID = (400, "bad_request")

NOBODY_ID = ["org_" + "0" * 32, "org_1", "x", " ", "veh_" + "0" * 32, "é" * 20, "a#b"]


@pytest.fixture
def fleet(tenant: Tenant) -> Tenant:
    return tenant


@pytest.fixture(scope="module")
def shared(new_tenant: Callable[[], Tenant]) -> Tenant:
    """One for all tests that leave it as it was."""
    return new_tenant()


@pytest.fixture(scope="module")
def parked(shared: Tenant) -> str:
    """A vehicle that no test moves."""
    return shared.vehicle_id(plate="PARKED-1")


def unmoved(fleet: Tenant, vehicle_id: str) -> None:
    """The vehicle is where it was, and free to be transferred."""
    assert len(fleet.supplier.custody(vehicle_id)) == 1
    assert fleet.supplier.vehicle(vehicle_id)["owner_id"] == fleet.root.id


# What is answered


def test_the_answer_is_the_vehicle_as_it_will_be_and_where_to_look(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id(plate="TEST-123")
    before = fleet.supplier.vehicle(vehicle_id)
    answer = fleet.supplier.transfer(vehicle_id, fleet.west.id)
    body = answer.json()
    assert answer.status_code == 200
    assert body["vehicle"] == before | {
        "owner_id": fleet.west.id,
        "last_updated": body["vehicle"]["last_updated"],
    }
    assert list(body["vehicle"]) == [
        "id", "owner_id", "make", "model", "year", "vin", "license_plate", "color_hex_code",
        "color_name", "last_updated", "driver_id", "external_id",
    ]  # fmt: skip
    assert body["vehicle"]["year"] == 1988
    assert body["vehicle"]["license_plate"] == "TEST-123"
    assert body["vehicle"]["color_hex_code"] is body["vehicle"]["color_name"] is None
    assert body["vehicle"]["last_updated"] > before["last_updated"]
    assert body["transfer"]["status"] == "accepted"
    where = answer.headers["Location"]
    assert where == f"{fleet.supplier.url}{TRANSFERS}/{body['transfer']['id']}"
    at_location = httpx.get(where, headers=fleet.supplier.credentials)
    assert at_location.json()["transfer"]["vehicle_id"] == vehicle_id


def test_a_transfer_tells_how_fresh_it_was(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    ended = fleet.supplier.moved(vehicle_id, fleet.west.id)
    assert ended == {
        "id": ended["id"],
        "vehicle_id": vehicle_id,
        "from_owner_id": fleet.root.id,
        "to_owner_id": fleet.west.id,
        "status": "completed",
        "failure": None,
        "accepted_at": ended["accepted_at"],
        "completed_at": ended["completed_at"],
        "freshness_ms": ended["freshness_ms"],
    }
    assert ended["accepted_at"] <= ended["completed_at"]
    assert 0 <= ended["freshness_ms"] < 5000


def test_a_color_has_the_nearest_name_that_css_knows(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    changed = fleet.api.put(f"/vehicles/{vehicle_id}", {"colorHexCode": "fffefe"})
    assert changed.status_code == 200
    vehicle = fleet.supplier.transfer(vehicle_id, fleet.west.id).json()["vehicle"]
    assert (vehicle["color_hex_code"], vehicle["color_name"]) == ("FFFEFE", "white")


def test_the_same_transfer_again_is_the_same_before_and_after_it_is_done(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    first = fleet.supplier.transfer(vehicle_id, fleet.west.id)
    again = fleet.supplier.transfer(vehicle_id, fleet.west.id)
    fleet.supplier.ended(first.json()["transfer"]["id"])
    after = fleet.supplier.transfer(vehicle_id, fleet.west.id)
    assert [answer.status_code for answer in (first, again, after)] == [200, 200, 200]
    ids = {answer.json()["transfer"]["id"] for answer in (first, again, after)}
    assert len(ids) == 1
    assert after.json()["transfer"]["status"] == "completed"
    assert after.headers["Location"] == first.headers["Location"]
    assert after.json()["vehicle"]["owner_id"] == fleet.west.id
    assert len(fleet.supplier.custody(vehicle_id)) == 2


def test_a_transfer_to_the_owner_from_the_start_begins_nothing(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    answer = fleet.supplier.transfer(vehicle_id, fleet.root.id)
    assert (answer.status_code, answer.json()["transfer"]) == (200, None)
    assert "Location" not in answer.headers
    unmoved(fleet, vehicle_id)


# What is so afterwards


def test_a_transferred_vehicle_is_listed_under_its_new_owner_only(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    assert becomes(lambda: fleet.supplier.listed(fleet.root.id), [vehicle_id])
    fleet.supplier.moved(vehicle_id, fleet.west.id)
    assert becomes(lambda: fleet.supplier.listed(fleet.root.id), [])
    assert becomes(lambda: fleet.supplier.listed(fleet.west.id), [vehicle_id])
    assert fleet.supplier.vehicle(vehicle_id)["owner_id"] == fleet.west.id


def test_the_old_owners_client_does_not_find_it_any_more_and_the_new_ones_does(
    fleet: Tenant,
) -> None:
    west, east = fleet.supplier_of(fleet.west), fleet.supplier_of(fleet.east)
    vehicle_id = fleet.vehicle_id(fleet.west)
    transfer_id = fleet.supplier.moved(vehicle_id, fleet.east.id)["id"]
    for path in ("", "/custody"):
        assert refusal(west.get(f"{VEHICLES}/{vehicle_id}{path}")) == NOT_FOUND
        assert east.get(f"{VEHICLES}/{vehicle_id}{path}").status_code == 200
    assert refusal(west.transfer(vehicle_id, fleet.west.id)) == NOT_FOUND
    assert refusal(west.unassign(vehicle_id)) == NOT_FOUND
    # Both were parties to the transfer.
    for client in (west, east):
        assert client.get(f"{TRANSFERS}/{transfer_id}").status_code == 200


def test_the_owning_user_is_cleared_or_the_one_that_was_named(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    fleet.supplier.moved(vehicle_id, fleet.west.id)
    cleared = fleet.api.get(f"/vehicles/{vehicle_id}").json()
    assert (cleared["userId"], cleared["customerPhoneNumber"]) == (None, None)
    driver = fleet.user(fleet.east)
    fleet.supplier.moved(vehicle_id, fleet.east.id, new_user_id=driver)
    owned = fleet.api.get(f"/vehicles/{vehicle_id}").json()
    assert owned["userId"] == driver
    assert owned["customerPhoneNumber"].startswith("+1917")

    def listed() -> list[str]:
        page = fleet.api.get(f"/users/{driver}/vehicles").json()
        return [vehicle["id"] for vehicle in page["vehicles"]]

    assert becomes(listed, [vehicle_id])


def test_custody_is_a_chain_from_the_registration_to_the_present_owner(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    registered = fleet.api.get(f"/vehicles/{vehicle_id}").json()["dateAdded"]
    ended = [fleet.supplier.moved(vehicle_id, owner.id) for owner in (fleet.west, fleet.root)]
    assert fleet.supplier.custody(vehicle_id) == [
        {"owner_id": fleet.root.id, "since": registered, "transfer_id": None},
        *(
            {
                "owner_id": transfer["to_owner_id"],
                "since": transfer["completed_at"],
                "transfer_id": transfer["id"],
            }
            for transfer in ended
        ),
    ]
    path = f"{VEHICLES}/{vehicle_id}/custody"
    first = fleet.supplier.get(path, params={"page_size": "2"}).json()
    rest = fleet.supplier.get(path, params={"page_token": first["next_page_token"]}).json()
    assert first["custody"] + rest["custody"] == fleet.supplier.custody(vehicle_id)
    assert rest["next_page_token"] is None


def test_a_deactivated_vehicle_may_be_transferred(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    fleet.api.put(f"/vehicles/{vehicle_id}/deactivate")
    assert fleet.supplier.moved(vehicle_id, fleet.west.id)["status"] == "completed"
    assert not fleet.api.get(f"/vehicles/{vehicle_id}").json()["active"]


def photo_of(fleet: Tenant, user_id: str) -> str:
    """The url of a photo that a user has uploaded."""
    announced = {"userId": user_id, "contentType": "image/jpeg"}
    upload = fleet.api.post("/photo/upload", announced).json()
    file = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(file, "JPEG")
    sent = httpx.post(upload["uploadUrl"], data=upload["uploadFields"], files={"file": file})
    assert sent.status_code in {200, 201, 204}, sent.text
    url: str = upload["photoUrl"]
    return url


def test_check_ins_stay_with_the_vehicle(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id(plate="STAYS-1")
    user_id = fleet.api.get(f"/vehicles/{vehicle_id}").json()["userId"]
    request = {
        "vehicleId": vehicle_id,
        "licensePlate": "STAYS-1",
        "state": "CA",
        "mileage": 40_000,
        "licensePhotos": [{"url": photo_of(fleet, user_id)}],
        "odometerPhotos": [{"url": photo_of(fleet, user_id)}],
    }
    made = fleet.api.post("/vehicles/checkin/mileage", request)
    assert made.status_code == 200, made.text
    fleet.supplier.moved(vehicle_id, fleet.west.id)
    path = f"/vehicles/{vehicle_id}/checkins/mileage"
    page = fleet.api.get(path).json()
    [check_ins] = [items for items in page.values() if isinstance(items, list)]
    assert [check_in["id"] for check_in in check_ins] == [made.json()["id"]]
    # It awaits review where it was made.
    review = {"checkInStatus": "Confirmed"}
    root = fleet.client_of(fleet.root)
    reviewed = root.put(f"/vehicles/checkin/mileage/{made.json()['id']}/review", review)
    assert (reviewed.status_code, reviewed.json()["checkInStatus"]) == (200, "Confirmed")


# Where it may not go


@pytest.mark.parametrize("vehicle_id", ["veh_" + "0" * 32, "veh_1", "x", "%20", "org_" + "0" * 32])
def test_a_vehicle_that_is_not_there_is_not_found(shared: Tenant, vehicle_id: str) -> None:
    answer = shared.supplier.transfer(vehicle_id, shared.west.id)
    assert refusal(answer) == NOT_FOUND
    assert message(answer) == "Vehicle was not found or not authorized"


@pytest.mark.parametrize("organization_id", NOBODY_ID)
def test_an_organization_that_is_not_there_is_not_found(
    shared: Tenant, parked: str, organization_id: str
) -> None:
    answer = shared.supplier.transfer(parked, organization_id)
    assert refusal(answer) == NO_ORGANIZATION
    assert message(answer) == "Supplier organization was not found or not authorized"
    unmoved(shared, parked)


def test_the_vehicles_own_id_is_no_organization(shared: Tenant, parked: str) -> None:
    assert refusal(shared.supplier.transfer(parked, parked)) == NO_ORGANIZATION


def test_an_organization_of_another_supplier_type_is_not_found(shared: Tenant, parked: str) -> None:
    assert refusal(shared.supplier.transfer(parked, shared.rental.id)) == NO_ORGANIZATION
    unmoved(shared, parked)


def test_another_partners_vehicles_organizations_and_transfers_are_not_there(
    shared: Tenant, parked: str, fleet: Tenant
) -> None:
    assert refusal(fleet.supplier.transfer(parked, fleet.west.id)) == NOT_FOUND
    assert refusal(shared.supplier.transfer(parked, fleet.west.id)) == NO_ORGANIZATION
    transfer_id = fleet.supplier.moved(fleet.vehicle_id(), fleet.west.id)["id"]
    found = shared.supplier.get(f"{TRANSFERS}/{transfer_id}")
    assert refusal(found) == (404, "transfer_not_found")
    assert refusal(fleet.supplier.get(f"{VEHICLES}/{parked}")) == NOT_FOUND
    theirs = fleet.supplier.get(VEHICLES, params={"owner_id": shared.root.id})
    assert refusal(theirs) == NO_ORGANIZATION
    unmoved(shared, parked)


def test_a_branchs_client_sees_its_branch_and_below_and_nothing_beside_or_above(
    fleet: Tenant,
) -> None:
    west = fleet.supplier_of(fleet.west)
    everywhere = {
        organization.id: fleet.vehicle_id(organization)
        for organization in (fleet.root, fleet.west, fleet.coast, fleet.east, fleet.rental)
    }
    below = {fleet.west.id, fleet.coast.id}
    for owner_id, vehicle_id in everywhere.items():
        found = west.get(f"{VEHICLES}/{vehicle_id}")
        if owner_id in below:
            assert found.json()["vehicle"]["owner_id"] == owner_id
            assert becomes(partial(west.listed, owner_id), [vehicle_id])
        else:
            assert refusal(found) == NOT_FOUND
            listed = west.get(VEHICLES, params={"owner_id": owner_id})
            assert refusal(listed) == NO_ORGANIZATION
            assert refusal(west.transfer(vehicle_id, fleet.coast.id)) == NOT_FOUND
            assert refusal(west.transfer(everywhere[fleet.west.id], owner_id)) == NO_ORGANIZATION
    own = west.get("/vehicle-suppliers/organizations").json()["organizations"]
    assert [(each["id"], each["parent_id"]) for each in own] == [
        (fleet.west.id, fleet.root.id),
        (fleet.coast.id, fleet.west.id),
    ]
    assert west.moved(everywhere[fleet.west.id], fleet.coast.id)["status"] == "completed"
    assert becomes(lambda: west.get(VEHICLES).json()["vehicles"], [])


def test_a_whole_partners_client_lists_every_organization_after_the_one_above_it(
    shared: Tenant,
) -> None:
    listed = shared.supplier.get("/vehicle-suppliers/organizations").json()["organizations"]
    ids = [each["id"] for each in listed]
    assert {shared.root.id, shared.west.id, shared.coast.id, shared.rental.id} <= set(ids)
    for each in listed:
        assert set(each) == {"id", "name", "supplier_type", "parent_id"}
        assert each["parent_id"] is None or ids.index(each["parent_id"]) < ids.index(each["id"])
    types = {each["id"]: each["supplier_type"] for each in listed}
    assert (types[shared.root.id], types[shared.rental.id]) == ("Fleet", "Rental")


@pytest.mark.parametrize("whose", ["another organization", "another partner", "nobody"])
def test_a_new_user_is_one_of_the_new_owners(
    shared: Tenant, parked: str, other_partner: Any, whose: str
) -> None:
    user = {
        "another organization": lambda: shared.user(shared.east),
        "another partner": lambda: shared.supplier.credentials["clientId"],
        "nobody": lambda: "usr_" + "0" * 32,
    }[whose]()
    answer = shared.supplier.transfer(parked, shared.west.id, new_user_id=user)
    assert refusal(answer) == (404, "user_not_found")
    unmoved(shared, parked)


# Assigned vehicles


def test_an_assigned_vehicle_is_not_transferred_until_it_is_unassigned(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    driver = fleet.user()
    assigned = fleet.supplier.assign(vehicle_id, driver)
    assert (assigned.status_code, assigned.content) == (204, b"")
    assert fleet.supplier.assign(vehicle_id, driver).status_code == 204
    refused = fleet.supplier.transfer(vehicle_id, fleet.west.id)
    assert refusal(refused) == (422, "transfer_assigned_vehicle")
    assert message(refused) == "It is not allowed to transfer an assigned vehicle"
    for _ in range(2):
        unassigned = fleet.supplier.unassign(vehicle_id)
        assert (unassigned.status_code, unassigned.content) == (204, b"")
    assert fleet.supplier.moved(vehicle_id, fleet.west.id)["status"] == "completed"


def test_a_driver_is_a_user_of_the_organization_that_owns_the_vehicle(
    fleet: Tenant, shared: Tenant
) -> None:
    vehicle_id = fleet.vehicle_id(fleet.west)
    strangers = [fleet.user(), fleet.user(fleet.coast), shared.user(), "usr_1"]
    for stranger in strangers:
        answer = fleet.supplier.assign(vehicle_id, stranger)
        assert refusal(answer) == (404, "driver_not_found")
    own = fleet.user(fleet.west)
    assert fleet.supplier.assign(vehicle_id, own).status_code == 204
    another = fleet.user(fleet.west)
    assert fleet.supplier.assign(vehicle_id, another).status_code == 204


def test_a_deactivated_vehicle_has_no_driver(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    fleet.api.put(f"/vehicles/{vehicle_id}/deactivate")
    refused = fleet.supplier.assign(vehicle_id, fleet.user())
    assert refusal(refused) == (422, "vehicle_not_active")
    assert fleet.supplier.unassign(vehicle_id).status_code == 204


# What cannot be understood


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "new_owner_id"),
        ({"new_owner_id": None}, "new_owner_id"),
        ({"new_owner_id": ""}, "new_owner_id"),
        ({"new_owner_id": 7}, "new_owner_id"),
        ({"new_owner_id": ["org_1"]}, "new_owner_id"),
        ({"new_owner_id": "x" * 10_000}, "new_owner_id"),
        ({"newOwnerId": "org_1"}, "new_owner_id"),
        ({"new_owner_id": "org_1", "new_user_id": 5}, "new_user_id"),
        ([], "body"),
        (None, "body"),
        ("org_1", "body"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_wrong_parameters_are_named(shared: Tenant, parked: str, body: Any, field: str) -> None:
    answer = shared.supplier.post(f"{VEHICLES}/{parked}/transfer", body)
    assert refusal(answer) == INVALID
    assert message(answer).startswith("The request parameters are invalid")
    assert f"{field}: " in message(answer)
    unmoved(shared, parked)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"x" * 100_000], ids=lambda c: len(c))
def test_a_body_that_is_no_json_is_refused(shared: Tenant, parked: str, content: bytes) -> None:
    answer = shared.supplier.call("POST", f"{VEHICLES}/{parked}/transfer", content=content)
    assert refusal(answer) == INVALID


def test_an_id_of_ten_kilobytes_in_the_path_is_not_found(shared: Tenant) -> None:
    huge = "veh_" + "0" * 6_000
    assert refusal(shared.supplier.transfer(huge, shared.west.id)) == NOT_FOUND
    assert refusal(shared.supplier.get(f"{VEHICLES}/{huge}")) == NOT_FOUND
    assert refusal(shared.supplier.assign(huge, "usr_1")) == NOT_FOUND
    gone = shared.supplier.get(f"{TRANSFERS}/{huge}")
    assert refusal(gone) == (404, "transfer_not_found")


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "0"},
        {"page_size": "101"},
        {"page_size": "x"},
        {"page_token": "forged"},
        {"page_token": "x" * 3000},
        {"owner_id": "x" * 10_000},
    ],
    ids=lambda query: str(query)[:30],
)
def test_a_wrong_query_is_named(shared: Tenant, query: dict[str, str]) -> None:
    answer = shared.supplier.get(VEHICLES, params={"owner_id": shared.root.id} | query)
    assert refusal(answer) == INVALID
    assert next(iter(query)) in message(answer)


def test_a_page_token_is_good_for_its_list_only_and_pages_have_everything_once(
    fleet: Tenant,
) -> None:
    vehicles = [fleet.vehicle_id(fleet.west) for _ in range(3)]
    assert becomes(lambda: fleet.supplier.listed(fleet.west.id), vehicles)
    query = {"owner_id": fleet.west.id, "page_size": "2"}
    first = fleet.supplier.get(VEHICLES, params=query).json()
    token = first["next_page_token"]
    rest = fleet.supplier.get(VEHICLES, params=query | {"page_token": token}).json()
    assert [v["id"] for v in first["vehicles"] + rest["vehicles"]] == vehicles
    assert rest["next_page_token"] is None
    elsewhere = {"owner_id": fleet.east.id, "page_token": token}
    assert refusal(fleet.supplier.get(VEHICLES, params=elsewhere)) == INVALID
    changed = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    forged = fleet.supplier.get(VEHICLES, params=query | {"page_token": changed})
    assert refusal(forged) == INVALID


# Races


def at_once(calls: list[Callable[[Supplier], httpx.Response]], by: Supplier) -> list[Any]:
    """What callers are answered who all call in the same moment."""
    start = threading.Barrier(len(calls))

    def called(call: Callable[[Supplier], httpx.Response]) -> httpx.Response:
        caller = Supplier(by.url, by.credentials)
        caller.http.timeout = httpx.Timeout(120)
        caller.get("/")  # the connection is open, and no function was called
        start.wait()
        return call(caller)

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(called, calls))


@pytest.fixture
def resume(stack: dict[str, Any]) -> Iterator[Callable[[], None]]:
    """Nothing is applied until this is called: the consumer of the transfer queue is stopped."""
    functions = boto3.client("lambda")
    [mapping] = [
        mapping["UUID"]
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
        if ":motorpool-apply_transfer" in mapping["FunctionArn"]
    ]

    def switched(enabled: bool) -> None:
        functions.update_event_source_mapping(UUID=mapping, Enabled=enabled)
        state = "Enabled" if enabled else "Disabled"
        until(lambda: functions.get_event_source_mapping(UUID=mapping)["State"] == state)

    switched(False)
    yield lambda: switched(True)
    switched(True)


def test_of_eight_callers_with_different_owners_one_wins(
    fleet: Tenant, resume: Callable[[], None]
) -> None:
    vehicle_id = fleet.vehicle_id()
    branches = [fleet.branch() for _ in range(8)]
    answers = at_once(
        [partial(Supplier.transfer, vehicle_id=vehicle_id, owner_id=to.id) for to in branches],
        fleet.supplier,
    )
    assert Counter(answer.status_code for answer in answers) == {200: 1, 422: 7}
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    lost = {refusal(answer)[1] for answer in answers if answer.status_code == 422}
    assert lost == {"transfer_in_progress"}
    assert refusal(fleet.supplier.assign(vehicle_id, fleet.user())) == (
        422,
        "transfer_in_progress",
    )
    unmoved(fleet, vehicle_id)
    resume()
    assert fleet.supplier.ended(won["transfer"]["id"])["status"] == "completed"
    assert becomes(lambda: fleet.supplier.listed(won["vehicle"]["owner_id"]), [vehicle_id])
    assert len(fleet.supplier.custody(vehicle_id)) == 2


def test_a_vehicle_is_never_both_assigned_and_transferred(fleet: Tenant) -> None:
    for _ in range(5):
        vehicle_id, driver = fleet.vehicle_id(), fleet.user()
        assigned, transferred = at_once(
            [
                partial(Supplier.assign, vehicle_id=vehicle_id, driver_id=driver),
                partial(Supplier.transfer, vehicle_id=vehicle_id, owner_id=fleet.west.id),
            ],
            fleet.supplier,
        )
        outcome = (assigned.status_code, transferred.status_code)
        if outcome == (204, 422):
            assert refusal(transferred)[1] == "transfer_assigned_vehicle"
            unmoved(fleet, vehicle_id)
        else:
            assert outcome in {(422, 200), (404, 200)}
            assert refusal(assigned)[1] in {"transfer_in_progress", "driver_not_found"}
            fleet.supplier.ended(transferred.json()["transfer"]["id"])


def test_eight_equal_requests_are_one_transfer(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    answers = at_once(
        [lambda caller: caller.transfer(vehicle_id, fleet.west.id)] * 8, fleet.supplier
    )
    assert {answer.status_code for answer in answers} == {200}
    [transfer_id] = {answer.json()["transfer"]["id"] for answer in answers}
    fleet.supplier.ended(transfer_id)
    assert len(fleet.supplier.custody(vehicle_id)) == 2


# Idempotency keys


def test_a_key_replays_the_first_answer_even_after_the_vehicle_has_moved_on(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    key = {"Idempotency-Key": "move-1"}
    first = fleet.supplier.transfer(vehicle_id, fleet.west.id, headers=key)
    fleet.supplier.ended(first.json()["transfer"]["id"])
    fleet.supplier.moved(vehicle_id, fleet.east.id)
    again = fleet.supplier.transfer(vehicle_id, fleet.west.id, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Location"] == first.headers["Location"]
    assert fleet.supplier.vehicle(vehicle_id)["owner_id"] == fleet.east.id


def test_a_key_with_another_request_is_refused(fleet: Tenant) -> None:
    vehicle_id = fleet.vehicle_id()
    key = {"Idempotency-Key": "move-2"}
    fleet.supplier.transfer(vehicle_id, fleet.west.id, headers=key)
    other = fleet.supplier.transfer(vehicle_id, fleet.east.id, headers=key)
    assert refusal(other) == INVALID
    assert "Idempotency-Key" in message(other)


def test_a_key_replays_an_answer_without_a_body(fleet: Tenant) -> None:
    vehicle_id, driver = fleet.vehicle_id(), fleet.user()
    key = {"Idempotency-Key": "assign-1"}
    assert fleet.supplier.assign(vehicle_id, driver, headers=key).status_code == 204
    fleet.supplier.unassign(vehicle_id)
    again = fleet.supplier.assign(vehicle_id, driver, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (204, "true")
    # It was not assigned a second time.
    assert fleet.supplier.moved(vehicle_id, fleet.west.id)["status"] == "completed"


def test_a_key_of_two_words_is_refused(fleet: Tenant) -> None:
    key = {"Idempotency-Key": "two words"}
    refused = fleet.supplier.transfer(fleet.vehicle_id(), fleet.west.id, headers=key)
    assert refusal(refused) == INVALID


# The rate limit's headers (its exact count is a function's test)


def test_every_answer_of_the_transfer_endpoint_says_what_is_left_of_the_hour(
    fleet: Tenant,
) -> None:
    client = fleet.supplier_of()
    vehicle_id = fleet.vehicle_id()
    accepted = client.transfer(vehicle_id, fleet.west.id)
    not_found = client.transfer("veh_1", fleet.west.id)
    invalid = client.transfer(vehicle_id, 7)
    left = [
        (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"])
        for answer in (accepted, not_found, invalid)
    ]
    assert left == [("1800", "1799"), ("1800", "1798"), ("1800", "1797")]
    assert 0 < int(accepted.headers["RateLimit-Reset"]) <= 3600
    assert "RateLimit-Limit" not in client.get(f"{VEHICLES}/{vehicle_id}").headers
    until(lambda: client.get(f"{TRANSFERS}/{accepted.json()['transfer']['id']}"))
