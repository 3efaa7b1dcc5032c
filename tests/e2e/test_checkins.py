"""Mileage check-ins and their review, as drivers and reviewers meet them."""

import itertools
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from infra.local.pictures import LATITUDE, LONGITUDE, picture
from infra.local.world import World
from motorpool.dynamodb import table
from motorpool.tenants import partner_store as partners
from motorpool.tenants.organizations import Organization
from tests.e2e.api import Api, at_once, message, refusal, until
from tests.e2e.tenant import Tenant, photo_id

CHECK_INS = "/vehicles/checkin/mileage"
CALLERS = 8

NO_PERMISSION = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
NOT_FOUND = (404, "ERROR_MILEAGE_CHECKIN_NOT_FOUND")
NOT_OWNED = (500, "ERROR_PHOTO_NOT_OWNED_BY_USER")
LOCKED = (500, "ERROR_CHECKIN_IS_LOCKED")
TOO_LOW = (500, "ERROR_MILEAGE")
FINAL = (409, "ERROR_CHECKIN_IS_FINAL")
CONFIRM = {"checkInStatus": "Confirmed"}


@pytest.fixture
def user(tenant: Tenant) -> str:
    return tenant.user()


@pytest.fixture
def car(tenant: Tenant, user: str) -> dict[str, Any]:
    return tenant.vehicle(user, "CAR-123")


def made(answer: httpx.Response) -> dict[str, Any]:
    """The check-in that was made."""
    assert answer.status_code == 200, answer.text
    check_in: dict[str, Any] = answer.json()
    return check_in


def confirmed(tenant: Tenant, car: dict[str, Any], mileage: int) -> dict[str, Any]:
    """A check-in of a car, made and confirmed."""
    return made(tenant.review(made(tenant.check_in(car, mileage))["id"], "Confirmed"))


def history(tenant: Tenant, car: dict[str, Any]) -> list[dict[str, Any]]:
    """A vehicle's check-ins, newest first."""
    answer = tenant.api.get(f"/vehicles/{car['id']}/checkins/mileage?limit=100")
    found: list[dict[str, Any]] = answer.json()["checkIns"]
    return found


def queue(api: Api, status: str = "Pending", limit: int = 100) -> Iterator[str]:
    """The ids that await review, page by page."""
    query = {"status": status, "limit": str(limit)}
    while True:
        page = api.get("/checkins/mileage", params=query).json()
        assert len(page["checkIns"]) <= limit
        yield from (check_in["id"] for check_in in page["checkIns"])
        if page["nextCursor"] is None:
            return
        query["cursor"] = page["nextCursor"]


def handle(tenant: Tenant, id: str) -> list[dict[str, str]]:
    return [{"url": f"{tenant.url}/photo/{id}"}]


