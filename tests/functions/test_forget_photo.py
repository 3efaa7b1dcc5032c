"""The expiries queue: the files of a photo go when DynamoDB deleted its expired item."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from infra.local.pictures import picture
from motorpool.dynamodb import keys, table
from motorpool.photos import bucket
from motorpool.photos import store as photos
from motorpool.photos.model import Photo
from motorpool.tenants.users import User
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of
from tests.functions.wire import Fault

NEXT_TO_IT = "pho_019aa8f1000000000000000000000007"


@pytest.fixture(autouse=True)
def driver() -> User:
    world.partner()
    return world.driver(at=world.organization())


def told(*records: dict[str, Any]) -> list[str]:
    """The ids of the messages that are to be told again."""
    context = SimpleNamespace(function_name="motorpool-forget_photo")
    answer = handler_of("forget_photo")({"Records": list(records)}, context)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(number: int = 1, photo_id: str = world.LICENSE_PHOTO) -> dict[str, Any]:
    """The recorded message, with another id and of another photo."""
    [recorded] = event("forget_photo")["Records"]
    body = json.dumps({"key": f"PHOTO#{photo_id}"})
    made: dict[str, Any] = recorded | {"messageId": str(number), "body": body}
    return made


def sent(driver: User, photo_id: str = world.LICENSE_PHOTO) -> Photo:
    """A photo with two versions of its file, one of them inspected, and that one's thumbnail.

    And its large rendition, which was made when somebody asked for it.
    """
    photo = world.photo(photo_id, of=driver, file=picture())
    version = world.uploaded(photo, picture())
    inspected = replace(photo, version_id=version)
    bucket.keep_rendition(inspected, "thumbnail", b"a thumbnail")
    bucket.keep_rendition(inspected, "large", b"a picture")
    return photo


def deleted(photo: Photo) -> None:
    """The photo's item is gone, as after its time."""
    boto3.resource("dynamodb").Table(table.table_name()).delete_item(
        Key=keys.photo(photo.id)._asdict()
    )


def files(photo_id: str = world.LICENSE_PHOTO) -> int:
    """How many versions and delete markers S3 has of a photo's file and renditions."""
    found = 0
    for prefix in ("photos", "thumbnails"):
        listed = wire.aws("s3").list_object_versions(
            Bucket=os.environ["PHOTO_BUCKET"], Prefix=f"{prefix}/{photo_id}"
        )
        found += len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))
    return found


def test_every_version_and_rendition_of_an_expired_photo_goes_and_no_other_file(
    driver: User,
) -> None:
    deleted(sent(driver))
    sent(driver, NEXT_TO_IT)
    assert (files(), files(NEXT_TO_IT)) == (4, 4)
    assert told(*event("forget_photo")["Records"]) == []
    assert (files(), files(NEXT_TO_IT)) == (0, 4)


def test_what_is_told_again_finds_nothing_left(driver: User) -> None:
    deleted(sent(driver))
    assert told(message()) == told(message()) == []
    assert files() == 0


def test_a_photo_that_is_in_the_table_keeps_its_files(driver: User) -> None:
    sent(driver)
    assert told(message()) == []
    assert files() == 4


def test_a_used_photo_has_no_time_at_which_it_would_be_deleted(driver: User) -> None:
    pair = world.photos(of=driver)
    assert pair.license
    assert pair.license.expires_at is not None
    world.check_in(of=world.vehicle(of=driver), photos=pair)
    used = photos.find(world.LICENSE_PHOTO)
    assert used is not None
    assert (used.used_by, used.expires_at) == (world.CHECK_IN, None)


@pytest.mark.parametrize("beginning", ["", "pho_", "pho_019aa8f1", "../"])
def test_a_message_of_less_than_an_id_is_dead_and_deletes_nothing(
    driver: User, beginning: str
) -> None:
    deleted(sent(driver))
    broken = message(1, beginning)
    assert told(broken, message(2, NEXT_TO_IT)) == []
    assert files() == 4
    dead = wire.aws("sqs").receive_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"])
    assert [buried["Body"] for buried in dead["Messages"]] == [broken["body"]]


def test_files_that_could_not_be_deleted_are_told_again_and_the_others_go(
    driver: User, faulty: Callable[..., Fault]
) -> None:
    deleted(sent(driver))
    deleted(sent(driver, NEXT_TO_IT))
    refused = faulty("DeleteObject", 403, "", times=1)
    messages = message(1), message(2, NEXT_TO_IT)
    assert told(*messages) == ["1"]
    assert refused.tries == 1
    assert (files(), files(NEXT_TO_IT)) == (4, 0)
    assert told(*messages) == []
    assert (files(), files(NEXT_TO_IT)) == (0, 0)
