"""The uploads queue: what a file says decides on its photo, once, however often S3 tells of it."""

import json
import os
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from infra.local.pictures import LATITUDE, LONGITUDE, picture
from motorpool.checkins import store as checkins
from motorpool.checkins.model import CheckIn
from motorpool.checkins.photo_pair import PhotoPair
from motorpool.dynamodb import keys, table
from motorpool.history import store as history
from motorpool.photos import bucket, image
from motorpool.photos import store as photos
from motorpool.photos.model import Photo
from motorpool.tenants.organizations import Organization
from motorpool.tenants.users import User
from tests.functions import wire, world
from tests.functions.conftest import event, handler_of, in_queues
from tests.functions.wire import calls_counted

TEXT = b"I am a text file, whatever my name says.\n" * 20


@pytest.fixture(autouse=True)
def driver() -> User:
    world.partner()
    root: Organization = world.organization()
    return world.driver(at=root)


def told(*versions: tuple[str, str]) -> list[str]:
    """S3 tells of versions (photo id, version), a message each; the messages that failed."""
    [record] = event("inspect_photo")["Records"]
    records = []
    for number, (photo_id, version_id) in enumerate(versions):
        body = json.loads(record["body"])
        body["Records"][0]["s3"]["object"] |= {
            "key": f"photos/{photo_id}",
            "versionId": version_id,
        }
        records.append(record | {"messageId": str(number), "body": json.dumps(body)})
    return handled(records)


def handled(records: list[dict[str, Any]]) -> list[str]:
    """The ids of the messages that will come again."""
    answer = handler_of("inspect_photo")(
        {"Records": records},
        SimpleNamespace(
            function_name="motorpool-inspect_photo", get_remaining_time_in_millis=lambda: 60_000
        ),
    )
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def message(body: str) -> dict[str, Any]:
    [record] = event("inspect_photo")["Records"]
    return dict(record) | {"messageId": "1", "body": body}


def photo(id: str = world.LICENSE_PHOTO) -> Photo:
    found = photos.find(id)
    assert found is not None
    return found


def stored_object(key: str) -> bytes:
    found = wire.aws("s3").get_object(Bucket=os.environ["PHOTO_BUCKET"], Key=key)
    stored: bytes = found["Body"].read()
    return stored


def versions(photo_id: str = world.LICENSE_PHOTO) -> list[str]:
    """The versions of a photo's file that S3 holds."""
    found = wire.aws("s3").list_object_versions(
        Bucket=os.environ["PHOTO_BUCKET"], Prefix=f"photos/{photo_id}"
    )
    assert "DeleteMarkers" not in found
    return [version["VersionId"] for version in found.get("Versions", [])]


def renditions(photo_id: str = world.LICENSE_PHOTO) -> list[str]:
    """Of which version each rendition is that S3 holds."""
    prefix = f"thumbnails/{photo_id}/"
    found = wire.aws("s3").list_object_versions(Bucket=os.environ["PHOTO_BUCKET"], Prefix=prefix)
    keys = [version["Key"].removeprefix(prefix) for version in found.get("Versions", [])]
    return [key.removesuffix(".jpg").removesuffix("-1280") for key in keys]


def deleted(photo: Photo) -> None:
    """The photo's item is gone, as after its time."""
    gone = keys.photo(photo.id)._asdict()
    boto3.resource("dynamodb").Table(table.table_name()).delete_item(Key=gone)


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp", "image/heic"])
def test_a_photo_is_ready_with_what_its_file_says(driver: User, content_type: Any) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None, content_type=content_type)
    file = picture(content_type, size=(640, 480))
    version = world.uploaded(awaited, file)
    assert told((world.LICENSE_PHOTO, version)) == []
    ready = photo()
    assert (ready.photo_status, ready.rejected_because) == ("Ready", None)
    assert (ready.version_id, ready.size) == (version, len(file))
    assert (ready.width, ready.height) == (640, 480)
    assert (ready.latitude, ready.longitude) == (LATITUDE, LONGITUDE)
    assert ready.taken_on == "2026-11-21T17:29:41.000Z"
    assert ready.expires_at == awaited.expires_at  # no check-in uses it yet
    assert len(ready.sha256 or "") == 64


