"""A phone's day with nothing but a device's headers, and how a device ends."""

import re
from typing import Any

from infra.local.pictures import picture
from infra.local.vins import bronco
from infra.spec import Route, discover
from tests.e2e.api import Api, a_person, new_plate, private, refusal, sent_by_phone, served, until
from tests.e2e.tenant import CHECK_INS, Tenant

NO_PERMISSION = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
UNAUTHORIZED = (401, "ERROR_UNAUTHORIZED")


def let_in(tenant: Tenant, user: str, **asked: Any) -> tuple[dict[str, Any], Api]:
    """A device as it was answered, and the partner API as it calls it."""
    device = served(tenant.api.post(f"/users/{user}/devices", asked))
    return device, phone_of(tenant, device)


def phone_of(tenant: Tenant, device: dict[str, Any]) -> Api:
    return tenant.api.of({name: device[name] for name in tenant.api.credentials})


def sent(phone: Api, user: str) -> dict[str, str]:
    """A photo that the phone announced and sent, once it is inspected."""
    form = served(phone.post("/photo/upload", {"userId": user, "contentType": "image/jpeg"}))
    # Its network was gone for longer than the form is good.
    form |= served(phone.post(f"/photo/{form['photoId']}/form"))
    assert sent_by_phone(form, picture("image/jpeg")).is_success
    status = form["photoUrl"].removeprefix(phone.url) + "/status"
    until(lambda: served(phone.get(status))["photoStatus"] == "Ready")
    return {"url": form["photoUrl"]}


def test_a_phone_has_its_whole_day_with_nothing_but_its_own_headers(tenant: Tenant) -> None:
    user = tenant.user()
    car = tenant.vehicle(user, new_plate())
    _, phone = let_in(tenant, user)
    assert served(phone.get(f"/users/{user}"))["id"] == user
    mine = until(lambda: served(phone.get(f"/users/{user}/vehicles"))["vehicles"])
    assert [each["id"] for each in mine] == [car["id"]]
    assert served(phone.get(f"/vehicles/{car['id']}"))["license"] == car["license"]
    pair = {"licensePhotos": [sent(phone, user)], "odometerPhotos": [sent(phone, user)]}
    asked = {"vehicleId": car["id"], "licensePlate": car["license"], "mileage": 10} | pair
    check_in = served(phone.post(CHECK_INS, asked))
    tenant.review(check_in["id"], "OnHold", "Blurred.")
    assert served(phone.get(f"{CHECK_INS}/{check_in['id']}"))["adminNote"] == "Blurred."
    again = {"licensePhotos": [sent(phone, user)], "odometerPhotos": [sent(phone, user)]}
    amended = served(phone.put(f"{CHECK_INS}/{check_in['id']}", {"mileage": 11} | again))
    assert (amended["mileage"], amended["checkInStatus"]) == (11, "Pending")
    tenant.review(check_in["id"], "Confirmed")
    [seen] = served(phone.get(f"/vehicles/{car['id']}/checkins/mileage"))["checkIns"]
    assert seen["checkInStatus"] == "Confirmed"
    handle = seen["licensePhotos"][0]["photoUrl"].removeprefix(phone.url)
    assert phone.get(handle).status_code == 302
    newest = served(tenant.api.get(f"/vehicles/{car['id']}/history"))["history"]
    assert {each["by"]["kind"] for each in newest if each["type"] == "checkin.created"} == {
        "device"
    }


def test_every_route_that_is_not_for_devices_refuses_one(tenant: Tenant) -> None:
    _, phone = let_in(tenant, tenant.user())
    refused = 0
    for route in (function.spec for function in discover()):
        if not isinstance(route, Route) or route.public or route.devices:
            continue
        path = re.sub(r"{\w+}", "anything", route.path)
        caller = phone if route.api == "partner" else tenant.supplier.of(phone.credentials)
        expected = NO_PERMISSION if route.api == "partner" else (401, "unauthorized")
        assert refusal(caller.call(route.method, path)) == expected, route
        refused += 1
    assert refused > 20


