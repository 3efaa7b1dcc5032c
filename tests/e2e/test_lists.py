"""What both APIs' lists have in common: their paging parameters and their cursors."""

import base64
from typing import Any

import pytest

from tests.e2e.api import message, refusal, until
from tests.e2e.tenant import Tenant

PARTNER_LISTS = (
    "/checkins/mileage",
    "/vehicles/{vehicle}/checkins/mileage",
    "/users/{user}/vehicles",
)
SUPPLIER_LISTS = (
    "/vehicle-suppliers/vehicles",
    "/vehicle-suppliers/vehicles/{vehicle}/custody",
)


@pytest.fixture(scope="module")
def fleet(stack: dict[str, Any]) -> Tenant:
    return Tenant.new(stack)


@pytest.fixture(scope="module")
def user(fleet: Tenant) -> str:
    return fleet.user()


@pytest.fixture(scope="module")
def vehicles(fleet: Tenant, user: str) -> list[str]:
    return [fleet.vehicle(user)["id"] for _ in range(2)]


@pytest.mark.parametrize("path", PARTNER_LISTS)
@pytest.mark.parametrize("given", ["page_size", "page_token"])
def test_the_partner_api_refuses_the_supplier_apis_paging(
    fleet: Tenant, user: str, vehicles: list[str], path: str, given: str
) -> None:
    answer = fleet.api.get(path.format(user=user, vehicle=vehicles[0]), params={given: "1"})
    assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")
    assert given in message(answer)


@pytest.mark.parametrize("path", SUPPLIER_LISTS)
@pytest.mark.parametrize("given", ["limit", "cursor"])
def test_the_supplier_api_refuses_the_partner_apis_paging(
    fleet: Tenant, vehicles: list[str], path: str, given: str
) -> None:
    answer = fleet.supplier.get(path.format(vehicle=vehicles[0]), params={given: "1"})
    assert refusal(answer) == (400, "bad_request")
    assert given in message(answer)


def test_a_cursor_shows_no_key(fleet: Tenant, user: str, vehicles: list[str]) -> None:
    def given() -> str | None:
        page = fleet.api.get(f"/users/{user}/vehicles", params={"limit": "1"}).json()
        cursor: str | None = page["nextCursor"]
        return cursor

    seen = base64.urlsafe_b64decode(until(given))
    assert not any(part.encode() in seen for part in (user, *vehicles, fleet.root.id, "USER#"))
