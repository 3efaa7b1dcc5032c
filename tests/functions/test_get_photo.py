"""GET /photo/{photoId}: what a handle leads to."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from motorpool.photos.model import UNUSED_KEPT_DAYS
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from tests.functions import world
from tests.functions.conftest import Caller

Somebody = Callable[[], Caller]


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def driver(root: Organization) -> User:
    return world.driver(at=root)


def link(caller: Caller) -> tuple[str, dict[str, list[str]]]:
    """The path and the query of where a caller is sent."""
    answer = caller.calls()
    assert (answer.status, answer.body, answer.calls) == (302, None, ("GetItem",))
    found = urlsplit(answer.headers["Location"])
    return found.path, parse_qs(found.query)


def test_a_caller_is_sent_to_the_file_for_a_minute(somebody: Somebody, driver: User) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    path, query = link(somebody())
    assert path.endswith(f"/photos/{world.LICENSE_PHOTO}")
    assert query["X-Amz-Expires"] == ["60"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "versionId" not in query


def test_the_version_that_was_inspected_is_shown_and_no_later_one(
    somebody: Somebody, driver: User
) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, photo_status="Ready", version_id="v-1")
    assert link(somebody())[1]["versionId"] == ["v-1"]


def test_the_thumbnail_is_that_of_the_inspected_version(somebody: Somebody, driver: User) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, photo_status="Ready", version_id="v-1")
    path, query = link(somebody().with_query(size="thumbnail"))
    assert path.endswith(f"/thumbnails/{world.LICENSE_PHOTO}/v-1.jpg")
    assert "versionId" not in query


def test_there_is_no_thumbnail_before_the_inspection(somebody: Somebody, driver: User) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    answer = somebody().with_query(size="thumbnail").calls()
    assert answer.refusal == (404, "ERROR_PHOTO_NOT_FOUND")


@pytest.mark.parametrize("status", ["AwaitingUpload", "Ready", "Rejected"])
@pytest.mark.parametrize("function", ["get_photo", "get_photo_status"])
def test_a_photo_that_no_check_in_used_in_its_time_is_gone_though_dynamodb_has_it_yet(
    driver: User, monkeypatch: pytest.MonkeyPatch, function: str, status: str
) -> None:
    photo = world.photo(world.LICENSE_PHOTO, of=driver, photo_status=status, version_id="v-1")
    assert photo.expires_at == photo.created // 1000 + UNUSED_KEPT_DAYS * 24 * 3600
    now = photo.expires_at * 1000
    monkeypatch.setattr("motorpool.photos.model.now_ms", lambda: now - 1)
    assert status == "Rejected" or Caller(function).calls().status in {200, 302}
    monkeypatch.setattr("motorpool.photos.model.now_ms", lambda: now)
    answer = Caller(function).calls()
    assert answer.refusal == (404, "ERROR_PHOTO_NOT_FOUND")
    assert "rejected" not in answer.message


@pytest.mark.parametrize("size", ["original", "thumbnail"])
def test_a_rejected_photo_is_not_shown(somebody: Somebody, driver: User, size: str) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, photo_status="Rejected", rejected_because="Text.")
    answer = somebody().with_query(size=size).calls()
    assert answer.refusal == (404, "ERROR_PHOTO_NOT_FOUND")
    assert "Text." in answer.message


@pytest.mark.parametrize("size", ["", "large", "THUMBNAIL", "512"])
def test_a_wrong_size_is_named(somebody: Somebody, driver: User, size: str) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    answer = somebody().with_query(size=size).calls()
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert answer.message.startswith("size: ")


def test_a_client_sees_photos_of_its_subtree_and_no_others(
    somebody: Somebody, root: Organization, driver: User
) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver)
    branch = world.organization("org_" + "a" * 32, parent=root)
    inside: Any = somebody().linked_to(root.id, root.path).calls()
    assert inside.status == 302
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
