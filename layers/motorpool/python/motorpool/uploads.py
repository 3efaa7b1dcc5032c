"""Photos in S3: the form that a phone uploads with, the links to look at them, the bytes."""

import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from motorpool.checkins import PhotoPair
from motorpool.errors import (
    LicensePhotoRequired,
    MotorpoolError,
    OdometerPhotoRequired,
    Unavailable,
)
from motorpool.photos import MAX_BYTES, UPLOAD_SECONDS, VIEW_SECONDS, Photo

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def form(photo: Photo) -> tuple[str, dict[str, str]]:
    """The URL and fields of a presigned POST: this key, this type, 1 byte to 15 MB, 5 minutes.

    A POST and not a PUT, because only a POST's policy can bound the size.
    """
    presigned = client().generate_presigned_post(
        Bucket=_bucket(),
        Key=photo.key,
        Fields={"Content-Type": photo.content_type},
        Conditions=[
            {"Content-Type": photo.content_type},
            ["content-length-range", 1, MAX_BYTES],
        ],
        ExpiresIn=UPLOAD_SECONDS,
    )
    return presigned["url"], presigned["fields"]


def view_url(photo: Photo, *, thumbnail: bool) -> str:
    """A link for 60 seconds to the file (the version that was inspected), or its thumbnail."""
    request: dict[str, str] = {"Bucket": _bucket(), "Key": photo.key}
    if thumbnail:
        request["Key"] = photo.thumbnail_key
    elif photo.version_id:
        request["VersionId"] = photo.version_id
    return client().generate_presigned_url("get_object", Params=request, ExpiresIn=VIEW_SECONDS)


def uploaded_version(photo: Photo) -> str | None:
    """The version of the file that is there now, None when it was never uploaded.

    S3 says 403 for what is not there to those who may not list the bucket. Raises Unavailable.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return client().head_object(Bucket=_bucket(), Key=photo.key)["VersionId"]
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in (403, 404):
            return None
        raise Unavailable from error
    except BotoCoreError as error:
        raise Unavailable from error


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
    stored = client().get_object(Bucket=_bucket(), Key=photo.key, VersionId=version_id)
    return stored["Body"].read()


def keep_thumbnail(photo: Photo, jpeg: bytes) -> None:
    """Store the thumbnail beside the photo; again is the same."""
    client().put_object(
        Bucket=_bucket(), Key=photo.thumbnail_key, Body=jpeg, ContentType="image/jpeg"
    )


def _bucket() -> str:
    return os.environ["PHOTO_BUCKET"]


@cache
def client() -> "S3Client":
    """The S3 client, made on first use."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        config=Config(
            signature_version="s3v4",
            connect_timeout=1,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 3},
        ),
    )
