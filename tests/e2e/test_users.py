"""POST /users and GET /users/{userId}, as a partner sees them."""

from collections.abc import Callable

from tests.e2e.api import a_person, becomes, message, refusal
from tests.e2e.tenant import Tenant


def test_a_user_reads_back_as_created(tenant: Tenant) -> None:
    person = a_person()
    created = tenant.api.post("/users", person)
    assert created.status_code == 200
    user = created.json()
    generated = {name: user[name] for name in ("id", "dateAdded", "updated")}
    assert user == person | generated | {"organizationId": tenant.root.id}
    read = tenant.api.get(f"/users/{user['id']}")
    assert (read.status_code, read.json()) == (200, user)


def test_an_email_is_null_when_left_out(tenant: Tenant) -> None:
    assert tenant.api.post("/users", a_person(email=...)).json()["email"] is None


def test_names_are_kept_in_any_script(tenant: Tenant) -> None:
    name = {"firstName": "Jörg-Øystein \U0001f697", "lastName": "李小龍 O'Brien"}
    user = tenant.api.post("/users", a_person(**name)).json()
    read = tenant.api.get(f"/users/{user['id']}").json()
    assert {key: read[key] for key in name} == name


def test_a_phone_is_one_users_of_a_partner(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    person = a_person()
    assert tenant.api.post("/users", person).status_code == 200
    again = tenant.api.post("/users", a_person(phone=person["phone"]))
    assert refusal(again) == (409, "ERROR_USER_ALREADY_EXISTS")
    assert new_tenant().api.post("/users", person).status_code == 200


def test_another_partners_user_and_organization_are_not_found(
    tenant: Tenant, new_tenant: Callable[[], Tenant]
) -> None:
    theirs = new_tenant()
    assert refusal(tenant.api.get(f"/users/{theirs.user()}")) == (404, "ERROR_USER_NOT_FOUND")
    joining = tenant.api.post("/users", a_person(organizationId=theirs.root.id))
    assert refusal(joining) == (404, "ERROR_ORGANIZATION_NOT_FOUND")


def test_a_client_of_a_branch_creates_and_sees_users_of_its_branch_only(tenant: Tenant) -> None:
    branch = tenant.branch()
    client = tenant.client_of(branch)
    own = client.post("/users", a_person()).json()
    assert own["organizationId"] == branch.id
    assert client.get(f"/users/{own['id']}").status_code == 200
    above = client.post("/users", a_person(organizationId=tenant.root.id))
    assert refusal(above) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    of_the_root = client.get(f"/users/{tenant.user()}")
    assert refusal(of_the_root) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


def test_a_wrong_field_is_named_and_not_repeated(tenant: Tenant) -> None:
    answer = tenant.api.post("/users", a_person(phone="555-secret-phone", address={"state": "XX"}))
    assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")
    assert "phone: " in message(answer)
    assert "address.state: " in message(answer)
    assert "555-secret-phone" not in answer.text


def test_a_wrong_phone_is_corrected_and_the_vehicles_have_the_right_one(tenant: Tenant) -> None:
    user = tenant.user()
    car = tenant.vehicle(user)
    listed = f"/users/{user}/vehicles"
    assert becomes(lambda: len(tenant.api.get(listed).json()["vehicles"]), 1)
    phone = a_person()["phone"]
    assert tenant.api.put(f"/users/{user}", {"phone": phone}).json()["phone"] == phone
    assert tenant.api.get(f"/vehicles/{car['id']}").json()["customerPhoneNumber"] == phone
    assert tenant.api.get(f"/users/by-phone/{phone}").json()["id"] == user
    taken = tenant.api.put(f"/users/{tenant.user()}", {"phone": phone})
    assert refusal(taken) == (409, "ERROR_USER_ALREADY_EXISTS")


def test_a_client_lists_the_users_and_vehicles_of_its_subtree(tenant: Tenant) -> None:
    mine = [tenant.user(at) for at in (tenant.west, tenant.coast)]
    cars = [tenant.vehicle(user)["id"] for user in mine]
    tenant.vehicle(tenant.user(tenant.east))
    api = tenant.client_of(tenant.west)

    def listed(name: str) -> list[str]:
        return [one["id"] for one in api.get(f"/{name}").json()[name]]

    assert becomes(lambda: (listed("users"), listed("vehicles")), (mine, cars))


def test_a_client_asks_who_it_is_and_anybody_whether_the_api_answers(tenant: Tenant) -> None:
    told = tenant.client_of(tenant.west).get("/client").json()
    assert (told["partnerId"], told["organizationId"]) == (tenant.partner.id, tenant.west.id)
    health = tenant.api.of({}).get("/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
