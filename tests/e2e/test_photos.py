"""Photos go straight to S3, which takes what the form allows and nothing else."""

import base64
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from PIL import Image

from infra.local.pictures import LATITUDE, LONGITUDE, picture
from infra.local.stack import LocalStack
from motorpool.dynamodb import keys
from tests.e2e.api import new_plate, refusal, sent_by_phone, served, until
from tests.e2e.expiry import expired
from tests.e2e.tenant import Tenant

MAX_BYTES = 15 * 1024 * 1024
NOT_FOUND = (404, "ERROR_PHOTO_NOT_FOUND")


@pytest.fixture
def user(tenant: Tenant) -> str:
    return tenant.user()


@pytest.fixture
def bucket(local_stack: LocalStack) -> str:
    return local_stack.outputs["PhotoBucketName"]


def id_of(handle: str) -> str:
    return handle.rpartition("/")[2]


def shown(tenant: Tenant, handle: str, **query: str) -> bytes:
    """What a caller sees who follows a photo's handle."""
    answer = tenant.api.get(f"/photo/{id_of(handle)}", params=query)
    assert (answer.status_code, answer.content) == (302, b"")
    seen = httpx.get(answer.headers["location"])
    assert seen.status_code == 200, seen.text
    return seen.content


def versions(bucket: str, key: str) -> list[str]:
    """The versions that S3 holds below a key."""
    found = boto3.client("s3").list_object_versions(Bucket=bucket, Prefix=key)
    return [version["VersionId"] for version in found.get("Versions", [])]


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp", "image/heic"])
def test_an_uploaded_photo_is_soon_ready_with_its_position(
    tenant: Tenant, user: str, content_type: str
) -> None:
    file = picture(content_type, size=(640, 480))
    handle = tenant.photo(user, file, content_type)
    status = tenant.inspected(handle)
    assert (status["photoStatus"], status["rejectedBecause"]) == ("Ready", None)
    assert (status["contentType"], status["bytes"]) == (content_type, len(file))
    assert (status["latitude"], status["longitude"]) == (LATITUDE, LONGITUDE)
    assert (status["width"], status["height"]) == (640, 480)
    assert status["takenOn"] == "2026-11-21T17:29:41.000Z"
    assert status["photoUrl"] == handle


def drawn(content: bytes) -> Image.Image:
    """A picture that is a JPEG and nothing else."""
    image = Image.open(io.BytesIO(content), formats=("JPEG",))
    image.load()
    assert not image.getexif()
    return image


