"""Only a client that holds its secret is served; everybody else is 401, in the envelope.

What the authorizer said of three headers holds for a minute, so every test has clients of its own.
"""

import pytest

from motorpool.access import client_store as clients
from motorpool.access.clients import new_secret
from motorpool.access.secret_keys import pepper
from motorpool.dynamodb import table
from tests.e2e.api import Api, a_person, refusal
from tests.e2e.tenant import Tenant

UNAUTHORIZED = (401, "ERROR_UNAUTHORIZED")
SERVED = (404, "ERROR_USER_NOT_FOUND")


def asked(tenant: Tenant, credentials: dict[str, str]) -> tuple[int, str]:
    """What somebody with these headers is answered who asks for a user that is not there."""
    return refusal(Api(tenant.url, credentials).get("/users/usr_1"))


def test_a_client_with_its_secret_is_served(tenant: Tenant) -> None:
    assert asked(tenant, tenant.api.credentials) == SERVED


@pytest.mark.parametrize("header", ["partnerId", "clientId", "clientSecret"])
def test_without_one_of_the_headers_nobody_is_served(tenant: Tenant, header: str) -> None:
    rest = {name: value for name, value in tenant.api.credentials.items() if name != header}
    assert asked(tenant, rest) == UNAUTHORIZED


def test_without_any_header_nobody_is_served(tenant: Tenant) -> None:
    assert asked(tenant, {}) == UNAUTHORIZED
    created = Api(tenant.url, {}).post("/users", a_person())
    assert refusal(created) == UNAUTHORIZED


@pytest.mark.parametrize("header", ["partnerId", "clientId", "clientSecret"])
@pytest.mark.parametrize("value", ["", "wrong", "ptr_" + "0" * 32, "cli_" + "0" * 32, "x" * 4000])
def test_with_one_wrong_header_nobody_is_served(tenant: Tenant, header: str, value: str) -> None:
    assert asked(tenant, tenant.api.credentials | {header: value}) == UNAUTHORIZED


def test_header_names_are_matched_in_any_case(tenant: Tenant) -> None:
    for change in (str.lower, str.upper):
        headers = {change(name): value for name, value in tenant.api.credentials.items()}
        assert asked(tenant, headers) == SERVED


@pytest.mark.parametrize("header", ["partnerId", "clientId", "clientSecret"])
def test_a_header_given_twice_is_refused(tenant: Tenant, header: str) -> None:
    headers = [*tenant.api.credentials.items(), (header, tenant.api.credentials[header])]
    answer = Api(tenant.url, {}).get("/users/usr_1", headers=headers)
    assert refusal(answer) == UNAUTHORIZED


def test_another_partners_client_is_refused_under_our_partners_id(
    tenant: Tenant, stack: dict[str, dict[str, str]]
) -> None:
    assert asked(tenant, stack["partner"] | {"partnerId": tenant.partner.id}) == UNAUTHORIZED


def test_a_revoked_client_is_refused(tenant: Tenant) -> None:
    table.transact(clients.replaced(tenant.client, tenant.client.revoked()))
    assert asked(tenant, tenant.api.credentials) == UNAUTHORIZED


def test_a_rotation_has_no_gap(tenant: Tenant) -> None:
    secret = new_secret()
    rotated = tenant.client.with_new_secret(secret, pepper())
    table.transact(clients.replaced(tenant.client, rotated))
    assert asked(tenant, tenant.api.credentials) == SERVED
    assert asked(tenant, tenant.api.credentials | {"clientSecret": secret}) == SERVED


def test_the_cached_answer_serves_every_route_of_the_client(tenant: Tenant) -> None:
    user = tenant.user()
    assert tenant.api.get(f"/users/{user}").status_code == 200
    assert refusal(tenant.api.get("/vehicles/veh_1")) == (404, "ERROR_VEHICLE_NOT_FOUND")
    assert tenant.api.post("/vehicles/create/by-vin", {}).status_code == 400
