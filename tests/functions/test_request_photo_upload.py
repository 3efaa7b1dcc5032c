"""POST /photo/upload: a handle, and a form that lets one phone send one file."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from motorpool.clock import iso, now_ms
from motorpool.dynamodb import table
from motorpool.dynamodb.table import Key
from motorpool.photos import bucket
from motorpool.photos.model import UNUSED_KEPT_DAYS, UPLOAD_SECONDS
from motorpool.tenants.organizations import Organization
from tests.functions import world
from tests.functions.conftest import Answer, Caller, everything_stored

Somebody = Callable[[], Caller]

METADATA = {
    "name": "odometer.jpg",
    "takenOn": "2026-11-21T09:29:41.000Z",
    "latitude": 37.7793,
    "longitude": -122.4193,
    "deviceIdentifier": "d1f7c0a2",
    "deviceManufacturer": "Google",
    "deviceModel": "Pixel 9",
    "deviceOS": "Android 16",
}


@pytest.fixture(autouse=True)
def root() -> Organization:
    root = world.organization()
    world.driver(at=root)
    return root


def policy(answer: Answer) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(base64.b64decode(answer.body["uploadFields"]["policy"]))
    return decoded


def the_photo() -> dict[str, Any]:
    [item] = [item for item in everything_stored() if item["sk"] == "PHOTO"]
    return item


def invalid(answer: Answer) -> str:
    assert answer.refusal == (400, "ERROR_INVALID_PARAMETERS")
    assert not any(item["sk"] == "PHOTO" for item in everything_stored())
    return answer.message


def test_the_answer_is_a_handle_a_form_and_the_metadata_as_given(somebody: Somebody) -> None:
    answer = somebody().calls()
    assert answer.status == 200
    generated = {"photoId", "photoUrl", "uploadUrl", "uploadFields", "expiresAt", "maxBytes"}
    given = {"userId": world.USER, "contentType": "image/jpeg"} | METADATA
    assert {k: v for k, v in answer.body.items() if k not in generated} == given
    assert answer.body["photoUrl"] == f"{world.API}/photo/{answer.body['photoId']}"
    assert answer.body["maxBytes"] == 15 * 1024 * 1024


def test_what_is_left_out_is_null(somebody: Somebody) -> None:
    body = somebody().with_body(**dict.fromkeys(METADATA, ...)).calls().body
    assert {body[name] for name in METADATA} == {None}


def test_the_form_allows_this_key_this_type_and_this_size_for_five_minutes(
    somebody: Somebody,
) -> None:
    answer = somebody().calls()
    id = answer.body["photoUrl"].rpartition("/")[2]
    fields, allowed = answer.body["uploadFields"], policy(answer)
    assert fields["key"] == f"photos/{id}"
    assert fields["Content-Type"] == "image/jpeg"
    assert ["content-length-range", 1, 15 * 1024 * 1024] in allowed["conditions"]
    for exact in ({"key": f"photos/{id}"}, {"Content-Type": "image/jpeg"}):
        assert exact in allowed["conditions"]
    assert not any("starts-with" in condition for condition in allowed["conditions"])
    assert allowed["expiration"][:19] == answer.body["expiresAt"][:19]
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"


def test_every_upload_has_a_key_of_its_own(somebody: Somebody) -> None:
    keys = {somebody().calls().body["uploadFields"]["key"] for _ in range(5)}
    assert len(keys) == 5


def test_the_photo_waits_for_its_upload_and_expires_unless_a_check_in_uses_it(
    somebody: Somebody,
) -> None:
    somebody().calls()
    photo = the_photo()
    assert photo["photoStatus"] == "AwaitingUpload"
    assert photo["userId"] == world.USER
    assert photo["expiresAt"] == photo["created"] // 1000 + UNUSED_KEPT_DAYS * 24 * 3600


def test_what_the_caller_asserts_is_kept_beside_what_the_file_will_say(somebody: Somebody) -> None:
    somebody().calls()
    photo = the_photo()
    assert float(photo["assertedLatitude"]) == 37.7793
    assert photo["assertedTakenOn"] == "2026-11-21T09:29:41.000Z"
    assert photo["deviceOs"] == "Android 16"
    assert "latitude" not in photo
    assert "takenOn" not in photo


def test_a_read_and_a_write_are_enough(somebody: Somebody) -> None:
    assert somebody().calls().calls == ("GetItem", "TransactWriteItems")


def test_a_request_repeated_with_its_key_gets_the_same_photo_with_a_form_signed_anew(
    somebody: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyed = ("Idempotency-Key", "photo-1")
    first = somebody().with_headers(keyed).with_body(takenOn="2026-11-21T09:29:41Z").calls()
    later = now_ms() + 3600 * 1000
    monkeypatch.setattr(bucket, "now_ms", lambda: later)
    again = somebody().with_headers(keyed).with_body(takenOn="2026-11-21T09:29:41Z").calls()
    assert again.status == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    signed = {"uploadUrl", "uploadFields", "expiresAt"}
    of_the_photo = set(first.body) - signed
    assert {name: again.body[name] for name in of_the_photo} == {
        name: first.body[name] for name in of_the_photo
    }
    assert again.body["uploadFields"]["key"] == first.body["uploadFields"]["key"]
    assert again.body["expiresAt"] == iso(later + UPLOAD_SECONDS * 1000)


def test_a_request_of_version_0_1_0_that_is_repeated_gets_the_photos_id_too(
    somebody: Somebody,
) -> None:
    keyed = ("Idempotency-Key", "photo-1")
    first = somebody().with_headers(keyed).calls()
    [record] = [item for item in everything_stored() if item["sk"] == "REQUEST"]
    kept = json.loads(record["body"])
    del kept["photoId"]  # which that version did not know
    table.update_now(
        Key(record["pk"], "REQUEST"),
        "SET body = :old",
        only_if="attribute_exists(body)",
        values={":old": json.dumps(kept)},
    )
    again = somebody().with_headers(keyed).calls()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.body["photoId"] == first.body["photoId"]


def test_no_record_of_a_request_holds_the_form(somebody: Somebody) -> None:
    answer = somebody().with_headers(("Idempotency-Key", "photo-1")).calls()
    [record] = [item for item in everything_stored() if item["sk"] == "REQUEST"]
    assert answer.body["photoUrl"] in record["body"]
    for private in ("policy", "uploadFields", answer.body["uploadFields"]["policy"]):
        assert private not in record["body"]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-11-21T09:29:41Z", "2026-11-21T09:29:41.000Z"),
        ("2026-11-21T09:29:41.123456Z", "2026-11-21T09:29:41.123Z"),
        ("2026-11-21T01:29:41-08:00", "2026-11-21T09:29:41.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
    ],
)
def test_a_time_is_answered_and_kept_in_utc_with_milliseconds(
    somebody: Somebody, given: str, meant: str
) -> None:
    assert somebody().with_body(takenOn=given).calls().body["takenOn"] == meant
    assert the_photo()["assertedTakenOn"] == meant


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-21T09:29:41", "2026-11-21", "yesterday", "", 1795253400, True,
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-13-01T00:00:00Z",
    ],
    ids=str,
)  # fmt: skip
def test_a_time_without_a_zone_or_out_of_time_is_named(somebody: Somebody, value: Any) -> None:
    assert invalid(somebody().with_body(takenOn=value).calls()).startswith("takenOn: ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("userId", ...), ("userId", ""), ("userId", 7), ("userId", "x" * 65),
        ("contentType", ...), ("contentType", "image/gif"), ("contentType", "text/html"),
        ("contentType", "IMAGE/JPEG"), ("contentType", "image/jpeg; x=y"), ("contentType", None),
        ("latitude", 90.1), ("latitude", -91), ("latitude", "37"), ("latitude", True),
        ("longitude", 180.1), ("longitude", -181),
        ("name", ""), ("name", "a\nb"), ("name", "x" * 65), ("deviceOS", 16),
    ],
    ids=lambda value: ascii(value)[:16],
)  # fmt: skip
def test_a_wrong_field_is_named(somebody: Somebody, field: str, value: Any) -> None:
    assert invalid(somebody().with_body(**{field: value}).calls()).startswith(f"{field}: ")


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_no_place_is_named(somebody: Somebody, literal: str) -> None:
    caller = somebody()
    caller.event["body"] = caller.event["body"].replace("37.7793", literal)
    assert invalid(caller.calls()).startswith("latitude: ")


@pytest.mark.parametrize(
    ("latitude", "kept"), [(90, 90.0), (-90.0, -90.0), (0, 0.0), (1e-200, 0.0), (-5e-324, 0.0)]
)
def test_the_edges_of_the_earth_are_on_it(somebody: Somebody, latitude: float, kept: float) -> None:
    answer = somebody().with_body(latitude=latitude).calls()
    assert (answer.status, answer.body["latitude"]) == (200, kept)


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "image/webp", "image/heic"])
def test_the_four_types_of_photos_are_taken(somebody: Somebody, content_type: str) -> None:
    answer = somebody().with_body(contentType=content_type).calls()
    assert answer.body["uploadFields"]["Content-Type"] == content_type


@pytest.mark.parametrize("id", ["usr_1", "usr_" + "9" * 32, "\0", world.VEHICLE])
def test_a_user_that_is_not_there_is_not_found(somebody: Somebody, id: str) -> None:
    answer = somebody().with_body(userId=id).calls()
    assert answer.refusal == (404, "ERROR_USER_NOT_FOUND")


def test_another_partners_user_is_not_found(somebody: Somebody) -> None:
    answer = somebody().of(world.OTHER_PARTNER).calls()
    assert answer.refusal == (404, "ERROR_USER_NOT_FOUND")


def test_a_user_outside_the_clients_organizations_is_not_permitted(
    somebody: Somebody, root: Organization
) -> None:
    branch = world.organization("org_" + "a" * 32, parent=root)
    outside = somebody().linked_to(branch.id, branch.path).calls()
    assert outside.refusal == (403, "ERROR_NO_PERMISSIONS_TO_RESOURCE")
