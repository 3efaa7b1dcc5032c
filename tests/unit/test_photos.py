"""What a handle is, and what becomes of a photo."""

from dataclasses import replace
from typing import Any

import pytest

from motorpool.api.public_url import PublicUrl
from motorpool.errors import PhotoIsUploaded, PhotoNotFound
from motorpool.photos.image import Inspection
from motorpool.photos.model import RENDITIONS, UNUSED_KEPT_DAYS, Photo, handle, id_in
from motorpool.tenants.organizations import Organization
from tests.unit.conftest import WORLD

ID = "pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"
SEEN = Inspection(
    content_type="image/jpeg", width=3, height=4, sha256="ab", perceptual_hash="cd", orientation=6,
    latitude=37.5, longitude=-122.0, taken_on="2026-11-21T09:29:41.000Z", note=None, renditions={},
)  # fmt: skip


@pytest.fixture
def photo(fleet: Organization) -> Photo:
    user = WORLD.driver(at=fleet)
    return WORLD.photo(of=user, uploaded=False, asserted_latitude=1.5, asserted_longitude=2.5)


@pytest.mark.parametrize(
    "url",
    [
        f"https://api.example.com/api/photo/{ID}",
        f"http://127.0.0.1:4566/_aws/execute-api/abc/api/photo/{ID}",
        f"https://other.example/photo/{ID}",
        f"https://user@host:8443/a/b/c/photo/{ID}",
    ],
)
def test_a_handle_names_its_photo_under_any_host_and_prefix(url: str) -> None:
    assert id_in(url) == ID


@pytest.mark.parametrize(
    "url",
    [
        "", ID, f"/api/photo/{ID}", f"photo/{ID}", f"ftp://host/photo/{ID}",
        f"https://host/photos/{ID}", f"https://host/photo/{ID}/", f"https://host/photo/{ID}/status",
        f"https://host/photo/{ID}?size=thumbnail", f"https://host/photo/{ID}#top",
        f"https://host/?x=/photo/{ID}", f"https://host/#/photo/{ID}", f"https://host/photo/{ID}0",
        f"https://host/photo/{ID[:-1]}", f"https://host/photo/{ID.upper()}",
        f"https://host/photo/usr{ID[3:]}", f" https://host/photo/{ID}", f"https://host/photo/{ID}\n",
        f"https://host/photo/\u200b{ID}", f"https:///photo/{ID[:-1]}g", "https://host/photo/",
        f"javascript:https://host/photo/{ID}", "\0", "x" * 2048,
    ],
    ids=ascii,
)  # fmt: skip
def test_other_text_is_no_handle(url: str) -> None:
    assert id_in(url) is None


def test_what_is_given_out_is_a_handle() -> None:
    assert id_in(handle(ID, PublicUrl("https://api.example.com/api"))) == ID


def test_a_photo_awaits_any_version_until_one_is_pinned(photo: Photo) -> None:
    assert photo.awaits("v1")
    pinned = replace(photo, version_id="v1")
    assert pinned.awaits("v1")
    assert not pinned.awaits("v2")


@pytest.mark.parametrize("status", ["Ready", "Rejected"])
def test_an_inspected_photo_awaits_nothing(photo: Photo, status: Any) -> None:
    assert not replace(photo, photo_status=status, version_id="v1").awaits("v1")


def test_an_inspection_pins_its_version_and_the_photo_still_expires_unless_it_is_used(
    photo: Photo,
) -> None:
    assert photo.expires_at == photo.created // 1000 + UNUSED_KEPT_DAYS * 24 * 3600
    ready = photo.inspected(SEEN, size=99, version_id="v1")
    assert (ready.photo_status, ready.version_id, ready.size) == ("Ready", "v1", 99)
    assert (ready.width, ready.height, ready.orientation) == (3, 4, 6)
    assert (ready.sha256, ready.perceptual_hash) == ("ab", "cd")
    assert ready.expires_at == photo.expires_at
    rejected = photo.rejected("Text.", size=9, version_id="v1")
    assert (rejected.photo_status, rejected.rejected_because) == ("Rejected", "Text.")
    assert (rejected.version_id, rejected.size, rejected.expires_at) == (
        "v1",
        9,
        photo.expires_at,
    )


def test_the_file_is_believed_more_than_the_caller(photo: Photo) -> None:
    assert (photo.seen_latitude, photo.seen_longitude) == (1.5, 2.5)
    ready = photo.inspected(SEEN, size=1, version_id="v1")
    assert (ready.seen_latitude, ready.seen_longitude) == (37.5, -122.0)
    assert (ready.asserted_latitude, ready.asserted_longitude) == (1.5, 2.5)
    at_null_island = replace(ready, latitude=0.0, longitude=0.0)
    assert (at_null_island.seen_latitude, at_null_island.seen_longitude) == (0.0, 0.0)


def test_only_an_inspected_photo_is_shown(photo: Photo) -> None:
    photo.inspected(SEEN, size=1, version_id="v1").ensure_fit_to_show()
    with pytest.raises(PhotoNotFound, match="is being looked at"):
        photo.ensure_fit_to_show()
    with pytest.raises(PhotoNotFound, match=r"Text\."):
        photo.rejected("Text.", size=1, version_id="v1").ensure_fit_to_show()


def test_a_photo_takes_a_file_until_one_was_uploaded(photo: Photo) -> None:
    photo.ensure_awaits_upload(None)
    for after, in_bucket in (
        (photo, "v1"),
        (replace(photo, version_id="v1"), None),
        (photo.inspected(SEEN, size=1, version_id="v1"), "v1"),
        (photo.rejected("Text.", size=1, version_id="v1"), None),
    ):
        with pytest.raises(PhotoIsUploaded):
            after.ensure_awaits_upload(in_bucket)


def test_a_rendition_is_of_one_version_and_one_size(photo: Photo) -> None:
    keys = {
        replace(photo, version_id=version).rendition_key(size)
        for version in ("v1", "v2")
        for size in RENDITIONS
    }
    assert len(keys) == 6
    # The prefix and the thumbnail's key are those of version 0.1.0, which may come back.
    assert all(key.startswith(f"thumbnails/{photo.id}/") for key in keys)
    assert f"thumbnails/{photo.id}/v1.jpg" in keys


def test_what_the_inspection_made_is_known_and_not_asked_for(photo: Photo) -> None:
    ready = photo.inspected(SEEN, size=1, version_id="v1")
    assert [size for size in RENDITIONS if ready.has(size)] == ["thumbnail", "standard"]
    of_the_first_version = replace(ready, renditions_made=False)
    assert not any(of_the_first_version.has(size) for size in RENDITIONS)