def test_a_day_from_the_upload_to_the_decision(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    license, odometer = tenant.photo(user, picture()), tenant.photo(user, picture("image/jpeg"))
    for photo in (license, odometer):
        assert tenant.inspected(photo)["photoStatus"] == "Ready"
    check_in = made(
        tenant.check_in(
            car,
            48210,
            licensePlate="car 123",
            state="CA",
            licensePhotos=[{"url": license}],
            odometerPhotos=[{"url": odometer}],
        )
    )

    def shown(photo: str) -> dict[str, Any]:
        place = {"latitude": LATITUDE, "longitude": LONGITUDE}
        return {"photoId": photo_id(photo), "photoUrl": photo} | place

    assert check_in == {
        "id": check_in["id"],
        "vehicleId": car["id"],
        "userId": user,
        "organizationId": tenant.root.id,
        "license": "CAR-123",
        "adminNote": None,
        "reasonCode": None,
        "checkedInAt": check_in["checkedInAt"],
        "checkInStatus": "Pending",
        "mileage": 48210,
        "nextCheckInDate": None,
        "updated": check_in["updated"],
        "licensePhotos": [shown(license)],
        "odometerPhotos": [shown(odometer)],
    }
    path = f"{CHECK_INS}/{check_in['id']}"
    assert tenant.api.get(path).json() == check_in
    assert until(lambda: list(queue(tenant.api)) or None) == [check_in["id"]]
    held = made(tenant.review(check_in["id"], "OnHold", "The odometer is blurred."))
    assert (held["checkInStatus"], held["adminNote"]) == ("OnHold", "The odometer is blurred.")
    again = made(tenant.api.put(path, {"mileage": 48212} | tenant.pair(user)))
    assert (again["checkInStatus"], again["mileage"], again["id"]) == (
        "Pending",
        48212,
        check_in["id"],
    )
    decided = made(tenant.review(check_in["id"], "Confirmed", None))
    assert (decided["checkInStatus"], decided["adminNote"]) == ("Confirmed", None)
    [listed] = history(tenant, car)
    # The positions of the second pair arrive when they are inspected.
    assert {k: listed[k] for k in ("id", "mileage", "checkInStatus")} == {
        "id": check_in["id"],
        "mileage": 48212,
        "checkInStatus": "Confirmed",
    }
    assert list(queue(tenant.api)) == list(queue(tenant.api, "OnHold")) == []


def test_a_check_in_is_accepted_before_the_inspection_and_shows_the_position_after_it(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    photos = {
        "licensePhotos": [{"url": tenant.photo(user, picture(size=(1600, 1200)))}],
        "odometerPhotos": [{"url": tenant.photo(user, picture(size=(1600, 1200)))}],
    }
    check_in = made(tenant.check_in(car, 100, **photos))

    def both_known() -> bool | None:
        now = tenant.api.get(f"{CHECK_INS}/{check_in['id']}").json()
        [license], [odometer] = now["licensePhotos"], now["odometerPhotos"]
        return True if license["latitude"] == odometer["latitude"] == LATITUDE else None

    assert until(both_known)
    assert made(tenant.review(check_in["id"], "Confirmed"))["checkInStatus"] == "Confirmed"


def test_a_photo_found_out_to_be_none_puts_its_check_in_on_hold_for_the_driver(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    text = b"I am no photo, whatever my name says.\n" * 9
    license = [{"url": tenant.photo(user)}]

    def sent_and_checked_in_before_it_is_inspected() -> dict[str, Any] | None:
        handle = tenant.photo(user, text)
        answer = tenant.check_in(car, 100, licensePhotos=license, odometerPhotos=[{"url": handle}])
        if answer.status_code == 200:
            return dict(answer.json())
        # The inspection was faster, and said so.
        assert refusal(answer) == (500, "ERROR_ODOMETER_PHOTO_REQUIRED")
        return None

    check_in = until(sent_and_checked_in_before_it_is_inspected)
    path = f"{CHECK_INS}/{check_in['id']}"

    def on_hold() -> dict[str, Any] | None:
        now: dict[str, Any] = tenant.api.get(path).json()
        return now if now["checkInStatus"] == "OnHold" else None

    held = until(on_hold)
    assert held["adminNote"].startswith("The odometer photo was rejected: ")
    assert until(lambda: list(queue(tenant.api, "OnHold")) or None) == [check_in["id"]]
    again = tenant.api.put(path, {"mileage": 100} | tenant.pair(user))
    assert made(again)["checkInStatus"] == "Pending"


# --- each documented refusal, by a request that deserves it -------------------------------------


@pytest.mark.parametrize(
    "changes",
    [{"mileage": 0}, {"mileage": "100"}, {"licensePlate": ...}, {"state": "XX"}, {"vehicleId": 7}],
    ids=str,
)
def test_a_bad_body_is_refused_naming_the_field(
    tenant: Tenant, car: dict[str, Any], changes: dict[str, Any]
) -> None:
    request = {"vehicleId": car["id"], "licensePlate": "CAR-123", "mileage": 100} | changes
    answer = tenant.api.post(CHECK_INS, {k: v for k, v in request.items() if v is not ...})
    assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")
    [field] = changes
    assert message(answer).startswith(f"{field}: ")


@pytest.mark.parametrize("missing", [..., []], ids=["missing", "empty"])
def test_a_license_photo_is_required(
    tenant: Tenant, user: str, car: dict[str, Any], missing: Any
) -> None:
    photos = tenant.pair(user) | {"licensePhotos": missing}
    assert refusal(tenant.check_in(car, 100, **photos)) == (500, "ERROR_LICENSE_PHOTO_REQUIRED")


@pytest.mark.parametrize("missing", [..., []], ids=["missing", "empty"])
def test_an_odometer_photo_is_required(
    tenant: Tenant, user: str, car: dict[str, Any], missing: Any
) -> None:
    photos = tenant.pair(user) | {"odometerPhotos": missing}
    assert refusal(tenant.check_in(car, 100, **photos)) == (500, "ERROR_ODOMETER_PHOTO_REQUIRED")


def test_a_photo_that_was_never_uploaded_is_required_still(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    photos = tenant.pair(user) | {"licensePhotos": [{"url": tenant.announced(user)["photoUrl"]}]}
    answer = tenant.check_in(car, 100, **photos)
    assert refusal(answer) == (500, "ERROR_LICENSE_PHOTO_REQUIRED")
    assert "never uploaded" in message(answer)


def test_a_photo_that_was_rejected_is_required_again(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    text = tenant.photo(user, b"I am no photo.\n" * 9)
    assert tenant.inspected(text)["photoStatus"] == "Rejected"
    photos = tenant.pair(user) | {"odometerPhotos": [{"url": text}]}
    assert refusal(tenant.check_in(car, 100, **photos)) == (500, "ERROR_ODOMETER_PHOTO_REQUIRED")


@pytest.mark.parametrize("field", ["licensePhotos", "odometerPhotos"])
def test_only_one_photo_of_each_is_supported(
    tenant: Tenant, user: str, car: dict[str, Any], field: str
) -> None:
    photos = tenant.pair(user)
    answer = tenant.check_in(car, 100, **photos | {field: photos[field] * 2})
    assert refusal(answer) == (500, "ERROR_MILEAGE_CHECKIN_SUPPORTS_ONLY_ONE_PHOTO")


def test_a_vehicle_that_is_not_there_is_not_found(
    tenant: Tenant, new_tenant: Callable[[], Tenant], user: str, car: dict[str, Any]
) -> None:
    other = new_tenant()
    theirs = other.vehicle(other.user(), "CAR-123")
    for id in ("veh_" + "0" * 32, "nonsense", theirs["id"]):
        answer = tenant.check_in(car, 100, vehicleId=id)
        assert refusal(answer) == (404, "ERROR_VEHICLE_NOT_FOUND")


def test_a_vehicle_outside_the_clients_organizations_is_not_permitted(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    request = {"vehicleId": car["id"], "licensePlate": "CAR-123", "mileage": 1}
    answer = tenant.client_of(tenant.branch()).post(CHECK_INS, request | tenant.pair(user))
    assert refusal(answer) == NO_PERMISSION


def test_a_deactivated_vehicle_is_not_checked_in(tenant: Tenant, car: dict[str, Any]) -> None:
    assert tenant.api.put(f"/vehicles/{car['id']}/deactivate").status_code == 200
    answer = tenant.check_in(car, 100)
    assert refusal(answer) == (403, "ERROR_VEHICLE_IS_NOT_ACTIVE_ON_POLICY")
    assert tenant.api.put(f"/vehicles/{car['id']}/activate").status_code == 200
    made(tenant.check_in(car, 100))


def test_a_vehicle_without_an_owning_user_is_not_checked_in(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    assert tenant.api.put(f"/vehicles/{car['id']}", {"userId": None}).status_code == 200
    assert refusal(tenant.check_in(car, 100)) == (404, "ERROR_USER_NOT_FOUND")


@pytest.mark.parametrize("other", [{"licensePlate": "OTHER"}, {"state": "NV"}], ids=str)
def test_another_plate_or_state_than_the_vehicles_is_a_mismatch(
    tenant: Tenant, car: dict[str, Any], other: dict[str, str]
) -> None:
    answer = tenant.check_in(car, 100, **other)
    assert refusal(answer) == (500, "ERROR_LICENSE_PLATE_MISMATCH")


def test_a_first_plate_that_another_vehicle_has_is_taken_and_a_free_one_is_claimed(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    plateless = tenant.vehicle(user)
    photos = tenant.pair(user)
    first = {"state": "CA"} | photos
    taken = tenant.check_in(plateless, 100, licensePlate="car-123", **first)
    assert refusal(taken) == (409, "ERROR_VEHICLE_ALREADY_EXISTS")
    assert made(tenant.check_in(plateless, 100, licensePlate="FREE-1", **first))
    now = tenant.api.get(f"/vehicles/{plateless['id']}").json()
    assert (now["license"], now["state"]) == ("FREE-1", "CA")
    rival = tenant.api.put(f"/vehicles/{car['id']}", {"licensePlate": "FREE1"})
    assert refusal(rival) == (409, "ERROR_VEHICLE_ALREADY_EXISTS")


def test_photos_must_be_the_vehicles_users_and_known(
    tenant: Tenant, new_tenant: Callable[[], Tenant], user: str, car: dict[str, Any]
) -> None:
    mine = tenant.pair(user)
    neighbour = new_tenant()
    wrong = [
        [{"url": tenant.photo(tenant.user())}],
        [{"url": neighbour.photo(neighbour.user())}],
        [{"url": f"{tenant.url}/photo/pho_{'0' * 32}"}],
        [{"url": "https://example.com/photo.jpg"}],
        mine["odometerPhotos"],
    ]
    for photos in wrong:
        assert refusal(tenant.check_in(car, 100, **mine | {"licensePhotos": photos})) == NOT_OWNED
    made(tenant.check_in(car, 100, **mine))


def test_a_photo_used_by_another_check_in_is_not_used_again_even_after_it_was_declined(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    photos = tenant.pair(user)
    check_in = made(tenant.check_in(car, 100, **photos))
    other = tenant.vehicle(user, "OTHER-1")
    for licence in (photos["licensePhotos"], photos["odometerPhotos"]):
        answer = tenant.check_in(other, 100, **tenant.pair(user) | {"licensePhotos": licence})
        assert refusal(answer) == NOT_OWNED
    made(tenant.review(check_in["id"], "Declined"))
    assert refusal(tenant.check_in(car, 100, **photos)) == NOT_OWNED


@pytest.mark.parametrize("status", ["Pending", "OnHold"])
def test_while_a_check_in_awaits_review_the_next_is_locked(
    tenant: Tenant, car: dict[str, Any], status: str
) -> None:
    check_in = made(tenant.check_in(car, 100))
    if status == "OnHold":
        made(tenant.review(check_in["id"], "OnHold"))
    assert refusal(tenant.check_in(car, 101)) == LOCKED
    made(tenant.review(check_in["id"], "Confirmed"))
    made(tenant.check_in(car, 101))


def test_with_a_cadence_the_next_check_in_is_dated_and_locked_until_it_opens(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    read = partners.get(tenant.partner.id)
    table.transact(partners.replaced(read, read.with_cadence(30, 5)))
    first = confirmed(tenant, car, 100)
    assert first["nextCheckInDate"] > first["checkedInAt"]
    answer = tenant.check_in(car, 101)
    assert refusal(answer) == LOCKED
    assert "opens at" in message(answer)
    # A window as long as the cadence is always open.
    read = partners.get(tenant.partner.id)
    table.transact(partners.replaced(read, read.with_cadence(30, 30)))
    confirmed(tenant, car, 101)
    read = partners.get(tenant.partner.id)
    table.transact(partners.replaced(read, read.with_cadence(None, 0)))
    assert confirmed(tenant, car, 102)["nextCheckInDate"] is None


def test_the_mileage_never_goes_down_but_may_stay(tenant: Tenant, car: dict[str, Any]) -> None:
    confirmed(tenant, car, 100)
    answer = tenant.check_in(car, 99)
    assert refusal(answer) == TOO_LOW
    assert "100" in message(answer)
    confirmed(tenant, car, 100)


def test_a_declined_mileage_does_not_count(tenant: Tenant, car: dict[str, Any]) -> None:
    confirmed(tenant, car, 100)
    typo = made(tenant.check_in(car, 100_000))
    made(tenant.review(typo["id"], "Declined", "A zero too many."))
    assert refusal(tenant.check_in(car, 99)) == TOO_LOW
    confirmed(tenant, car, 101)
    assert [each["checkInStatus"] for each in history(tenant, car)] == [
        "Confirmed",
        "Declined",
        "Confirmed",
    ]


# --- review --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Declined", "OnHold"])
def test_a_reviewer_who_does_not_confirm_says_why(
    tenant: Tenant, car: dict[str, Any], status: str
) -> None:
    id = made(tenant.check_in(car, 100))["id"]
    answer = tenant.review(id, status, None)
    assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")
    assert "adminNote: required" in message(answer)


@pytest.mark.parametrize("first", ["Confirmed", "Declined"])
def test_what_was_decided_is_final_for_reviewer_and_driver(
    tenant: Tenant, user: str, car: dict[str, Any], first: str
) -> None:
    id = made(tenant.check_in(car, 100))["id"]
    decided = made(tenant.review(id, first))
    for then in ("Confirmed", "Declined", "OnHold"):
        assert refusal(tenant.review(id, then)) == FINAL
    anew = tenant.api.put(f"{CHECK_INS}/{id}", {"mileage": 101} | tenant.pair(user))
    assert refusal(anew) == FINAL
    now = tenant.api.get(f"{CHECK_INS}/{id}").json()
    assert (now["checkInStatus"], now["mileage"]) == (decided["checkInStatus"], 100)


def test_what_is_pending_is_not_sent_anew(tenant: Tenant, user: str, car: dict[str, Any]) -> None:
    id = made(tenant.check_in(car, 100))["id"]
    anew = tenant.api.put(f"{CHECK_INS}/{id}", {"mileage": 101} | tenant.pair(user))
    assert refusal(anew) == LOCKED


def test_a_client_without_the_scope_reviews_nothing(tenant: Tenant, car: dict[str, Any]) -> None:
    id = made(tenant.check_in(car, 100))["id"]
    unscoped = replace(tenant, api=tenant.api.of(tenant.admitted(scopes=frozenset()).headers))
    assert refusal(unscoped.review(id, "Confirmed")) == NO_PERMISSION
    assert refusal(unscoped.api.get("/checkins/mileage")) == NO_PERMISSION
    assert unscoped.api.get(f"{CHECK_INS}/{id}").json()["checkInStatus"] == "Pending"


def test_a_client_of_a_branch_meets_the_check_ins_of_its_branch_only(
    tenant: Tenant, new_tenant: Callable[[], Tenant], car: dict[str, Any]
) -> None:
    branch = tenant.branch()
    below = tenant.branch(branch)
    own = [
        made(tenant.check_in(tenant.vehicle(tenant.user(at), f"OWN-{n}"), 1))["id"]
        for n, at in enumerate([branch, below, branch])
    ]
    foreign = made(tenant.check_in(car, 1))["id"]
    client = tenant.client_of(branch)
    assert until(lambda: ids if len(ids := list(queue(tenant.api))) == 4 else None) == [
        *own,
        foreign,
    ]
    for limit in (1, 2, 100):
        assert list(queue(client, limit=limit)) == own
    confirm = {"checkInStatus": "Confirmed"}
    assert refusal(client.get(f"{CHECK_INS}/{foreign}")) == NO_PERMISSION
    assert refusal(client.put(f"{CHECK_INS}/{foreign}/review", confirm)) == NO_PERMISSION
    assert refusal(client.get(f"/vehicles/{car['id']}/checkins/mileage")) == NO_PERMISSION
    assert client.put(f"{CHECK_INS}/{own[0]}/review", confirm).status_code == 200
    stranger = new_tenant().api
    assert list(queue(stranger)) == []
    for id in (foreign, own[1], "chk_nonsense"):
        assert refusal(stranger.get(f"{CHECK_INS}/{id}")) == NOT_FOUND
        assert refusal(stranger.put(f"{CHECK_INS}/{id}/review", confirm)) == NOT_FOUND


def queued(at: Organization, many: int) -> list[str]:
    """The ids of new pending check-ins of an organization, oldest first."""
    world, ids = World(), []
    driver = world.driver(at=at)
    for _ in range(many):
        vehicle = world.vehicle(of=driver, plate=f"Q-{secrets.token_hex(4)}")
        ids.append(world.check_in(of=vehicle, photos=world.pair(of=driver))[0].id)
    return ids


def test_a_page_of_the_queue_is_full_among_foreign_check_ins_and_while_others_are_decided(
    tenant: Tenant,
) -> None:
    branch = tenant.branch()
    below = tenant.branch(branch)
    all_of: dict[str, list[str]] = {branch.id: [], below.id: []}
    for _ in range(21):
        queued(tenant.east, 2)
        all_of[branch.id] += queued(branch, 3)
        all_of[below.id] += (ids := queued(below, 2))
        all_of[branch.id] += ids
    decided: set[str] = set()
    for limit, place in ((100, branch), (2, branch), (1, below)):
        client = tenant.client_of(place)
        own = [id for id in all_of[place.id] if id not in decided]
        shown: list[str] = []
        ahead: set[str] = set()
        query = {"limit": str(limit)}
        for number in itertools.count():
            page = client.get("/checkins/mileage", params=query).json()
            shown += (check_in["id"] for check_in in page["checkIns"])
            if page["nextCursor"] is None:
                break
            assert len(page["checkIns"]) == limit
            query["cursor"] = page["nextCursor"]
            unseen = own[own.index(shown[-1]) + 1 :]
            if number % 10 == 0 and len(unseen) > 1:
                for id in (shown[-1], unseen[1]):
                    assert client.put(f"{CHECK_INS}/{id}/review", CONFIRM).status_code == 200
                decided |= {shown[-1], unseen[1]}
                ahead.add(unseen[1])
        assert 0 < len(page["checkIns"]) <= limit
        assert shown == [id for id in own if id not in ahead]


def test_a_vehicles_check_ins_come_in_pages_newest_first(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    ids = [confirmed(tenant, car, mileage)["id"] for mileage in (1, 2, 3)][::-1]
    path = f"/vehicles/{car['id']}/checkins/mileage"
    first = tenant.api.get(f"{path}?limit=2").json()
    assert [check_in["id"] for check_in in first["checkIns"]] == ids[:2]
    rest = tenant.api.get(path, params={"limit": "2", "cursor": first["nextCursor"]}).json()
    assert [check_in["id"] for check_in in rest["checkIns"]] == ids[2:]
    assert rest["nextCursor"] is None
    tampered = {"cursor": first["nextCursor"][:-6] + "AAAAA="}
    assert refusal(tenant.api.get(path, params=tampered)) == (400, "ERROR_INVALID_PARAMETERS")
    for limit in ("0", "101", "x"):
        answer = tenant.api.get(path, params={"limit": limit})
        assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")


# --- races ---------------------------------------------------------------------------------------


def outcomes(answers: list[httpx.Response]) -> Counter[tuple[int, str]]:
    return Counter(
        refusal(answer) if answer.is_error else (200, answer.json()["checkInStatus"])
        for answer in answers
    )


def test_of_eight_check_ins_of_one_vehicle_at_once_one_is_pending_and_mileage_never_falls(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    confirmed(tenant, car, 1000)
    pairs = [tenant.pair(user) for _ in range(CALLERS)]
    # Falling below what is confirmed for half of them, rising for the others.
    mileages = [1000 + (place if place % 2 else -place) * 10 for place in range(1, CALLERS + 1)]
    request = {"vehicleId": car["id"], "licensePlate": car["license"]}
    accepted, winners = [1000], set[int]()
    for _ in range(3):
        high_enough = {n for n, mileage in enumerate(mileages) if mileage >= accepted[-1]} - winners

        def call(api: Api, place: int) -> httpx.Response:
            reading = {"mileage": mileages[place]}
            return api.post(CHECK_INS, request | reading | pairs[place])

        answers = at_once(tenant.api, CALLERS, call)
        counted = outcomes(answers)
        assert counted[200, "Pending"] == bool(high_enough)
        assert set(counted) <= {(200, "Pending"), LOCKED, TOO_LOW, NOT_OWNED}
        for place, answer in enumerate(answers):
            if answer.status_code == 200:
                winners.add(place)
                accepted.append(answer.json()["mileage"])
                made(tenant.review(answer.json()["id"], "Confirmed"))
    assert len(accepted) > 1
    assert accepted == sorted(accepted)
    assert [each["mileage"] for each in history(tenant, car)] == accepted[::-1]


def test_of_eight_check_ins_with_the_same_mileage_exactly_one_is_accepted(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    pairs = [tenant.pair(user) for _ in range(CALLERS)]
    request = {"vehicleId": car["id"], "licensePlate": car["license"], "mileage": 7}
    answers = at_once(
        tenant.api, CALLERS, lambda api, place: api.post(CHECK_INS, request | pairs[place])
    )
    assert outcomes(answers) == {(200, "Pending"): 1, LOCKED: CALLERS - 1}
    assert len(history(tenant, car)) == 1


def test_a_photo_is_used_once_even_when_the_check_ins_of_eight_vehicles_race_for_it(
    tenant: Tenant, user: str
) -> None:
    number = 8
    cars = [tenant.vehicle(user, f"RACE-{place}") for place in range(number)]
    license = {"licensePhotos": [{"url": tenant.photo(user)}]}
    odometers = [{"odometerPhotos": [{"url": tenant.photo(user)}]} for _ in range(number)]

    def call(api: Api, place: int) -> httpx.Response:
        car = {"vehicleId": cars[place]["id"], "licensePlate": f"RACE-{place}", "mileage": 1}
        return api.post(CHECK_INS, car | license | odometers[place])

    answers = at_once(tenant.api, number, call)
    assert outcomes(answers) == {(200, "Pending"): 1, NOT_OWNED: number - 1}
    assert sum(len(history(tenant, car)) for car in cars) == 1
    # Who lost keeps the other photo.
    [loser] = [place for place in range(number) if answers[place].is_error][:1]
    again = odometers[loser] | {"licensePhotos": [{"url": tenant.photo(user)}]}
    made(tenant.check_in(cars[loser], 1, **again))


def test_of_eight_reviewers_at_once_one_decides(tenant: Tenant, car: dict[str, Any]) -> None:
    id = made(tenant.check_in(car, 100))["id"]
    decisions = ["Confirmed", "Declined"] * 4

    def call(api: Api, place: int) -> httpx.Response:
        body = {"checkInStatus": decisions[place], "adminNote": "So."}
        return api.put(f"{CHECK_INS}/{id}/review", body)

    answers = at_once(tenant.api, len(decisions), call)
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    assert Counter(refusal(answer) for answer in answers if answer.is_error) == {FINAL: 7}
    [kept] = history(tenant, car)
    assert kept["checkInStatus"] == won["checkInStatus"]
    # The vehicle agrees with the decision.
    lower = tenant.check_in(car, 99)
    assert lower.status_code == (500 if won["checkInStatus"] == "Confirmed" else 200)


def test_a_check_in_sent_eight_times_at_once_under_one_key_is_one(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    request = {"vehicleId": car["id"], "licensePlate": "CAR-123", "mileage": 1} | tenant.pair(user)
    keyed = {"Idempotency-Key": secrets.token_hex(8)}
    answers = at_once(tenant.api, 8, lambda api, _: api.post(CHECK_INS, request, headers=keyed))
    assert outcomes(answers) == {(200, "Pending"): 8}
    assert len({answer.text for answer in answers}) == 1
    assert len(history(tenant, car)) == 1