@pytest.mark.parametrize(("name", "side"), [("", 512), ("-1280", 1280)])
def test_renditions_of_that_version_are_stored_beside_it(
    driver: User, name: str, side: int
) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    version = world.uploaded(awaited, picture(size=(2400, 1800), orientation=6))
    assert told((world.LICENSE_PHOTO, version)) == []
    rendition = stored_object(f"thumbnails/{world.LICENSE_PHOTO}/{version}{name}.jpg")
    seen = image.inspect(rendition, "image/jpeg")
    assert (seen.width, seen.height) == (side * 3 // 4, side)  # upright
    assert (seen.latitude, seen.taken_on) == (None, None)
    assert b"Exif" not in rendition
    assert photo().renditions_made


def test_what_follows_the_picture_is_a_note_and_no_reason_to_reject_it(driver: User) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    version = world.uploaded(awaited, picture() + b"v2_f33     0:33      LIVE_3563520  ")
    assert told((world.LICENSE_PHOTO, version)) == []
    assert photo().photo_status == "Ready"
    assert photo().note == ("35 bytes follow the picture; the first are 76 32 5f 66 33 33 20 20.")


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (TEXT, "text"),
        (picture()[:600], "incomplete"),
        (picture("image/png"), "declared as image/jpeg"),
    ],
    ids=["a text file named .jpg", "cut short", "another type"],
)
def test_a_file_that_is_no_such_photo_is_rejected_with_the_reason_and_deleted(
    driver: User, file: bytes, reason: str
) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    version = world.uploaded(awaited, file)
    assert told((world.LICENSE_PHOTO, version)) == []
    rejected = photo()
    assert rejected.photo_status == "Rejected"
    assert reason in (rejected.rejected_because or "")
    assert (rejected.version_id, rejected.expires_at) == (version, awaited.expires_at)
    assert versions() == []


