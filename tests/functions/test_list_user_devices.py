"""GET /users/{userId}/devices: the devices whose time is not over, without their secrets."""

from collections.abc import Callable

import pytest

from infra.local.world import World
from motorpool.access.clients import Client
from motorpool.tenants.users import User
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def user() -> User:
    return world.driver(at=world.organization())


@pytest.fixture
def client() -> Client:
    return world.client()


def test_devices_are_listed_by_page_until_their_time_is_over(
    somebody: Somebody, user: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [World().device(of=user, by=client, seconds=s)[0].id for s in (300, 7200, 7200)]
    first = somebody().with_query(limit="2").calls().body
    assert [each["deviceId"] for each in first["devices"]] == made[:2]
    assert set(first["devices"][0]) == {"deviceId", "userId", "createdAt", "expiresAt"}
    rest = somebody().with_query(limit="2", cursor=first["nextCursor"]).calls().body
    assert [each["deviceId"] for each in rest["devices"]] == made[2:]
    assert rest["nextCursor"] is None
    monkeypatch.setattr("motorpool.access.device_store.now_ms", _in_an_hour)
    later = somebody().calls().body["devices"]
    assert [each["deviceId"] for each in later] == made[1:]


def _in_an_hour() -> int:
    import time

    return time.time_ns() // 1_000_000 + 3_600_000