@pytest.mark.parametrize(
    ("size", "side", "most"),
    [(None, 1280, 250_000), ("thumbnail", 512, 100_000), ("large", 2048, 700_000)],
)
def test_a_handle_leads_to_an_upright_jpeg_that_says_nothing_of_where_it_was_taken(
    tenant: Tenant, user: str, size: str | None, side: int, most: int
) -> None:
    handle = tenant.photo(user, picture(size=(2400, 1800), orientation=6))
    tenant.inspected(handle)
    content = shown(tenant, handle, **({"size": size} if size else {}))
    assert drawn(content).size == (side * 3 // 4, side)
    assert len(content) <= most
    # The handle is the URL of this API, so the caller need not put it together.
    assert httpx.get(handle, headers=tenant.api.credentials).status_code == 302


def test_callers_who_want_the_large_picture_at_once_get_the_same_one(
    tenant: Tenant, user: str, bucket: str
) -> None:
    handle = tenant.photo(user, picture(size=(2400, 1800)))
    tenant.inspected(handle)
    with ThreadPoolExecutor(4) as callers:
        seen = set(callers.map(lambda _: shown(tenant, handle, size="large"), range(4)))
    assert len(seen) == 1
    assert drawn(seen.pop()).size == (2048, 1536)
    made = len(versions(bucket, f"thumbnails/{id_of(handle)}/"))
    shown(tenant, handle, size="large")
    assert len(versions(bucket, f"thumbnails/{id_of(handle)}/")) == made


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/heic"])
def test_whatever_a_phone_writes_behind_a_picture_the_photo_is_ready_and_none_of_it_is_shown(
    tenant: Tenant, user: str, content_type: str
) -> None:
    page = b"<html><script>alert(1)</script></html>v2_f33     0:33      LIVE_3563520  "
    handle = tenant.photo(user, picture(content_type) + page, content_type)
    assert tenant.inspected(handle)["photoStatus"] == "Ready"
    for size in ("standard", "thumbnail", "large"):
        assert b"script" not in shown(tenant, handle, size=size)


def test_the_file_as_it_was_sent_is_a_download_for_reviewers_only(
    tenant: Tenant, user: str
) -> None:
    file = picture()
    handle = tenant.photo(user, file)
    tenant.inspected(handle)
    path = f"/photo/{id_of(handle)}?size=original"
    link = tenant.api.get(path).headers["location"]
    assert httpx.get(link).content == file
    # Signed with the link, so nobody can leave it out. AWS heeds it; the engine not with a version.
    asked = parse_qs(urlsplit(link).query)
    assert asked["response-content-disposition"][0].startswith("attachment")
    without = link.replace("response-content-disposition", "ignored")
    assert httpx.get(without).status_code == 403
    admitted = tenant.admitted(tenant.root, scopes=frozenset())
    refused = tenant.api.of(admitted.headers).get(path)
    assert refusal(refused) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")


def test_nothing_is_shown_of_what_never_came(tenant: Tenant, user: str) -> None:
    handle = tenant.announced(user)["photoUrl"]
    for size in ("standard", "thumbnail", "large", "original"):
        answer = tenant.api.get(f"/photo/{id_of(handle)}?size={size}")
        assert refusal(answer) == NOT_FOUND
        assert "is being looked at" in answer.json()["error_message"]


def test_of_a_photo_of_version_0_1_0_the_picture_is_made_when_it_is_asked_for(
    tenant: Tenant, user: str, bucket: str
) -> None:
    handle = tenant.photo(user, picture(size=(1600, 1200)))
    tenant.inspected(handle)
    # That version made a thumbnail only.
    boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"]).update_item(
        Key=keys.photo(id_of(handle))._asdict(), UpdateExpression="REMOVE renditionsMade"
    )
    _, standard = sorted(files_below(bucket, f"thumbnails/{id_of(handle)}/"), key=len)
    assert standard.endswith("-1280.jpg")
    boto3.client("s3").delete_object(Bucket=bucket, Key=standard)
    assert drawn(shown(tenant, handle)).size == (1280, 960)
    assert drawn(shown(tenant, handle, size="thumbnail")).size == (512, 384)


def files_below(bucket: str, prefix: str) -> list[str]:
    """The keys that S3 holds below a prefix."""
    found = boto3.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", [])]


def test_a_phone_whose_form_is_over_gets_another_until_it_has_sent_the_file(
    tenant: Tenant, user: str
) -> None:
    first = tenant.announced(user)
    again = served(tenant.api.post(f"/photo/{first['photoId']}/form"))
    assert {again[name] for name in ("photoId", "photoUrl")} == {
        first[name] for name in ("photoId", "photoUrl")
    }
    assert sent_by_phone(again, picture()).is_success
    refused = tenant.api.post(f"/photo/{first['photoId']}/form")
    assert refusal(refused) == (409, "ERROR_PHOTO_IS_UPLOADED")
    assert tenant.inspected(first["photoUrl"])["photoStatus"] == "Ready"
    refused = tenant.api.post(f"/photo/{first['photoId']}/form")
    assert refusal(refused) == (409, "ERROR_PHOTO_IS_UPLOADED")


def test_a_text_file_named_jpg_is_rejected_with_the_reason_and_not_shown_or_kept(
    tenant: Tenant, user: str, bucket: str
) -> None:
    handle = tenant.photo(user, b"I am no photo, whatever my name says.\n" * 9)
    status = tenant.inspected(handle)
    assert status["photoStatus"] == "Rejected"
    assert "text" in status["rejectedBecause"]
    answer = tenant.api.get(f"/photo/{id_of(handle)}")
    assert refusal(answer) == NOT_FOUND
    assert status["rejectedBecause"] in answer.json()["error_message"]
    until(lambda: not versions(bucket, f"photos/{id_of(handle)}"))


