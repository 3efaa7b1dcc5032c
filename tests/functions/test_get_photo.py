"""GET /photo/{photoId}: what a handle leads to."""

import json
import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from motorpool.photos import bucket, renditions
from motorpool.photos.model import UNUSED_KEPT_DAYS, Photo
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from tests.functions import wire, world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def driver(root: Organization) -> User:
    return world.driver(at=root)


def inspected(driver: User, **changes: Any) -> Photo:
    """An inspected photo with the renditions that the inspection makes."""
    ready: dict[str, Any] = {"photo_status": "Ready", "version_id": "v-1", "renditions_made": True}
    return world.photo(world.LICENSE_PHOTO, of=driver, **(ready | changes))


def link(caller: Caller) -> tuple[str, dict[str, list[str]]]:
    """The path and the query of where a caller is sent."""
    answer = caller.calls()
    assert (answer.status, answer.body, answer.calls) == (302, None, ("GetItem",))
    found = urlsplit(answer.headers["Location"])
    return found.path, parse_qs(found.query)


def in_queue() -> list[dict[str, Any]]:
    """The messages of the renditions queue; each is shown once."""
    queue = os.environ["RENDITIONS_QUEUE_URL"]
    found = wire.aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in found.get("Messages", [])]


@pytest.fixture
def asleep(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What happens while the function waits, one after the other; waiting takes no time."""
    happens: list[Callable[[], object]] = []
    clock = iter(range(1_000_000))
    time = SimpleNamespace(
        monotonic=lambda: next(clock), sleep=lambda _: happens.pop(0)() if happens else None
    )
    monkeypatch.setattr(renditions, "time", time)
    return happens


@pytest.mark.parametrize(("size", "name"), [("standard", "-1280"), ("thumbnail", "")])
def test_a_caller_is_sent_to_a_rendition_of_the_inspected_version_for_a_minute(
    somebody: Somebody, driver: User, size: str, name: str
) -> None:
    inspected(driver)
    path, query = link(somebody().with_query(size=size))
    assert path.endswith(f"/thumbnails/{world.LICENSE_PHOTO}/v-1{name}.jpg")
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert in_queue() == []


def test_a_handle_alone_leads_to_the_standard_size(somebody: Somebody, driver: User) -> None:
    inspected(driver)
    assert link(somebody())[0] == link(somebody().with_query(size="standard"))[0]


@pytest.mark.parametrize("size", ["standard", "large", "thumbnail", "original"])
def test_nothing_is_shown_before_the_inspection(
    somebody: Somebody, driver: User, size: str
) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    answer = somebody().with_query(size=size).calls()
    assert answer.refusal == (404, "ERROR_PHOTO_NOT_FOUND")
    assert "is being looked at" in answer.message


def test_a_large_picture_is_made_while_the_first_caller_waits_and_is_there_for_the_next(
    somebody: Somebody, driver: User, asleep: list[Callable[[], object]]
) -> None:
    photo = inspected(driver)
    asleep[:] = [bool, bool, lambda: bucket.keep_rendition(photo, "large", b"a picture")]
    path, _ = link(somebody().with_query(size="large"))
    assert path.endswith(f"/thumbnails/{photo.id}/v-1-2048.jpg")
    assert asleep == []
    [wanted] = in_queue()
    assert wanted == {"photo_id": photo.id, "version_id": "v-1", "size": "large"}
    assert link(somebody().with_query(size="large"))[0] == path
    assert in_queue() == []


def test_a_large_picture_that_takes_too_long_can_be_asked_for_again(
    somebody: Somebody, driver: User, asleep: list[Callable[[], object]]
) -> None:
    inspected(driver)
    answer = somebody().with_query(size="large").calls()
    assert answer.refusal == (500, "INTERNAL_SERVER_ERROR")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("size", ["standard", "thumbnail"])
def test_of_a_photo_of_version_0_1_0_each_picture_is_made_when_it_is_asked_for(
    somebody: Somebody, driver: User, asleep: list[Callable[[], object]], size: Any
) -> None:
    photo = inspected(driver, renditions_made=False)
    asleep[:] = [lambda: bucket.keep_rendition(photo, size, b"a picture")]
    link(somebody().with_query(size=size))
    [wanted] = in_queue()
    assert wanted["size"] == size
    link(somebody().with_query(size=size))
    assert in_queue() == []


def test_the_uploaded_file_is_a_download_for_reviewers(somebody: Somebody, driver: User) -> None:
    inspected(driver)
    path, query = link(somebody().with_query(size="original"))
    assert path.endswith(f"/photos/{world.LICENSE_PHOTO}")
    assert query["versionId"] == ["v-1"]
    assert query["response-content-disposition"] == [
        f'attachment; filename="{world.LICENSE_PHOTO}.jpeg"'
    ]
    assert query["response-content-type"] == ["application/octet-stream"]


def test_nobody_else_gets_the_uploaded_file(somebody: Somebody, driver: User) -> None:
    inspected(driver)
    caller = somebody().with_query(size="original")
    caller.event["requestContext"]["authorizer"]["scopes"] = "vehicle_suppliers.vehicles.read"
    answer = caller.calls()
    assert answer.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert "scope" in answer.message


@pytest.mark.parametrize("status", ["Ready", "Rejected"])
@pytest.mark.parametrize("function", ["get_photo", "get_photo_status"])
def test_a_photo_that_no_check_in_used_in_its_time_is_gone_though_dynamodb_has_it_yet(
    driver: User, monkeypatch: pytest.MonkeyPatch, function: str, status: str
) -> None:
    photo = inspected(driver, photo_status=status)
    assert photo.expires_at == photo.created // 1000 + UNUSED_KEPT_DAYS * 24 * 3600
    now = photo.expires_at * 1000
    monkeypatch.setattr("motorpool.photos.model.now_ms", lambda: now - 1)
    assert status == "Rejected" or Caller(function).calls().status in {200, 302}
    monkeypatch.setattr("motorpool.photos.model.now_ms", lambda: now)
    answer = Caller(function).calls()
    assert answer.refusal == (404, "ERROR_PHOTO_NOT_FOUND")
    assert "rejected" not in answer.message


@pytest.mark.parametrize("size", ["original", "standard", "thumbnail"])
def test_a_rejected_photo_is_not_shown(somebody: Somebody, driver: User, size: str) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, photo_status="Rejected", rejected_because="Text.")
    answer = somebody().with_query(size=size).calls()
    assert answer.refusal == (404, "ERROR_PHOTO_NOT_FOUND")
    assert "Text." in answer.message


@pytest.mark.parametrize("size", ["", "huge", "THUMBNAIL", "512"])
def test_a_wrong_size_is_named(somebody: Somebody, driver: User, size: str) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    answer = somebody().with_query(size=size).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("size: ")


def test_a_client_sees_photos_of_its_subtree_and_no_others(
    somebody: Somebody, root: Organization, driver: User
) -> None:
    inspected(driver)
    branch = world.organization("org_" + "a" * 32, parent=root)
    inside: Any = somebody().linked_to(root.id, root.path).calls()
    assert inside.status == 302
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
