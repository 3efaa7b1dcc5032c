"""Whatever many callers do at once, a VIN, a plate and a key count once."""

from collections import Counter
from typing import Any

import httpx

from infra.local.vins import bronco, new_vin
from motorpool.dynamodb import keys, table
from tests.e2e.api import Api, a_person, at_once, until
from tests.e2e.tenant import Tenant

BY_VIN = "/vehicles/create/by-vin"
CALLERS = 8


def outcomes(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def vehicles_of(tenant: Tenant) -> list[Any]:
    """The organization's vehicles, as soon as there is one."""
    pk = keys.vehicles_of_organization(tenant.root.id)
    return until(lambda: list(table.query(pk, index="gsi1")))


def test_a_vin_is_registered_once_even_when_eight_callers_race(tenant: Tenant) -> None:
    users = [tenant.user() for _ in range(CALLERS)]
    car = bronco()
    answers = at_once(
        tenant.api, CALLERS, lambda api, place: api.post(BY_VIN, {"userId": users[place]} | car)
    )
    assert outcomes(answers) == {200: 1, 409: CALLERS - 1}
    [won] = [answer.json() for answer in answers if answer.status_code == 200]
    [stored] = vehicles_of(tenant)
    assert stored["id"] == won["id"]
    assert tenant.api.get(f"/vehicles/{won['id']}").json() == won


def test_a_plate_is_registered_once_even_when_eight_callers_race(tenant: Tenant) -> None:
    user = tenant.user()
    spellings = ["RACE-123", "race 123", "R.A.C.E.123", "Race123"]

    def call(api: Api, place: int) -> httpx.Response:
        plate = {"licensePlate": spellings[place % len(spellings)], "state": "CA"}
        return api.post(BY_VIN, {"userId": user} | bronco(**plate))

    answers = at_once(tenant.api, CALLERS, call)
    assert outcomes(answers) == {200: 1, 409: CALLERS - 1}
    assert len(vehicles_of(tenant)) == 1


def test_a_loser_leaves_nothing_that_stands_in_anyones_way(tenant: Tenant) -> None:
    user = tenant.user()
    cars = [bronco(licensePlate="LOSE-1", state="CA") for _ in range(4)]
    answers = at_once(
        tenant.api, 4, lambda api, place: api.post(BY_VIN, {"userId": user} | cars[place])
    )
    for car, answer in zip(cars, answers, strict=True):
        again = tenant.api.post(BY_VIN, {"userId": user} | car | {"licensePlate": None})
        assert again.status_code == (409 if answer.status_code == 200 else 200)


def test_a_request_sent_eight_times_at_once_under_one_key_is_one_vehicle(tenant: Tenant) -> None:
    request = {"userId": tenant.user()} | bronco(licensePlate="KEY-1", state="CA")
    keyed = {"Idempotency-Key": new_vin() + "-race"}
    answers = at_once(tenant.api, 8, lambda api, _: api.post(BY_VIN, request, headers=keyed))
    assert outcomes(answers) == {200: 8}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 7
    assert len(vehicles_of(tenant)) == 1


def test_a_phone_is_one_users_even_when_four_callers_race(tenant: Tenant) -> None:
    phone = a_person()["phone"]
    answers = at_once(tenant.api, 4, lambda api, _: api.post("/users", a_person(phone=phone)))
    assert outcomes(answers) == {200: 1, 409: 3}