def test_photos_are_seen_in_their_subtree_and_by_no_other_partner(
    tenant: Tenant, new_tenant: Callable[[], Tenant], user: str
) -> None:
    branch = tenant.branch()
    of_the_root, of_the_branch = tenant.photo(user), tenant.photo(tenant.user(branch))
    tenant.inspected(of_the_branch)
    client, stranger = tenant.client_of(branch), new_tenant().api
    for path in ("/photo/{}", "/photo/{}/status"):
        mine, above = path.format(id_of(of_the_branch)), path.format(id_of(of_the_root))
        assert client.get(mine).status_code in {200, 302}, mine
        assert refusal(client.get(above)) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
        assert refusal(stranger.get(mine)) == NOT_FOUND
    asked = {"userId": user, "contentType": "image/jpeg"}
    outside = client.post("/photo/upload", asked)
    assert refusal(outside) == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
    assert refusal(stranger.post("/photo/upload", asked)) == (404, "ERROR_USER_NOT_FOUND")


def test_a_second_upload_to_the_key_changes_nothing_that_was_inspected(
    tenant: Tenant, user: str, bucket: str
) -> None:
    form = tenant.announced(user)
    assert sent_by_phone(form, picture()).is_success
    before = tenant.inspected(form["photoUrl"])
    assert sent_by_phone(form, picture(size=(32, 32))).is_success
    # The second one is deleted when its message is handled.
    until(lambda: len(versions(bucket, form["uploadFields"]["key"])) == 1)
    assert tenant.inspected(form["photoUrl"]) == before
    assert drawn(shown(tenant, form["photoUrl"])).size == (before["width"], before["height"])


def files_of(bucket: str, handle: str) -> int:
    """How many versions S3 has of a photo's file and of its renditions."""
    key = id_of(handle)
    return len(versions(bucket, f"photos/{key}") + versions(bucket, f"thumbnails/{key}"))


def test_an_expired_photo_is_gone_with_its_file_and_renditions(
    tenant: Tenant, user: str, bucket: str
) -> None:
    handle = tenant.photo(user)
    tenant.inspected(handle)
    shown(tenant, handle, size="large")
    assert files_of(bucket, handle) == 4
    expired(id_of(handle))
    until(lambda: files_of(bucket, handle) == 0)
    for path in ("/photo/{}", "/photo/{}/status"):
        assert refusal(tenant.api.get(path.format(id_of(handle)))) == NOT_FOUND


@pytest.mark.slow
def test_the_files_of_a_photo_go_once_dynamodb_deleted_it_and_other_photos_keep_theirs(
    tenant: Tenant, bucket: str
) -> None:
    vehicle = tenant.vehicle(plate=new_plate())
    over, unused, *used = (tenant.photo(vehicle["userId"]) for _ in range(4))
    for handle in (over, unused, *used):
        tenant.inspected(handle)
    photos = {
        name: [{"url": handle}]
        for name, handle in zip(("licensePhotos", "odometerPhotos"), used, strict=True)
    }
    served(tenant.check_in(vehicle, 1, **photos))
    assert [files_of(bucket, handle) for handle in (over, unused, *used)] == [3, 3, 3, 3]
    table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])
    # As if their time had come: the used ones have none.
    for handle in (over, *used):
        with suppress(ClientError):
            table.update_item(
                Key=keys.photo(id_of(handle))._asdict(),
                UpdateExpression="SET expiresAt = :past",
                ConditionExpression="attribute_exists(expiresAt)",
                ExpressionAttributeValues={":past": 1},
            )
    # It is not shown any more, although DynamoDB may not have deleted it yet.
    assert refusal(tenant.api.get(f"/photo/{id_of(over)}")) == NOT_FOUND
    until(lambda: files_of(bucket, over) == 0, within_seconds=90)
    assert [files_of(bucket, handle) for handle in (unused, *used)] == [3, 3, 3]


def test_a_file_of_15_mb_is_taken_and_one_byte_more_is_not(
    tenant: Tenant, user: str, bucket: str
) -> None:
    form = tenant.announced(user)
    assert form["maxBytes"] == MAX_BYTES
    refused = sent_by_phone(form, b"x" * (MAX_BYTES + 1))
    assert (refused.status_code, "EntityTooLarge" in refused.text) == (400, True)
    assert versions(bucket, form["uploadFields"]["key"]) == []
    assert sent_by_phone(form, b"x" * MAX_BYTES).is_success
    assert tenant.inspected(form["photoUrl"])["photoStatus"] == "Rejected"