def test_a_message_delivered_twice_changes_nothing_and_reads_no_file(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = world.uploaded(world.photo(world.LICENSE_PHOTO, of=driver, file=None), picture())
    assert told((world.LICENSE_PHOTO, version)) == []
    ready = photo()
    monkeypatch.setattr(bucket, "file_of", None)  # it would fail
    with calls_counted() as calls:
        assert told((world.LICENSE_PHOTO, version), (world.LICENSE_PHOTO, version)) == []
    assert calls == ["GetItem", "GetItem"]
    assert photo() == ready


def test_a_second_upload_to_the_key_changes_nothing_that_was_inspected_and_is_deleted(
    driver: User,
) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    first, second = world.uploaded(awaited, picture()), world.uploaded(awaited, TEXT)
    assert told((world.LICENSE_PHOTO, first)) == []
    ready = photo()
    assert told((world.LICENSE_PHOTO, second), (world.LICENSE_PHOTO, first)) == []
    assert photo() == ready
    assert (ready.photo_status, ready.version_id) == ("Ready", first)
    assert versions() == [first]


def test_what_is_sent_after_a_rejection_is_deleted_without_a_look(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    assert told((world.LICENSE_PHOTO, world.uploaded(awaited, TEXT))) == []
    monkeypatch.setattr(bucket, "file_of", None)  # it would fail
    assert told((world.LICENSE_PHOTO, world.uploaded(awaited, picture()))) == []
    assert (photo().photo_status, versions()) == ("Rejected", [])


def test_a_rejected_file_that_could_not_be_deleted_is_deleted_when_the_message_comes_again(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = world.uploaded(world.photo(world.LICENSE_PHOTO, of=driver, file=None), TEXT)
    with monkeypatch.context() as patch:
        patch.setattr(bucket, "remove", None)  # it fails
        assert told((world.LICENSE_PHOTO, version)) == ["0"]
    assert (photo().photo_status, versions()) == ("Rejected", [version])
    assert told((world.LICENSE_PHOTO, version)) == []
    assert versions() == []


def test_a_version_that_was_checked_in_is_the_one_that_is_inspected(driver: User) -> None:
    pair = world.photos(of=driver, file=None)
    assert pair.license
    assert pair.odometer
    world.uploaded(pair.odometer, picture())
    early = world.uploaded(pair.license, TEXT)
    checked_in = world.uploaded(pair.license, picture())
    world.check_in(of=world.vehicle(of=driver), photos=pair)
    late = world.uploaded(pair.license, TEXT)
    assert told((world.LICENSE_PHOTO, late), (world.LICENSE_PHOTO, early)) == []
    assert photo().photo_status == "AwaitingUpload"
    assert told((world.LICENSE_PHOTO, checked_in)) == []
    assert (photo().photo_status, photo().version_id) == ("Ready", checked_in)
    assert versions() == [checked_in]


def test_two_versions_inspected_at_once_leave_one_with_its_own_renditions(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    slow = world.uploaded(awaited, picture(size=(100, 100)))
    fast = world.uploaded(awaited, picture(size=(200, 200)))
    inspect = image.inspect

    def after_the_other_is_done(data: bytes, declared: str) -> image.Inspection:
        seen = inspect(data, declared)
        monkeypatch.setattr(image, "inspect", inspect)
        assert told((world.LICENSE_PHOTO, fast)) == []
        return seen

    monkeypatch.setattr(image, "inspect", after_the_other_is_done)
    assert told((world.LICENSE_PHOTO, slow)) == []
    assert (photo().version_id, photo().width) == (fast, 200)
    assert versions() == [fast]
    rendition = image.inspect(stored_object(photo().rendition_key("standard")), "image/jpeg")
    assert rendition.width == 200
    assert renditions() == [fast, fast]


def test_an_upload_of_a_photo_that_has_expired_stays_until_dynamodb_deletes_the_photo(
    driver: User,
) -> None:
    # A check-in that began before could still use the photo: only the table decides.
    expired = world.photo(world.LICENSE_PHOTO, of=driver, file=None, expires_at=1)
    version = world.uploaded(expired, picture())
    assert told((expired.id, version)) == []
    assert versions() == [version]
    assert (photo().photo_status, photo().expires_at) == ("Ready", 1)


def test_an_upload_of_a_photo_that_was_deleted_is_deleted(driver: User) -> None:
    expired = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    version = world.uploaded(expired, picture())
    deleted(expired)
    assert told((expired.id, version)) == []
    assert versions() == []


@pytest.mark.parametrize("id", ["pho_" + "9" * 32, "pho_1", "..", world.USER])
def test_an_upload_of_no_known_photo_is_passed_over(id: str) -> None:
    assert told((id, "v-1")) == []


def test_a_key_with_characters_that_events_escape_is_passed_over() -> None:
    assert told(("a+b%2Fc%00", "v-1")) == []


def test_s3s_test_event_is_passed_over() -> None:
    test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "motorpool-photos"}
    assert handled([message(json.dumps(test))]) == []


@pytest.mark.parametrize("junk", ["not JSON", "{"])
def test_a_message_that_cannot_be_read_dies_at_once(junk: str) -> None:
    assert handled([message(junk)]) == []
    dead = wire.aws("sqs").receive_message(QueueUrl=os.environ["DEAD_LETTER_QUEUE_URL"])
    assert [buried["Body"] for buried in dead.get("Messages", [])] == [junk]


@pytest.mark.parametrize("junk", ["[]", "7", '{"Records": [{}]}', "null"])
def test_a_message_that_is_junk_comes_again_until_it_is_dead(junk: str) -> None:
    assert handled([message(junk)]) == ["1"]


def test_of_a_batch_only_what_failed_comes_again(driver: User) -> None:
    version = world.uploaded(world.photo(world.LICENSE_PHOTO, of=driver, file=None), picture())
    # The second is of a version that is not there.
    world.photo(world.ODOMETER_PHOTO, of=driver, file=None)
    assert told((world.LICENSE_PHOTO, version), (world.ODOMETER_PHOTO, "no-version")) == ["1"]
    assert photo().photo_status == "Ready"
    assert photo(world.ODOMETER_PHOTO).photo_status == "AwaitingUpload"


def test_a_photo_that_is_deleted_during_its_inspection_leaves_no_rendition(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    awaited = world.photo(world.LICENSE_PHOTO, of=driver, file=None)
    version = world.uploaded(awaited, picture())
    inspect = image.inspect

    def meanwhile_deleted(data: bytes, declared: str) -> image.Inspection:
        deleted(awaited)
        return inspect(data, declared)

    monkeypatch.setattr(image, "inspect", meanwhile_deleted)
    assert told((awaited.id, version)) == []
    assert versions() == renditions() == []


@pytest.mark.parametrize("half", ["keep_rendition", "transact"])
def test_an_inspection_that_fails_half_way_is_done_when_the_message_comes_again(
    driver: User, monkeypatch: pytest.MonkeyPatch, half: str
) -> None:
    version = world.uploaded(world.photo(world.LICENSE_PHOTO, of=driver, file=None), picture())

    def fails(*_: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(bucket if half == "keep_rendition" else table, half, fails)
        assert told((world.LICENSE_PHOTO, version)) == ["0"]
    assert photo().photo_status == "AwaitingUpload"
    assert told((world.LICENSE_PHOTO, version)) == []
    assert photo().photo_status == "Ready"
    assert stored_object(photo().rendition_key("standard"))


def test_a_position_is_in_the_check_in_once_it_is_known(driver: User) -> None:
    pair = world.photos(of=driver, file=picture())
    checked_in, _ = world.check_in(of=world.vehicle(of=driver), photos=pair)
    assert (checked_in.license_latitude, checked_in.odometer_latitude) == (None, None)
    for id in (world.LICENSE_PHOTO, world.ODOMETER_PHOTO):
        assert told((id, str(photo(id).version_id))) == []
    after = checkins.find(checked_in.id)
    assert after is not None
    assert (after.license_latitude, after.license_longitude) == (LATITUDE, LONGITUDE)
    assert (after.odometer_latitude, after.odometer_longitude) == (LATITUDE, LONGITUDE)
    assert after.check_in_status == "Pending"


def test_a_photo_rejected_after_it_was_checked_in_puts_the_check_in_on_hold(driver: User) -> None:
    pair = world.photos(of=driver, file=TEXT)
    checked_in, _ = world.check_in(of=world.vehicle(of=driver), photos=pair)
    assert told((world.ODOMETER_PHOTO, str(photo(world.ODOMETER_PHOTO).version_id))) == []
    after = checkins.find(checked_in.id)
    assert after is not None
    assert after.check_in_status == "OnHold"
    assert after.admin_note is not None
    assert after.admin_note.startswith("The odometer photo was rejected: The file is text")
    assert in_queues() == {(world.PARTNER, "OnHold"), (world.ORGANIZATION, "OnHold")}
    *_, (_, entry) = history.every(world.VEHICLE)
    assert (entry.n, entry.type, entry.at) == (3, "checkin.on_hold", after.updated)
    assert (entry.by, entry.by_id) == ("worker", world.ODOMETER_PHOTO)
    assert CheckIn.as_in(entry).admin_note == after.admin_note


def test_what_a_reviewer_decided_before_the_inspection_stays_decided(driver: User) -> None:
    pair = world.photos(of=driver, file=TEXT)
    checked_in, vehicle = world.check_in(of=world.vehicle(of=driver), photos=pair)
    no_photos = PhotoPair(None, None)
    decided = replace(checked_in, check_in_status="Confirmed")
    by = world.builder
    table.transact(*checkins.changed(checked_in, decided, vehicle, vehicle, no_photos, by=by))
    assert told((world.LICENSE_PHOTO, str(photo().version_id))) == []
    after = checkins.find(checked_in.id)
    assert after is not None
    assert (after.check_in_status, after.admin_note) == ("Confirmed", None)


def test_a_check_in_made_during_the_inspection_gets_the_position(
    driver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = world.photos(of=driver, file=picture())
    vehicle = world.vehicle(of=driver)
    version = bucket.uploaded_version(photo())
    inspect = image.inspect

    def after_the_check_in(data: bytes, declared: str) -> image.Inspection:
        monkeypatch.setattr(image, "inspect", inspect)
        world.check_in(of=vehicle, photos=pair)
        return inspect(data, declared)

    monkeypatch.setattr(image, "inspect", after_the_check_in)
    assert told((world.LICENSE_PHOTO, str(version))) == []
    after = checkins.find(world.CHECK_IN)
    assert after is not None
    assert after.license_latitude == LATITUDE
    assert photo().used_by == world.CHECK_IN
