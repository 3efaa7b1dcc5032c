"""What becomes of check-ins when a vehicle goes on, is declined its plate, or was read wrongly."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.e2e.api import Api, at_once, message, refusal
from tests.e2e.tenant import Tenant

CHECK_INS = "/vehicles/checkin/mileage"

NO_PERMISSION = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
FINAL = (409, "ERROR_CHECKIN_IS_FINAL")
LOCKED = (500, "ERROR_CHECKIN_IS_LOCKED")
TOO_LOW = (500, "ERROR_MILEAGE")
NOT_OWNED = (500, "ERROR_PHOTO_NOT_OWNED_BY_USER")
TAKEN = (409, "ERROR_VEHICLE_ALREADY_EXISTS")
INVALID = (400, "ERROR_INVALID_PARAMETERS")


def made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def listed(api: Api, vehicle: dict[str, Any]) -> list[dict[str, Any]]:
    """A vehicle's check-ins, newest first."""
    path = f"/vehicles/{vehicle['id']}/checkins/mileage"
    found: list[dict[str, Any]] = made(api.get(path))["checkIns"]
    return found


def queue(api: Api, status: str = "Pending") -> list[str]:
    page = made(api.get("/checkins/mileage", params={"status": status}))
    return [check_in["id"] for check_in in page["checkIns"]]


def floor(tenant: Tenant, vehicle: dict[str, Any]) -> int:
    """What the next mileage must equal or exceed, as a refusal says it; 0 for anything."""
    answer = tenant.check_in(vehicle, 1)
    if answer.status_code == 200:
        made(tenant.review(answer.json()["id"], "Declined"))
        return 0
    assert refusal(answer) == TOO_LOW
    return int(message(answer).split("lower than ")[1].split(",")[0])


def moved(tenant: Tenant, vehicle: dict[str, Any], to: Any) -> dict[str, Any]:
    """The vehicle after a transfer to an organization, with a new user there."""
    user = tenant.user(to)
    ended = tenant.supplier.moved(vehicle["id"], to.id, new_user_id=user)
    assert ended["status"] == "completed"
    return vehicle | {"userId": user}


@pytest.fixture
def car(tenant: Tenant) -> dict[str, Any]:
    """A car of a user of east."""
    return tenant.vehicle(tenant.user(tenant.east), "RULE-1")


# --- a transfer and check-ins --------------------------------------------------------------------