def test_an_empty_file_is_refused(tenant: Tenant, user: str, bucket: str) -> None:
    form = tenant.announced(user)
    assert sent_by_phone(form, b"").status_code == 400
    assert versions(bucket, form["uploadFields"]["key"]) == []


def _policy_with(form: dict[str, Any], old: str, new: str) -> str:
    policy = base64.b64decode(form["uploadFields"]["policy"]).decode()
    assert old in policy
    return base64.b64encode(policy.replace(old, new).encode()).decode()


@pytest.mark.parametrize(
    "tampered",
    [
        lambda form: {"Content-Type": "text/html"},
        lambda form: {"Content-Type": "image/png"},
        lambda form: {"key": form["uploadFields"]["key"] + "x"},
        lambda form: {"key": "photos/pho_" + "0" * 32},
        lambda form: {"key": "thumbnails/pho_" + "0" * 32},
        lambda form: {"x-amz-signature": "0" * 64},
        lambda form: {"policy": _policy_with(form, "15728640", "99999999")},
        lambda form: {"policy": _policy_with(form, "image/jpeg", "text/html")},
        lambda form: {"acl": "public-read"},
    ],
    ids=[
        "another type", "another type of photo", "a longer key", "another photo's key",
        "a thumbnail's key", "another signature", "a policy of larger files",
        "a policy of another type", "a field that the policy does not know",
    ],
)  # fmt: skip
def test_what_the_form_does_not_allow_is_refused_and_nothing_is_stored(
    tenant: Tenant, user: str, bucket: str, tampered: Callable[[dict[str, Any]], dict[str, str]]
) -> None:
    form = tenant.announced(user)
    changes = tampered(form)
    answer = sent_by_phone(form, picture(), **changes)
    assert answer.status_code == 403, answer.text
    for key in {form["uploadFields"]["key"], changes.get("key", form["uploadFields"]["key"])}:
        assert versions(bucket, key) == []


@pytest.mark.parametrize("left_out", ["policy", "x-amz-signature", "x-amz-credential", "key"])
def test_a_form_without_one_of_its_fields_is_refused(
    tenant: Tenant, user: str, bucket: str, left_out: str
) -> None:
    form = tenant.announced(user)
    key = form["uploadFields"]["key"]
    del form["uploadFields"][left_out]
    assert sent_by_phone(form, picture()).status_code in {400, 403}
    assert versions(bucket, key) == []


def test_a_form_is_refused_when_its_time_is_over(bucket: str) -> None:
    # As `uploads.form` makes it, only that it was over a second ago.
    client = boto3.client("s3", config=Config(signature_version="s3v4"))
    made: dict[str, Any] = client.generate_presigned_post(
        Bucket=bucket,
        Key="photos/pho_expired",
        Fields={"Content-Type": "image/jpeg"},
        Conditions=[{"Content-Type": "image/jpeg"}, ["content-length-range", 1, MAX_BYTES]],
        ExpiresIn=-1,
    )
    form = {"uploadUrl": made["url"], "uploadFields": made["fields"]}
    answer = sent_by_phone(form, picture())
    assert (answer.status_code, "xpired" in answer.text) == (403, True)
    assert versions(bucket, "photos/pho_expired") == []


def test_the_bucket_takes_and_gives_nothing_without_a_form_or_a_link(
    tenant: Tenant, user: str
) -> None:
    form = tenant.announced(user)
    assert sent_by_phone(form, picture()).is_success
    url = f"{form['uploadUrl'].rstrip('/')}/{form['uploadFields']['key']}"
    assert httpx.get(url).status_code == 403
    assert httpx.put(url, content=picture()).status_code == 403
    assert httpx.delete(url).status_code == 403


def test_a_browser_may_send_the_form_from_any_page(tenant: Tenant, user: str) -> None:
    form = tenant.announced(user)
    asked = {"Origin": "https://driver.example", "Access-Control-Request-Method": "POST"}
    answer = httpx.options(form["uploadUrl"], headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in {"*", "https://driver.example"}
    assert "POST" in answer.headers["access-control-allow-methods"]
