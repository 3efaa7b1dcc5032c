"""POST /photo/{photoId}/form: a phone whose form is over gets another, until it sent the file."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.pictures import picture
from motorpool.clock import iso, now_ms
from motorpool.photos import bucket
from motorpool.photos.model import UPLOAD_SECONDS, Photo
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from tests.functions import world
from tests.functions.conftest import Caller, everything_stored

Somebody = Callable[[], Caller]
IS_UPLOADED = (409, "ERROR_PHOTO_IS_UPLOADED")


@pytest.fixture
def root() -> Organization:
    return world.organization()


@pytest.fixture
def driver(root: Organization) -> User:
    return world.driver(at=root)


@pytest.fixture
def photo(driver: User) -> Photo:
    return world.photo(world.LICENSE_PHOTO, of=driver, file=None, content_type="image/png")


def test_the_form_is_for_the_same_photo_and_good_for_five_minutes_from_now(
    somebody: Somebody, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = now_ms() + 3600 * 1000
    monkeypatch.setattr(bucket, "now_ms", lambda: later)
    answer = somebody().calls()
    assert (answer.status, answer.calls) == (200, ("GetItem",))
    assert answer.body.keys() == {
        "photoId", "photoUrl", "uploadUrl", "uploadFields", "expiresAt", "maxBytes",
    }  # fmt: skip
    assert answer.body["photoId"] == photo.id
    assert answer.body["photoUrl"] == f"{world.API}/photo/{photo.id}"
    assert answer.body["expiresAt"] == iso(later + UPLOAD_SECONDS * 1000)
    assert answer.body["maxBytes"] == 15 * 1024 * 1024
    fields = answer.body["uploadFields"]
    assert (fields["key"], fields["Content-Type"]) == (f"photos/{photo.id}", "image/png")
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert {"key": f"photos/{photo.id}"} in policy["conditions"]


def test_there_is_no_form_once_a_file_was_sent(somebody: Somebody, photo: Photo) -> None:
    world.uploaded(photo, picture("image/png"))
    assert somebody().calls().refusal == IS_UPLOADED


@pytest.mark.parametrize(
    "changes",
    [
        {"photo_status": "Ready", "version_id": "v-1"},
        {"photo_status": "Rejected", "version_id": "v-1"},  # its file was deleted
        {"version_id": "v-1"},  # a check-in uses it
    ],
    ids=["ready", "rejected", "checked in"],
)
def test_there_is_no_form_for_a_photo_whose_file_was_seen(
    somebody: Somebody, driver: User, changes: dict[str, Any]
) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, file=None, **changes)
    assert somebody().calls().refusal == IS_UPLOADED


def test_a_request_repeated_with_its_key_gets_a_form_signed_anew(
    somebody: Somebody, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed = ("Idempotency-Key", "form-1")
    first = somebody().with_headers(keyed).calls()
    later = now_ms() + 60 * 1000
    monkeypatch.setattr(bucket, "now_ms", lambda: later)
    again = somebody().with_headers(keyed).calls()
    assert (again.status, again.headers["Idempotent-Replayed"]) == (200, "true")
    assert again.body["photoUrl"] == first.body["photoUrl"]
    assert again.body["expiresAt"] == iso(later + UPLOAD_SECONDS * 1000)
    [record] = [item for item in everything_stored() if item["sk"] == "REQUEST"]
    assert "policy" not in record["body"]


def test_a_repeated_request_gets_no_form_once_a_file_was_sent(
    somebody: Somebody, photo: Photo
) -> None:
    keyed = ("Idempotency-Key", "form-1")
    assert somebody().with_headers(keyed).calls().status == 200
    world.uploaded(photo, picture("image/png"))
    assert somebody().with_headers(keyed).calls().refusal == IS_UPLOADED


@pytest.mark.parametrize("id", ["pho_1", "pho_" + "9" * 32, "\0", world.VEHICLE])
def test_a_photo_that_is_not_there_is_not_found(somebody: Somebody, photo: Photo, id: str) -> None:
    assert somebody().calls(photoId=id).refusal == (404, "ERROR_PHOTO_NOT_FOUND")


def test_an_expired_photo_is_not_found(somebody: Somebody, driver: User) -> None:
    world.photo(world.LICENSE_PHOTO, of=driver, file=None, expires_at=1)
    assert somebody().calls().refusal == (404, "ERROR_PHOTO_NOT_FOUND")


def test_a_photo_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization, photo: Photo
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert somebody().of(world.OTHER_PARTNER).calls().refusal == (404, "ERROR_PHOTO_NOT_FOUND")