def test_a_check_in_stays_with_the_organization_that_made_it_photos_and_review_included(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    check_in = made(tenant.check_in(car, 7_000))
    moved(tenant, car, tenant.west)
    path = f"{CHECK_INS}/{check_in['id']}"
    east, west = tenant.client_of(tenant.east), tenant.client_of(tenant.west)
    assert made(east.get(path)) == check_in
    assert (queue(east), queue(west)) == ([check_in["id"]], [])
    for photo in (*check_in["licensePhotos"], *check_in["odometerPhotos"]):
        status = f"/photo/{photo['photoId']}/status"
        assert made(east.get(status))["photoStatus"] == "Ready"
        assert refusal(west.get(status)) == NO_PERMISSION
    confirm = {"checkInStatus": "Confirmed"}
    assert refusal(west.put(f"{path}/review", confirm)) == NO_PERMISSION
    assert made(east.put(f"{path}/review", confirm))["checkInStatus"] == "Confirmed"


def test_a_new_owner_sees_of_former_check_ins_mileage_date_and_status_only(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    check_in = made(tenant.check_in(car, 7_000))
    held = made(tenant.review(check_in["id"], "OnHold", "Kim drove it."))
    moved(tenant, car, tenant.west)
    west = tenant.client_of(tenant.west)
    shown = {name: held[name] for name in ("id", "vehicleId", "mileage", "checkInStatus")}
    shown |= {name: held[name] for name in ("checkedInAt", "updated")}
    hidden = ("userId", "organizationId", "adminNote", "reasonCode", "nextCheckInDate")
    reduced = shown | dict.fromkeys(hidden)
    reduced |= {"license": "", "licensePhotos": [], "odometerPhotos": []}
    assert listed(west, car) == [reduced]
    assert made(west.get(f"{CHECK_INS}/{check_in['id']}")) == reduced
    # Who sees both organizations sees it whole.
    assert listed(tenant.api, car) == [held]


def test_a_transferred_vehicle_is_free_at_once(tenant: Tenant, car: dict[str, Any]) -> None:
    first = made(tenant.check_in(car, 7_000))
    now = moved(tenant, car, tenant.west)
    assert refusal(tenant.check_in(now, 6_999)) == TOO_LOW
    second = made(tenant.check_in(now, 7_001))
    assert second["organizationId"] == tenant.west.id
    assert second["userId"] == now["userId"]
    assert refusal(tenant.check_in(now, 7_002)) == LOCKED
    assert [each["id"] for each in listed(tenant.api, car)] == [second["id"], first["id"]]
    # It went back to whose check-in still awaits review: that one locks it again.
    back = moved(tenant, now, tenant.east)
    assert refusal(tenant.check_in(back, 7_003)) == LOCKED
    made(tenant.review(first["id"], "Confirmed"))
    made(tenant.check_in(back, 7_003))


def test_a_former_owners_check_in_is_reviewed_but_not_amended(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    check_in = made(tenant.check_in(car, 7_000))
    made(tenant.review(check_in["id"], "OnHold"))
    moved(tenant, car, tenant.west)
    amend = {"mileage": 7_001} | tenant.pair(car["userId"])
    assert refusal(tenant.api.put(f"{CHECK_INS}/{check_in['id']}", amend)) == FINAL
    assert made(tenant.review(check_in["id"], "Declined"))["checkInStatus"] == "Declined"


@pytest.mark.parametrize("first", [0, 1], ids=["the older one first", "the newer one first"])
def test_no_order_of_declining_gives_back_a_mileage_that_was_declined(
    tenant: Tenant, car: dict[str, Any], first: int
) -> None:
    made(tenant.review(made(tenant.check_in(car, 50))["id"], "Confirmed"))
    former = made(tenant.check_in(car, 90_000))
    now = moved(tenant, car, tenant.west)
    latter = made(tenant.check_in(now, 95_000))
    pair = [former, latter]
    made(tenant.review(pair.pop(first)["id"], "Declined"))
    made(tenant.review(pair.pop()["id"], "Declined"))
    assert floor(tenant, now) == 50


def test_a_former_owners_confirmed_mileage_counts_and_a_declined_one_does_not(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    former = made(tenant.check_in(car, 7_000))
    now = moved(tenant, car, tenant.west)
    latter = made(tenant.check_in(now, 8_000))
    made(tenant.review(former["id"], "Confirmed"))
    made(tenant.review(latter["id"], "Declined"))
    assert floor(tenant, now) == 7_000


def test_transfer_check_in_and_review_at_once_leave_what_some_order_of_them_leaves(
    tenant: Tenant,
) -> None:
    for round in range(4):
        user = tenant.user(tenant.east)
        car = tenant.vehicle(user, f"RACE-{round}")
        former = made(tenant.check_in(car, 100))
        new_user = tenant.user(tenant.west)
        again = tenant.check_in_body(car, 200)
        supplier = tenant.supplier

        def call(api: Api, place: int) -> Any:
            if place == 0:
                return supplier.transfer(car["id"], tenant.west.id, new_user_id=new_user)  # noqa: B023
            if place == 1:
                decision = {"checkInStatus": "Declined", "adminNote": "So."}
                return api.put(f"{CHECK_INS}/{former['id']}/review", decision)  # noqa: B023
            return api.post(CHECK_INS, again)  # noqa: B023

        transfer, review, check_in = at_once(tenant.api, 3, call)
        assert (transfer.status_code, review.status_code) == (200, 200)
        assert supplier.ended(transfer.json()["transfer"]["id"])["status"] == "completed"
        assert check_in.status_code == 200 or refusal(check_in) in {LOCKED, NOT_OWNED}
        now = car | {"userId": new_user}
        if check_in.status_code == 200:
            assert check_in.json()["organizationId"] == tenant.east.id
            assert made(tenant.review(check_in.json()["id"], "Declined"))
        assert floor(tenant, now) == 0


# --- declining -----------------------------------------------------------------------------------


def test_declining_a_first_check_in_frees_its_plate_for_its_true_owner(tenant: Tenant) -> None:
    car = tenant.vehicle() | {"license": "NOT-MY-1"}
    other = tenant.vehicle()
    check_in = made(tenant.check_in(car, 100, state="NV"))
    claim = {"licensePlate": "NOT-MY-1", "state": "NV"}
    assert refusal(tenant.api.put(f"/vehicles/{other['id']}", claim)) == TAKEN
    made(tenant.review(check_in["id"], "Declined", "Another car."))
    now = made(tenant.api.get(f"/vehicles/{car['id']}"))
    assert (now["license"], now["state"]) == (None, None)
    made(tenant.api.put(f"/vehicles/{other['id']}", claim))
    made(tenant.check_in(car | {"license": "MY-1"}, 1, state="NV"))


@pytest.mark.parametrize("since", ["changed", "transferred", "changed and back"])
def test_declining_leaves_a_plate_that_is_not_the_check_ins_any_more(
    tenant: Tenant, since: str
) -> None:
    car = tenant.vehicle() | {"license": "KEEP-1"}
    check_in = made(tenant.check_in(car, 100, state="CA"))
    path, plate = f"/vehicles/{car['id']}", "KEEP-1"
    if since == "transferred":
        moved(tenant, car, tenant.west)
    else:
        plate = "KEEP-2"
        made(tenant.api.put(path, {"licensePlate": plate}))
    if since == "changed and back":
        plate = "KEEP-1"
        made(tenant.api.put(path, {"licensePlate": plate}))
    made(tenant.review(check_in["id"], "Declined"))
    assert made(tenant.api.get(path))["license"] == plate
    rival = tenant.vehicle()
    claim = {"licensePlate": plate, "state": "CA"}
    assert refusal(tenant.api.put(f"/vehicles/{rival['id']}", claim)) == TAKEN


def test_a_reviewer_says_why_in_a_word(tenant: Tenant, car: dict[str, Any]) -> None:
    check_in = made(tenant.check_in(car, 100))
    assert check_in["reasonCode"] is None
    decision = {"checkInStatus": "OnHold", "adminNote": "Dark.", "reasonCode": "PLATE_UNREADABLE"}
    path = f"{CHECK_INS}/{check_in['id']}"
    assert made(tenant.api.put(f"{path}/review", decision))["reasonCode"] == "PLATE_UNREADABLE"
    assert made(tenant.api.get(path))["reasonCode"] == "PLATE_UNREADABLE"
    wrong = decision | {"reasonCode": "BECAUSE"}
    assert refusal(tenant.api.put(f"{path}/review", wrong)) == INVALID


# --- a correction --------------------------------------------------------------------------------


def corrected(tenant: Tenant, car: dict[str, Any], mileage: int) -> httpx.Response:
    body = {"mileage": mileage, "reason": "A zero too many."}
    return tenant.api.post(f"/vehicles/{car['id']}/mileage/correction", body)


def test_a_mileage_that_was_confirmed_wrongly_is_corrected(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    typo = made(tenant.check_in(car, 2_000_000))
    made(tenant.review(typo["id"], "Confirmed"))
    assert refusal(tenant.check_in(car, 20_001)) == TOO_LOW
    answer = made(corrected(tenant, car, 20_000))
    assert (answer["vehicleId"], answer["mileage"]) == (car["id"], 20_000)
    assert refusal(tenant.check_in(car, 19_999)) == TOO_LOW
    second = made(tenant.check_in(car, 20_001))
    assert [each["mileage"] for each in listed(tenant.api, car)] == [20_001, 2_000_000]
    made(tenant.review(second["id"], "Declined"))
    assert floor(tenant, car) == 20_000
    entries = made(tenant.api.get(f"/vehicles/{car['id']}/history"))["history"]
    [entry] = [each for each in entries if each["type"] == "vehicle.mileage_corrected"]
    assert (entry["mileage"], entry["reason"]) == (20_000, "A zero too many.")
    assert entry["by"] == {"kind": "client", "id": tenant.client.id}


def test_a_check_in_that_was_open_at_the_correction_counts_once_it_is_read_anew(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    typo = made(tenant.check_in(car, 2_000_000))
    made(tenant.review(typo["id"], "OnHold"))
    made(corrected(tenant, car, 20_000))
    path = f"{CHECK_INS}/{typo['id']}"
    too_low = {"mileage": 19_999} | tenant.pair(car["userId"])
    assert refusal(tenant.api.put(path, too_low)) == TOO_LOW
    made(tenant.api.put(path, {"mileage": 20_500} | tenant.pair(car["userId"])))
    made(tenant.review(typo["id"], "Confirmed"))
    assert floor(tenant, car) == 20_500


@pytest.mark.parametrize("decision", ["Confirmed", "Declined"])
def test_a_check_in_that_was_open_at_the_correction_changes_nothing_when_it_is_decided(
    tenant: Tenant, car: dict[str, Any], decision: str
) -> None:
    typo = made(tenant.check_in(car, 2_000_000))
    made(corrected(tenant, car, 20_000))
    made(tenant.review(typo["id"], decision))
    assert floor(tenant, car) == 20_000


def test_a_correction_is_a_reviewers(tenant: Tenant, car: dict[str, Any]) -> None:
    unscoped = replace(tenant, api=tenant.api.of(tenant.admitted(scopes=frozenset()).headers))
    assert refusal(corrected(unscoped, car, 5)) == NO_PERMISSION
    west = replace(tenant, api=tenant.client_of(tenant.west))
    assert refusal(corrected(west, car, 5)) == NO_PERMISSION
    for body in ({"mileage": 0, "reason": "So."}, {"mileage": 5}, {"mileage": 5, "reason": " "}):
        path = f"/vehicles/{car['id']}/mileage/correction"
        assert refusal(tenant.api.post(path, body)) == INVALID


# --- what is left out, and photos of others ------------------------------------------------------


def test_a_first_plate_without_a_state_is_of_the_users_state(tenant: Tenant) -> None:
    car = tenant.vehicle() | {"license": "HOME-1"}
    made(tenant.check_in(car, 100))
    now = made(tenant.api.get(f"/vehicles/{car['id']}"))
    assert (now["license"], now["state"]) == ("HOME-1", "CA")
    rival = tenant.vehicle() | {"license": "HOME1"}
    assert refusal(tenant.check_in(rival, 100)) == TAKEN


@pytest.mark.parametrize(("year", "status"), [(1988, 200), (1987, 200), (1989, 400), (1986, 400)])
def test_a_vehicle_is_created_with_its_model_year_or_the_year_before(
    tenant: Tenant, year: int, status: int
) -> None:
    bronco = {"vin": "1FMCU14T6JU400773", "make": "Ford", "model": "Bronco II", "year": year}
    body = {"userId": tenant.user(), "licensePlate": "BUILT-1"} | bronco
    answer = tenant.api.post("/vehicles/create/by-vin", body)
    assert answer.status_code == status
    if status == 200:
        assert (answer.json()["license"], answer.json()["state"]) == ("BUILT-1", "CA")


def test_nobody_learns_from_a_check_in_what_became_of_somebody_elses_photo(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    stranger = tenant.user()
    rejected = tenant.photo(stranger, b"I am no photo.\n" * 9)
    assert tenant.inspected(rejected)["photoStatus"] == "Rejected"
    for handle in (rejected, tenant.announced(stranger)["photoUrl"]):
        answer = tenant.check_in(car, 100, licensePhotos=[{"url": handle}])
        assert refusal(answer) == NOT_OWNED


# --- a transfer that is repeated with another user -----------------------------------------------


def test_a_transfer_repeated_with_another_user_is_refused_while_it_is_pending(
    tenant: Tenant,
) -> None:
    vehicle_id = tenant.vehicle_id(tenant.east)
    accepted, other = tenant.user(tenant.west), tenant.user(tenant.west)
    transfer = tenant.stranded(vehicle_id, tenant.west, seconds_ago=1, new_user=accepted)
    again = tenant.supplier.transfer(vehicle_id, tenant.west.id, new_user_id=accepted)
    assert made(again)["transfer"] == {"id": transfer.id, "status": "accepted"}
    refused = tenant.supplier.transfer(vehicle_id, tenant.west.id, new_user_id=other)
    assert refusal(refused) == (422, "transfer_in_progress")
    for nobody in ("usr_" + "0" * 32, tenant.user(tenant.east)):
        answer = tenant.supplier.transfer(vehicle_id, tenant.west.id, new_user_id=nobody)
        assert refusal(answer) == (404, "user_not_found")


def test_a_completed_transfer_repeated_with_another_user_changes_the_user(tenant: Tenant) -> None:
    vehicle_id = tenant.vehicle_id(tenant.east)
    first, second = tenant.user(tenant.west), tenant.user(tenant.west)
    ended = tenant.supplier.moved(vehicle_id, tenant.west.id, new_user_id=first)
    answer = made(tenant.supplier.transfer(vehicle_id, tenant.west.id, new_user_id=second))
    assert answer["transfer"] == {"id": ended["id"], "status": "completed"}
    path = f"/vehicles/{vehicle_id}"
    assert made(tenant.api.get(path))["userId"] == second
    # A late repeat of the first request is no change.
    made(tenant.supplier.transfer(vehicle_id, tenant.west.id, new_user_id=first))
    assert made(tenant.api.get(path))["userId"] == second
