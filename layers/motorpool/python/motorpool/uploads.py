"""Photos in S3: the form that a phone uploads with, the links to look at them, the bytes."""

import os
from dataclasses import replace

from motorpool.aws.connection import Unreachable
from motorpool.aws.s3 import S3, Form
from motorpool.aws.service import AwsError
from motorpool.checkins import PhotoPair
from motorpool.errors import (
    LicensePhotoRequired,
    MotorpoolError,
    OdometerPhotoRequired,
    Unavailable,
)
from motorpool.photos import MAX_BYTES, UPLOAD_SECONDS, VIEW_SECONDS, Photo

STORE = S3(timeout=5.0)


def form(photo: Photo) -> Form:
    """A presigned POST: this key, this type, 1 byte to 15 MB, 5 minutes.

    A POST and not a PUT, because only a POST's policy can bound the size.
    """
    return STORE.form(
        _bucket(), photo.key, photo.content_type, most_bytes=MAX_BYTES, seconds=UPLOAD_SECONDS
    )


def view_url(photo: Photo, *, thumbnail: bool) -> str:
    """A link for 60 seconds to the file (the version that was inspected), or its thumbnail."""
    key, version = (photo.thumbnail_key, None) if thumbnail else (photo.key, photo.version_id)
    return STORE.link(_bucket(), key, version_id=version, seconds=VIEW_SECONDS)


def uploaded_version(photo: Photo) -> str | None:
    """The version of the file that is there now, None when it was never uploaded.

    S3 says 403 for what is not there to those who may not list the bucket. Raises Unavailable.
    """
    try:
        return STORE.head(_bucket(), photo.key).headers["x-amz-version-id"]
    except AwsError as error:
        if error.status in (403, 404):
            return None
        raise Unavailable from error
    except Unreachable as fault:
        raise Unavailable from fault


def uploaded(photos: PhotoPair) -> PhotoPair:
    """The photos of a check-in, each with its version if it is there and was not rejected.

    Asks S3 only about those that are not inspected yet. Raises LicensePhotoRequired and
    OdometerPhotoRequired; a photo that is unknown is left to the rules that come later.
    """
    return PhotoPair(
        photos.license and _uploaded(photos.license, LicensePhotoRequired),
        photos.odometer and _uploaded(photos.odometer, OdometerPhotoRequired),
    )


def _uploaded(photo: Photo, missing: type[MotorpoolError]) -> Photo:
    if photo.photo_status == "Rejected":
        raise missing(f"{missing.message}; this one was rejected: {photo.rejected_because}")
    if photo.version_id:
        return photo
    version_id = uploaded_version(photo)
    if version_id is None:
        raise missing(f"{missing.message}; this one was never uploaded")
    return replace(photo, version_id=version_id)


def file_of(photo: Photo, version_id: str) -> bytes:
    """The bytes of a version of the file, at most 15 MB as the form saw to."""
    return STORE.get(_bucket(), photo.key, version_id=version_id).body


def keep_thumbnail(photo: Photo, jpeg: bytes) -> None:
    """Store the thumbnail beside the photo; again is the same."""
    STORE.put(_bucket(), photo.thumbnail_key, jpeg, "image/jpeg")


def _bucket() -> str:
    return os.environ["PHOTO_BUCKET"]
