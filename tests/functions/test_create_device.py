"""POST /users/{userId}/devices: credentials for one user's phone, whose secret is shown once."""

from collections.abc import Callable

import pytest

from motorpool.access import client_store as clients
from motorpool.access import device_store as devices
from motorpool.access.secret_keys import pepper
from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]
KEY = ("Idempotency-Key", "a")
NO_PERMISSION = (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


@pytest.fixture(autouse=True)
def root() -> Organization:
    world.partner()
    root = world.organization()
    world.client(home=root)
    world.driver(at=root)
    return root


def test_the_answer_has_the_three_headers_and_the_secret_is_not_stored(somebody: Somebody) -> None:
    answer = somebody().with_headers(KEY).calls()
    assert answer.status == 200
    secret = answer.body["clientSecret"]
    account = clients.account(answer.body["partnerId"], answer.body["clientId"])
    assert account is not None
    assert account.device is not None
    assert account.device.accepts(secret, pepper())
    assert answer.body["clientId"] == answer.body["deviceId"]
    assert secret not in str(everything_stored())


def test_a_repeat_replaces_the_secret_and_keeps_id_and_time(somebody: Somebody) -> None:
    first, second = (somebody().with_headers(KEY).calls() for _ in range(2))
    assert second.body == first.body | {"clientSecret": second.body["clientSecret"]}
    account = clients.account(world.PARTNER, first.body["clientId"])
    assert account is not None
    assert account.device is not None
    assert not account.device.accepts(first.body["clientSecret"], pepper())
    assert account.device.accepts(second.body["clientSecret"], pepper())
    Caller("delete_device").calls(deviceId=first.body["deviceId"])
    again = somebody().with_headers(KEY).calls()
    assert again.refusal == (404, "ERROR_DEVICE_NOT_FOUND")


@pytest.mark.parametrize("seconds", [299, 604_801, "300", None])
def test_the_time_has_bounds(somebody: Somebody, seconds: object) -> None:
    answer = somebody().with_body(ttlSeconds=seconds).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("ttlSeconds: ")


def test_a_day_is_the_default(somebody: Somebody) -> None:
    made = somebody().with_body(ttlSeconds=...).calls().body
    device = devices.of_user(world.USER, limit=1, after=None)[0][0]
    assert device.id == made["deviceId"]
    assert device.expires_at == device.created // 1000 + 24 * 3600


def test_nobody_lets_devices_in_for_others_and_no_device_does(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    assert somebody().linked_to(branch.id, branch.path).calls().refusal == NO_PERMISSION
    foreign = somebody().of(world.OTHER_PARTNER).calls()
    assert foreign.refusal == (404, "ERROR_USER_NOT_FOUND")
    assert somebody().as_device_of(world.USER).calls().refusal == NO_PERMISSION
