"""Real VINs are accepted with their true claims, bad ones refused with their reason."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from infra.paths import ROOT
from tests.e2e.api import message, refusal
from tests.e2e.tenant import Tenant

REAL = json.loads((ROOT / "tests" / "data" / "vins_real.json").read_text())
BAD = json.loads((ROOT / "tests" / "data" / "vins_bad.json").read_text())

BY_VIN = "/vehicles/create/by-vin"
REASONS = {
    "charset": "vin: malformed: ",
    "illegal-char": "vin: malformed: ",
    "length": "vin: malformed: ",
    "check-digit": "vin: wrong check digit: ",
    "substitution": "vin: wrong check digit: ",
    "transposition": "vin: wrong check digit: ",
    "alpha-serial": "vin: no match: ",
    "unknown-vds": "vin: no match: ",
    "unknown-wmi": "vin: no match: ",
    "year-code": "vin: no match: ",
    "year-impossible": "vin: no match: ",
}


def all_of[T](cases: list[dict[str, Any]], outcome: Callable[[dict[str, Any]], T]) -> list[T]:
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(outcome, cases))


def test_at_least_97_in_100_north_american_cars_are_accepted(
    tenant: Tenant, record_property: Callable[[str, object], None]
) -> None:
    cars = [entry for entry in REAL if entry["market"] == "NA"]

    def registered(car: dict[str, Any]) -> str | None:
        claim = {name: car[name] for name in ("vin", "make", "model", "year")}
        answer = tenant.api.post(BY_VIN, {"userId": tenant.user()} | claim)
        if answer.status_code == 200:
            assert (answer.json()["vin"], answer.json()["year"]) == (car["vin"], str(car["year"]))
            return None
        return f"{car}: {message(answer)}"

    refused = [outcome for outcome in all_of(cars, registered) if outcome]
    accepted = 1 - len(refused) / len(cars)
    record_property("accepted", accepted)
    print(f"accepted {accepted:.1%} of {len(cars)}; refused: {refused}")
    assert len(cars) >= 100
    assert accepted >= 0.97, refused


def test_every_bad_vin_is_refused_with_its_reason(tenant: Tenant) -> None:
    user = tenant.user()

    def wrong(bad: dict[str, Any]) -> str | None:
        claim = {"vin": bad["vin"], "make": "Ford", "model": "Focus", "year": 2010}
        answer = tenant.api.post(BY_VIN, {"userId": user} | claim)
        expected = (400, "ERROR_INVALID_PARAMETERS")
        if refusal(answer) == expected and message(answer).startswith(REASONS[bad["cls"]]):
            return None
        return f"{bad}: {answer.text}"

    assert len(BAD) >= 40
    assert [outcome for outcome in all_of(BAD, wrong) if outcome] == []
