"""A vehicle's life on the books: changed, deactivated, activated, and listed."""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from infra.local.vins import new_vin
from tests.e2e.api import Api, a_person, at_once, becomes, refusal, until
from tests.e2e.tenant import Tenant

TAKEN = (409, "ERROR_VEHICLE_ALREADY_EXISTS")
INVALID = (400, "ERROR_INVALID_PARAMETERS")
NO_PERMISSION = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
NOT_FOUND = (404, "ERROR_VEHICLE_NOT_FOUND")


@pytest.fixture
def user(tenant: Tenant) -> str:
    return tenant.user()


@pytest.fixture
def car(tenant: Tenant, user: str) -> dict[str, Any]:
    return tenant.vehicle(user, "CAR-123")


def put(tenant: Tenant, car: dict[str, Any], what: str = "", **changes: Any) -> httpx.Response:
    return tenant.api.put(f"/vehicles/{car['id']}{what}", changes if not what else None)


def now(tenant: Tenant, car: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = tenant.api.get(f"/vehicles/{car['id']}").json()
    return found


def again(car: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The request that registers another vehicle with a vehicle's VIN and plate."""
    request = {name: car[name] for name in ("userId", "vin", "make", "model", "state")}
    return request | {"year": int(car["year"]), "licensePlate": car["license"]} | changes


def register(tenant: Tenant, request: dict[str, Any]) -> httpx.Response:
    return tenant.api.post("/vehicles/create/by-vin", request)


def test_what_is_named_changes_and_the_rest_stays(tenant: Tenant, car: dict[str, Any]) -> None:
    link = "https://example.com/car.jpg"
    answer = put(tenant, car, licensePlate="NEW-1", state="NV", photoUrl=link)
    assert answer.status_code == 200
    named = {"license": "NEW-1", "state": "NV", "photoUrl": link}
    assert answer.json() == car | named | {"updated": answer.json()["updated"]}
    assert now(tenant, car) == answer.json()


def test_an_external_id_is_free_while_its_vehicle_is_deactivated(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    own: dict[str, Any] = {"externalId": "POLICY #1", "metadata": {"costCenter": "4711"}}
    assert put(tenant, car, **own).json()["metadata"] == own["metadata"]
    other = again(car, vin=new_vin(), licensePlate=None, state=None) | own
    assert refusal(register(tenant, other)) == TAKEN
    assert put(tenant, car, "/deactivate").status_code == 200
    registered = register(tenant, other)
    assert registered.json()["externalId"] == own["externalId"]
    assert refusal(put(tenant, car, "/activate")) == TAKEN


def test_an_empty_plate_clears_it_for_others(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    assert put(tenant, car, licensePlate="").json()["license"] is None
    assert tenant.vehicle(user, "CAR-123")["license"] == "CAR-123"
    assert refusal(put(tenant, car, licensePlate="CAR-123")) == TAKEN


def test_a_plate_needs_its_state(tenant: Tenant, car: dict[str, Any]) -> None:
    assert refusal(put(tenant, car, state=None)) == INVALID


def test_a_vehicle_changes_hands_within_its_organization(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    other = tenant.user()
    assert put(tenant, car, userId=other).json()["userId"] == other
    elsewhere = tenant.user(tenant.branch())
    assert refusal(put(tenant, car, userId=elsewhere)) == INVALID
    assert refusal(put(tenant, car, userId="usr_" + "0" * 32)) == (404, "ERROR_USER_NOT_FOUND")


def test_deactivating_frees_vin_and_plate_for_another_vehicle_and_activating_is_then_refused(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    assert refusal(register(tenant, again(car))) == TAKEN
    off = put(tenant, car, "/deactivate")
    assert (off.status_code, off.json()["active"]) == (200, False)
    second = register(tenant, again(car))
    assert second.status_code == 200
    assert refusal(put(tenant, car, "/activate")) == TAKEN
    assert now(tenant, car) == off.json()
    assert put(tenant, second.json(), "/deactivate").status_code == 200
    on = put(tenant, car, "/activate")
    assert (on.status_code, on.json()["active"]) == (200, True)
    assert refusal(put(tenant, second.json(), "/activate")) == TAKEN


def test_a_plate_alone_that_was_taken_meanwhile_refuses_activating(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    assert put(tenant, car, "/deactivate").status_code == 200
    tenant.vehicle(user, "car 123")
    assert refusal(put(tenant, car, "/activate")) == TAKEN
    assert put(tenant, car, licensePlate="").status_code == 200
    assert put(tenant, car, "/activate").status_code == 200


def test_deactivating_and_activating_again_change_nothing(
    tenant: Tenant, car: dict[str, Any]
) -> None:
    assert put(tenant, car, "/activate").json() == car
    off = put(tenant, car, "/deactivate").json()
    second = register(tenant, again(car)).json()
    assert put(tenant, car, "/deactivate").json() == off
    # The second holds what the first had: deactivating the first again took nothing from it.
    assert refusal(register(tenant, again(car))) == TAKEN
    assert now(tenant, second)["active"]


def test_what_is_another_partners_is_not_found_and_outside_the_subtree_not_permitted(
    tenant: Tenant, new_tenant: Callable[[], Tenant], car: dict[str, Any]
) -> None:
    stranger, branch = new_tenant().api, tenant.client_of(tenant.branch())
    for what in ("", "/deactivate", "/activate"):
        path = f"/vehicles/{car['id']}{what}"
        assert refusal(stranger.put(path, {})) == NOT_FOUND
        assert refusal(branch.put(path, {})) == NO_PERMISSION
    assert now(tenant, car) == car


# --- races ---------------------------------------------------------------------------------------


def test_activating_against_registering_has_one_winner(tenant: Tenant, car: dict[str, Any]) -> None:
    rounds = 4
    for _ in range(rounds):
        assert put(tenant, car, "/deactivate").status_code == 200

        def call(api: Api, place: int) -> httpx.Response:
            if place % 2:
                return api.post("/vehicles/create/by-vin", again(car))
            return api.put(f"/vehicles/{car['id']}/activate")

        answers = at_once(tenant.api, 4, call)
        registered = [a for a in answers[1::2] if a.status_code == 200]
        activated = [a for a in answers[0::2] if a.status_code == 200]
        # Who activates twice succeeds twice; one of the two kinds wins.
        assert (len(registered), len(activated)) in {(1, 0), (0, 2)}
        assert all(refusal(a) == TAKEN for a in answers if a.is_error)
        assert now(tenant, car)["active"] == bool(activated)
        if registered:
            assert put(tenant, registered[0].json(), "/deactivate").status_code == 200


def test_changing_a_plate_against_registering_it_has_one_winner(tenant: Tenant, user: str) -> None:
    cars = [tenant.vehicle(user) for _ in range(4)]
    plate = {"licensePlate": "RACE-1", "state": "CA"}
    requests = [
        {name: car[name] for name in ("userId", "make", "model")} | {"year": 1988} for car in cars
    ]

    def call(api: Api, place: int) -> httpx.Response:
        if place % 2:
            vin = {"vin": new_vin()}
            return api.post("/vehicles/create/by-vin", requests[place // 2] | vin | plate)
        return api.put(f"/vehicles/{cars[place // 2]['id']}", plate)

    answers = at_once(tenant.api, 8, call)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 7}
    [won] = [answer.json() for answer in answers if answer.status_code == 200]

    def plated() -> list[str]:
        listed = tenant.api.get(f"/users/{user}/vehicles?limit=100").json()["vehicles"]
        return [car["id"] for car in listed if car["license"]]

    assert becomes(plated, [won["id"]])


def test_eight_changes_of_one_vehicle_at_once_all_count_and_its_plate_is_one_of_theirs(
    tenant: Tenant, user: str, car: dict[str, Any]
) -> None:
    plates = [f"PLATE-{place}" for place in range(8)]

    def call(api: Api, place: int) -> httpx.Response:
        return api.put(f"/vehicles/{car['id']}", {"licensePlate": plates[place]})

    answers = at_once(tenant.api, 8, call)
    assert [answer.status_code for answer in answers] == [200] * 8
    kept = now(tenant, car)["license"]
    assert kept in plates
    # Only the last one's is held; the others were given up on the way.
    for plate in {*plates, "CAR-123"} - {kept}:
        tenant.vehicle(user, plate)
    assert refusal(register(tenant, again(car, vin=tenant.vehicle(user)["vin"]))) == TAKEN


# --- lists ---------------------------------------------------------------------------------------


def test_a_users_vehicles_come_in_pages_oldest_first(tenant: Tenant, user: str) -> None:
    cars = [tenant.vehicle(user)["id"] for _ in range(5)]
    path = f"/users/{user}/vehicles"

    def listed(**query: str) -> dict[str, Any]:
        answer = tenant.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    everything = until(lambda: p if len((p := listed())["vehicles"]) == 5 else None)
    assert [car["id"] for car in everything["vehicles"]] == cars
    assert everything["nextCursor"] is None
    assert everything["vehicles"][0] == tenant.api.get(f"/vehicles/{cars[0]}").json()
    found: list[str] = []
    query = {"limit": "2"}
    while True:
        page = listed(**query)
        assert len(page["vehicles"]) <= 2
        found += [car["id"] for car in page["vehicles"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert found == cars


def test_a_cursor_is_opaque_and_only_good_as_it_was_given(tenant: Tenant, user: str) -> None:
    for _ in range(2):
        tenant.vehicle(user)
    path = f"/users/{user}/vehicles"
    cursor: str = until(lambda: tenant.api.get(f"{path}?limit=1").json()["nextCursor"])
    assert user not in cursor
    other = tenant.user()
    wrong = [
        "A" + cursor[1:] if cursor[0] != "A" else "B" + cursor[1:],
        cursor[:-8],
        cursor + "AAAA",
        cursor.swapcase(),
        "nonsense",
        "",
    ]
    for changed in wrong:
        assert refusal(tenant.api.get(path, params={"cursor": changed})) == INVALID
    elsewhere = tenant.api.get(f"/users/{other}/vehicles", params={"cursor": cursor})
    assert refusal(elsewhere) == INVALID
    assert tenant.api.get(path, params={"cursor": cursor}).status_code == 200


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "", "1&limit=2"])
def test_a_limit_is_one_number_from_1_to_100(tenant: Tenant, user: str, limit: str) -> None:
    assert refusal(tenant.api.get(f"/users/{user}/vehicles?limit={limit}")) == INVALID


def test_a_users_vehicles_are_seen_in_their_subtree_and_by_no_other_partner(
    tenant: Tenant, new_tenant: Callable[[], Tenant], user: str
) -> None:
    path = f"/users/{user}/vehicles"
    stranger, branch = new_tenant().api, tenant.client_of(tenant.branch())
    assert refusal(stranger.get(path)) == (404, "ERROR_USER_NOT_FOUND")
    assert refusal(branch.get(path)) == NO_PERMISSION


# --- users by phone ------------------------------------------------------------------------------


def test_a_user_is_found_by_phone_however_the_plus_is_written(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    person = tenant.api.post("/users", a_person()).json()
    phone = person["phone"]
    for written in (phone, quote(phone, safe="")):
        found = tenant.api.get(f"/users/by-phone/{written}")
        assert (found.status_code, found.json()) == (200, person)
    missing = tenant.api.get(f"/users/by-phone/{phone[1:]}")
    assert refusal(missing) == (404, "ERROR_USER_NOT_FOUND")
    stranger, branch = new_tenant().api, tenant.client_of(tenant.branch())
    assert refusal(stranger.get(f"/users/by-phone/{phone}")) == (404, "ERROR_USER_NOT_FOUND")
    assert refusal(branch.get(f"/users/by-phone/{phone}")) == NO_PERMISSION
