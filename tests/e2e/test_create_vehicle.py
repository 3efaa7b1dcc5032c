"""POST /vehicles/create/by-vin and what can be read afterwards, as a partner sees it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.vins import bronco, new_vin
from tests.e2e.api import Api, message, refusal
from tests.e2e.tenant import Tenant

BY_VIN = "/vehicles/create/by-vin"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TAKEN = (409, "ERROR_VEHICLE_ALREADY_EXISTS")


def test_the_documented_request_gets_the_documented_answer(tenant: Tenant) -> None:
    user = tenant.user()
    car = {"vin": "1FMCU14T6JU400773", "make": "Ford", "model": "Bronco II", "year": 1988}
    plate = {"licensePlate": "TEST-123", "state": "CA"}
    answer = tenant.api.post(BY_VIN, {"userId": user, **car, **plate})
    assert answer.status_code == 200
    vehicle = answer.json()
    phone = tenant.api.get(f"/users/{user}").json()["phone"]
    assert vehicle == {
        "id": vehicle["id"],
        "license": "TEST-123",
        "photoUrl": None,
        "make": "Ford",
        "model": "Bronco II",
        "vin": "1FMCU14T6JU400773",
        "state": "CA",
        "year": "1988",
        "dateAdded": vehicle["dateAdded"],
        "updated": vehicle["updated"],
        "userId": user,
        "customerPhoneNumber": phone,
        "active": True,
        "organizationId": tenant.root.id,
        "externalId": None,
        "metadata": None,
    }
    assert re.fullmatch(r"veh_[0-9a-f]{32}", vehicle["id"])
    assert TIME.fullmatch(vehicle["dateAdded"])
    assert TIME.fullmatch(vehicle["updated"])


def test_a_vehicle_reads_back_as_it_was_answered(tenant: Tenant) -> None:
    created = tenant.api.post(BY_VIN, {"userId": tenant.user()} | bronco()).json()
    read = tenant.api.get(f"/vehicles/{created['id']}")
    assert (read.status_code, read.json()) == (200, created)
    assert (created["license"], created["state"], created["photoUrl"]) == (None, None, None)


def test_make_and_model_come_back_as_the_caller_wrote_them(tenant: Tenant) -> None:
    answer = tenant.api.post(
        BY_VIN, {"userId": tenant.user()} | bronco(make="FORD", model="bronco-ii")
    )
    assert (answer.json()["make"], answer.json()["model"]) == ("FORD", "bronco-ii")


def test_the_sample_vin_is_no_honda_civic(tenant: Tenant) -> None:
    claim = {"vin": "1FMCU14T6JU400773", "make": "Honda", "model": "Civic", "year": 2020}
    answer = tenant.api.post(BY_VIN, {"userId": tenant.user()} | claim)
    assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")
    assert "FORD Bronco II 1988" in message(answer)


def test_another_partners_user_is_not_found(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    theirs = new_tenant().user()
    answer = tenant.api.post(BY_VIN, {"userId": theirs} | bronco())
    assert refusal(answer) == (404, "ERROR_USER_NOT_FOUND")


def test_a_client_of_a_branch_serves_the_users_of_its_branch_only(tenant: Tenant) -> None:
    west = tenant.branch()
    coast = tenant.branch(west)
    client = tenant.client_of(west)
    at_root, at_east = tenant.user(), tenant.user(tenant.branch())
    at_west, at_coast = tenant.user(west), tenant.user(coast)
    for inside in (at_west, at_coast):
        assert client.post(BY_VIN, {"userId": inside} | bronco()).status_code == 200
    for outside in (at_root, at_east):
        answer = client.post(BY_VIN, {"userId": outside} | bronco())
        assert refusal(answer) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


def test_the_same_car_may_be_on_two_partners_books(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    car = bronco(licensePlate="TWO-1", state="CA")
    for partner in (tenant, new_tenant()):
        assert partner.api.post(BY_VIN, {"userId": partner.user()} | car).status_code == 200


def test_a_vin_and_a_plate_are_registered_once(tenant: Tenant) -> None:
    user = {"userId": tenant.user()}
    plate = {"licensePlate": "ONE-1", "state": "CA"}
    first = bronco(**plate)
    assert tenant.api.post(BY_VIN, user | first).status_code == 200
    again = tenant.api.post(BY_VIN, user | first | {"licensePlate": "ONE-2"})
    assert refusal(again) == TAKEN
    same_plate = tenant.api.post(BY_VIN, user | bronco(licensePlate="one 1", state="ca"))
    assert refusal(same_plate) == TAKEN
    elsewhere = tenant.api.post(BY_VIN, user | bronco(licensePlate="ONE-1", state="NV"))
    assert elsewhere.status_code == 200
    free = tenant.api.post(BY_VIN, user | bronco(licensePlate="ONE-2", state="CA"))
    assert free.status_code == 200


def test_a_vehicle_of_another_partner_or_branch_cannot_be_read(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    vehicle = tenant.api.post(BY_VIN, {"userId": tenant.user()} | bronco()).json()["id"]
    theirs = new_tenant().api.get(f"/vehicles/{vehicle}")
    assert refusal(theirs) == (404, "ERROR_VEHICLE_NOT_FOUND")
    branch = tenant.client_of(tenant.branch()).get(f"/vehicles/{vehicle}")
    assert refusal(branch) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


@pytest.mark.parametrize("change", [{}, {"userId": "..."}, {"year": 1989}])
def test_a_key_answers_the_same_again_and_refuses_another_request(
    tenant: Tenant, change: dict[str, Any]
) -> None:
    request = {"userId": tenant.user()} | bronco()
    keyed = {"Idempotency-Key": new_vin() + "-order"}
    first = tenant.api.post(BY_VIN, request, headers=keyed)
    assert first.status_code == 200
    assert "Idempotent-Replayed" not in first.headers
    again = tenant.api.post(BY_VIN, request | change, headers=keyed)
    if change:
        assert refusal(again) == (400, "ERROR_INVALID_PARAMETERS")
    else:
        assert (again.status_code, again.json()) == (200, first.json())
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.headers["x-request-id"] != first.headers["x-request-id"]


def test_the_demo_partner_can_register_as_the_printed_curl_line_does(
    partner: Api, user: str
) -> None:
    answer = partner.post(BY_VIN, {"userId": user} | bronco())
    assert answer.status_code == 200
    assert answer.json()["userId"] == user