def test_a_phone_sees_nothing_of_another_user(tenant: Tenant) -> None:
    other = tenant.user()
    car = tenant.vehicle(other, new_plate())
    check_in = served(tenant.check_in(car, 1))
    user = tenant.user()
    _, phone = let_in(tenant, user)
    for answer in (
        phone.get(f"/users/{other}"),
        phone.get(f"/users/{other}/vehicles"),
        phone.get(f"/vehicles/{car['id']}"),
        phone.get(f"/vehicles/{car['id']}/checkins/mileage"),
        phone.get(f"{CHECK_INS}/{check_in['id']}"),
        phone.put(f"{CHECK_INS}/{check_in['id']}", {"mileage": 2} | tenant.pair(other)),
        phone.post(CHECK_INS, tenant.check_in_body(car)),
        phone.get(check_in["licensePhotos"][0]["photoUrl"].removeprefix(phone.url)),
        phone.post("/photo/upload", {"userId": other, "contentType": "image/jpeg"}),
    ):
        assert refusal(answer) == NO_PERMISSION
    # The vehicle is the phone's user's now, and what the user before did with it stays his.
    served(tenant.review(check_in["id"], "Confirmed"))
    served(tenant.api.put(f"/vehicles/{car['id']}", {"userId": user}))
    assert served(phone.get(f"/vehicles/{car['id']}/checkins/mileage"))["checkIns"] == []
    assert refusal(phone.get(f"{CHECK_INS}/{check_in['id']}")) == NO_PERMISSION


def test_a_device_is_listed_and_ends_when_it_is_deleted_or_its_client_revoked(
    tenant: Tenant,
) -> None:
    user = tenant.user()
    path = f"/users/{user}/devices"
    device, phone = let_in(tenant, user, ttlSeconds=300)
    shown = {name: device[name] for name in ("deviceId", "userId", "createdAt", "expiresAt")}
    assert until(lambda: served(tenant.api.get(path))["devices"]) == [shown]
    # Whoever never called is in no cache, so that what ends is seen at once.
    gone, unseen = let_in(tenant, user)
    served(tenant.api.call("DELETE", f"/devices/{gone['deviceId']}"))
    assert refusal(unseen.get(f"/users/{user}")) == UNAUTHORIZED
    again = tenant.api.call("DELETE", f"/devices/{gone['deviceId']}")
    assert refusal(again) == (404, "ERROR_DEVICE_NOT_FOUND")
    admitted = tenant.admitted(tenant.root)
    made = served(tenant.api.of(admitted.headers).post(path, {}))
    tenant.revoke(admitted)
    assert refusal(phone_of(tenant, made).get(f"/users/{user}")) == UNAUTHORIZED
    assert served(phone.get(f"/users/{user}"))["id"] == user


def test_a_repeated_request_shows_another_secret_which_replaces_the_first(tenant: Tenant) -> None:
    user, key = tenant.user(), {"Idempotency-Key": "a-phone"}
    path = f"/users/{user}/devices"
    first = served(tenant.api.post(path, {}, headers=key))
    answer = tenant.api.post(path, {}, headers=key)
    second = served(answer)
    private.update({first["clientSecret"], second["clientSecret"]})
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert second == first | {"clientSecret": second["clientSecret"]}
    assert second["clientSecret"] != first["clientSecret"]
    assert refusal(phone_of(tenant, first).get(f"/users/{user}")) == UNAUTHORIZED
    assert served(phone_of(tenant, second).get(f"/users/{user}"))["id"] == user


def test_idempotency_keys_belong_to_the_credential(tenant: Tenant) -> None:
    user, key = tenant.user(), {"Idempotency-Key": "mine"}
    asked = {"userId": user, "contentType": "image/jpeg"}
    callers = [tenant.api, let_in(tenant, user)[1], let_in(tenant, user)[1]]
    answers = [caller.post("/photo/upload", asked, headers=key) for caller in callers]
    assert len({served(answer)["photoUrl"] for answer in answers}) == 3


def test_a_time_that_is_too_short_or_too_long_is_refused(tenant: Tenant) -> None:
    path = f"/users/{tenant.user()}/devices"
    for seconds in (299, 604_801, "300", None):
        answer = tenant.api.post(path, {"ttlSeconds": seconds})
        assert refusal(answer) == (400, "ERROR_INVALID_PARAMETERS")


def test_a_phone_registers_nothing(tenant: Tenant) -> None:
    user = tenant.user()
    _, phone = let_in(tenant, user)
    assert refusal(phone.post("/users", a_person())) == NO_PERMISSION
    car = {"userId": user} | bronco()
    assert refusal(phone.post("/vehicles/create/by-vin", car)) == NO_PERMISSION
