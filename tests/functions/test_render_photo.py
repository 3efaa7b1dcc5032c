"""The renditions queue: a picture that somebody waits for is made once, and of that version."""

import json
import os
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from infra.local.pictures import picture
from infra.local.world import SEEN
from motorpool.dynamodb import keys, table
from motorpool.photos import bucket, image
from motorpool.photos import store as photos
from motorpool.photos.model import RENDITIONS, Photo, RenditionSize
from motorpool.tenants.users import User
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of


@pytest.fixture(autouse=True)
def driver() -> User:
    world.partner()
    return world.driver(at=world.organization())


def asked(*versions: str, size: str = "large", photo_id: str = world.LICENSE_PHOTO) -> list[str]:
    """A rendition of each version is asked for, in one batch; the messages that failed."""
    [recorded] = event("render_photo")["Records"]
    records = []
    for number, version in enumerate(versions):
        body = {"photo_id": photo_id, "version_id": version, "size": size}
        records.append(recorded | {"messageId": str(number), "body": json.dumps(body)})
    context = SimpleNamespace(function_name="motorpool-render_photo")
    answer = handler_of("render_photo")({"Records": records}, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def ready(driver: User, file: bytes) -> Photo:
    """A photo as version 0.1.0 left it: inspected, its file in the bucket, without renditions."""
    photo = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    version = world.uploaded(photo, file)
    inspected = photo.inspected(SEEN, size=len(file), version_id=version)
    inspected = replace(inspected, renditions_made=False)
    table.transact(*photos.inspected(inspected))
    return inspected


def deleted(photo: Photo) -> None:
    """The photo's item is gone, as after its time."""
    gone = keys.photo(photo.id)._asdict()
    boto3.resource("dynamodb").Table(table.table_name()).delete_item(Key=gone)


def made(photo: Photo) -> dict[str, int]:
    """How many versions S3 has of each rendition, by the end of its key."""
    prefix = f"thumbnails/{photo.id}/{photo.version_id}"
    found = wire.aws("s3").list_object_versions(Bucket=os.environ["PHOTO_BUCKET"], Prefix=prefix)
    assert "DeleteMarkers" not in found
    return Counter(version["Key"].removeprefix(prefix) for version in found.get("Versions", []))


@pytest.mark.parametrize("size", RENDITIONS)
def test_each_size_is_made_of_the_inspected_version(driver: User, size: RenditionSize) -> None:
    photo = ready(driver, picture(size=(2800, 2100), orientation=6))
    assert asked(str(photo.version_id), size=size) == []
    stored = wire.aws("s3").get_object(
        Bucket=os.environ["PHOTO_BUCKET"], Key=photo.rendition_key(size)
    )
    assert stored["ContentType"] == "image/jpeg"
    side = RENDITIONS[size].side
    seen = image.inspect(stored["Body"].read(), "image/jpeg")
    assert (seen.width, seen.height) == (side * 3 // 4, side)


def test_what_two_callers_ask_for_is_made_once(driver: User) -> None:
    photo = ready(driver, picture())
    assert asked(str(photo.version_id), str(photo.version_id)) == []
    assert asked(str(photo.version_id)) == []
    assert made(photo) == {"-2048.jpg": 1}


def test_of_a_version_that_is_not_the_photos_nothing_is_made(driver: User) -> None:
    photo = ready(driver, picture())
    other = world.uploaded(photo, picture())
    assert asked(other) == []
    assert made(replace(photo, version_id=other)) == {}


def test_of_a_photo_that_was_rejected_or_is_gone_nothing_is_made(driver: User) -> None:
    assert asked("v-1", photo_id="pho_" + "9" * 32) == []
    rejected = world.photo(
        world.LICENSE_PHOTO, of=driver, photo_status="Rejected", version_id="v-1"
    )
    assert asked("v-1") == []
    assert made(rejected) == {}


def test_a_photo_that_is_deleted_meanwhile_leaves_no_picture(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = ready(driver, picture())
    render = image.render

    def meanwhile_deleted(*asked: Any) -> bytes:
        deleted(photo)
        bucket.remove_all(photo.id)
        return render(*asked)

    monkeypatch.setattr(image, "render", meanwhile_deleted)
    assert asked(str(photo.version_id)) == []
    assert made(photo) == {}


def test_a_picture_that_a_crash_left_behind_goes_when_the_message_comes_again(
    driver: User,
) -> None:
    photo = ready(driver, picture())
    bucket.keep_rendition(photo, "large", b"a picture")
    deleted(photo)
    assert asked(str(photo.version_id)) == []
    assert made(photo) == {}


def test_a_file_that_cannot_be_decoded_any_more_comes_again_until_it_is_dead(driver: User) -> None:
    photo = ready(driver, picture()[:500])
    assert asked(str(photo.version_id)) == ["0"]
    assert made(photo) == {}
