"""What the gateway answers by itself is in the same envelopes, with a request id."""

from typing import Any

import httpx
import pytest

from tests.e2e.api import Api, refusal


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing/here"),
        ("POST", "/vehicles/create/by-vin/again"),
        ("GET", "/"),
        ("GET", "/vehicles/create/by-vin"),
        ("DELETE", "/users/usr_1"),
        ("PATCH", "/users"),
        ("PUT", "/vehicles/create/by-vin"),
    ],
)
def test_an_unknown_path_or_method_is_404_in_the_envelope(
    partner: Api, method: str, path: str
) -> None:
    answer = partner.call(method, path)
    assert answer.status_code in {404, 405}
    assert answer.json()["error_code"] == "ERROR_NOT_FOUND"


def test_the_supplier_api_has_its_own_envelope(stack: dict[str, Any]) -> None:
    answer = httpx.get(stack["supplier_api"] + "/nothing", headers=stack["partner"])
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert set(answer.json()) == {"code", "message"}
    assert answer.headers["x-request-id"]


def test_every_request_has_an_id_of_its_own(partner: Api) -> None:
    ids = [partner.get("/users/usr_1").headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3


def test_both_partners_of_the_demo_world_are_served(
    stack: dict[str, Any], partner: Api, other_partner: Api
) -> None:
    theirs = stack["other_partner"]["users"][0]["id"]
    ours = stack["users"][0]["id"]
    assert partner.get(f"/users/{ours}").status_code == 200
    assert other_partner.get(f"/users/{theirs}").status_code == 200
    assert refusal(partner.get(f"/users/{theirs}")) == (404, "ERROR_USER_NOT_FOUND")
    assert refusal(other_partner.get(f"/users/{ours}")) == (404, "ERROR_USER_NOT_FOUND")


def test_the_demo_world_is_as_described(stack: dict[str, Any], partner: Api) -> None:
    organizations = {each["id"]: each for each in stack["organizations"]}
    fleets = [each for each in organizations.values() if each["supplier_type"] == "Fleet"]
    [root] = [fleet for fleet in fleets if fleet["parent_id"] is None]
    [rental] = [each for each in organizations.values() if each["supplier_type"] == "Rental"]
    assert rental["parent_id"] is None
    assert sum(fleet["parent_id"] == root["id"] for fleet in fleets) == 2
    [deeper] = [fleet for fleet in fleets if fleet["parent_id"] not in {None, root["id"]}]
    assert organizations[deeper["parent_id"]]["parent_id"] == root["id"]
    at = [user["organization_id"] for user in stack["users"]]
    assert sorted(at) == sorted(2 * list(organizations))
    for user in stack["users"]:
        read = partner.get(f"/users/{user['id']}").json()
        assert read["organizationId"] == user["organization_id"]
