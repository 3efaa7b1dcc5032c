"""Photos in S3: upload forms, view URLs, and the files."""

import os
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError

from motorpool import aws
from motorpool.clock import iso, now_ms
from motorpool.errors import Unavailable
from motorpool.photos.model import (
    MAX_BYTES,
    UPLOAD_SECONDS,
    VIEW_SECONDS,
    ContentType,
    Photo,
    RenditionSize,
    object_key,
    renditions_of,
)
from motorpool.priming import prime


def form(photo_id: str, content_type: ContentType) -> dict[str, Any]:
    """A presigned POST as the answer's fields `upload_url`, `upload_fields` and `expires_at`.

    For 5 minutes it accepts a file of that type with 1 byte to 15 MB. It is not a PUT, because only
    a POST's policy can limit the size.
    """
    expires_at = iso(now_ms() + UPLOAD_SECONDS * 1000)
    presigned = aws.s3().generate_presigned_post(
        Bucket=_bucket(),
        Key=object_key(photo_id),
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, MAX_BYTES]],
        ExpiresIn=UPLOAD_SECONDS,
    )
    return {
        "upload_url": presigned["url"],
        "upload_fields": presigned["fields"],
        "expires_at": expires_at,
    }


def view_url(photo: Photo, size: RenditionSize) -> str:
    """A URL of a rendition of an inspected photo, valid for 60 seconds."""
    return _url(Key=photo.rendition_key(size))


def download_url(photo: Photo) -> str:
    """A URL of an inspected photo's file as it was uploaded, valid for 60 seconds.

    The bytes are not trusted: a browser saves them and never shows them.
    """
    kind = photo.content_type.removeprefix("image/")
    return _url(
        Key=photo.key,
        VersionId=photo.version_id or "",
        ResponseContentDisposition=f'attachment; filename="{photo.id}.{kind}"',
        ResponseContentType="application/octet-stream",
    )


def _url(**request: str) -> str:
    request["Bucket"] = _bucket()
    return aws.s3().generate_presigned_url("get_object", Params=request, ExpiresIn=VIEW_SECONDS)


def is_made(photo: Photo, size: RenditionSize) -> bool:
    """Whether the rendition is in the bucket. Raises Unavailable.

    S3 answers 403 for a missing object to callers who may not list the bucket.
    """
    try:
        aws.s3().head_object(Bucket=_bucket(), Key=photo.rendition_key(size))
    except aws.FAULTS as fault:
        status = aws.status_of(fault) if isinstance(fault, ClientError) else None
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            return False
        raise Unavailable from fault
    return True


def uploaded_version(photo: Photo) -> str | None:
    """The S3 version of the uploaded file; None when it was never uploaded. Raises Unavailable.

    A 403 does not say whether the file is there, so the list of keys decides. S3 answers 404 for a
    missing file to callers who may list the bucket, but AWS does not document which prefix it
    assumes then, and we may list only photos.
    """
    try:
        return aws.s3().head_object(Bucket=_bucket(), Key=photo.key)["VersionId"]
    except aws.FAULTS as fault:
        status = aws.status_of(fault) if isinstance(fault, ClientError) else None
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status == HTTPStatus.FORBIDDEN and not _is_listed(photo.key):
            return None
        raise Unavailable from fault


def _is_listed(key: str) -> bool:
    try:
        found = aws.s3().list_objects_v2(Bucket=_bucket(), Prefix=key, MaxKeys=1)
    except aws.FAULTS as fault:
        raise Unavailable from fault
    return found["KeyCount"] > 0


def file_of(photo: Photo, version_id: str) -> bytes:
    """A version of the file: at most 15 MB, which the form ensures."""
    stored = aws.s3().get_object(Bucket=_bucket(), Key=photo.key, VersionId=version_id)
    return stored["Body"].read()


def remove(photo_id: str, version_id: str) -> None:
    """Delete a version of the file and its renditions for good; repeating it changes nothing."""
    aws.s3().delete_object(Bucket=_bucket(), Key=object_key(photo_id), VersionId=version_id)
    remove_renditions(photo_id, version_id)


def remove_renditions(photo_id: str, version_id: str) -> None:
    """Delete the renditions of a version of the file for good."""
    _remove_below(renditions_of(photo_id, version_id))


def remove_all(photo_id: str) -> None:
    """Delete every version of a photo's file and of its renditions for good."""
    for prefix in (object_key(photo_id), renditions_of(photo_id)):
        _remove_below(prefix)


def _remove_below(prefix: str) -> None:
    pages = aws.s3().get_paginator("list_object_versions")
    for page in pages.paginate(Bucket=_bucket(), Prefix=prefix):
        for found in page.get("Versions", []):
            aws.s3().delete_object(Bucket=_bucket(), Key=found["Key"], VersionId=found["VersionId"])


def keep_rendition(photo: Photo, size: RenditionSize, jpeg: bytes) -> None:
    """Store a rendition of the photo's version; storing it again changes nothing."""
    key = photo.rendition_key(size)
    aws.s3().put_object(Bucket=_bucket(), Key=key, Body=jpeg, ContentType="image/jpeg")


def _bucket() -> str:
    return os.environ["PHOTO_BUCKET"]


# The real bucket name, because botocore caches the endpoint of each bucket.
_ANY = {"Bucket": os.environ.get("PHOTO_BUCKET", "any"), "Key": "any"}
prime(
    aws.s3,
    "PHOTO_BUCKET",
    headers={
        "Content-Length": "0",
        "ETag": '"any"',
        "Last-Modified": "Sat, 21 Nov 2026 09:30:00 GMT",
        "x-amz-version-id": "any",
    },
    head_object=_ANY,
    get_object=_ANY | {"VersionId": "any"},
    put_object=_ANY | {"Body": b"any", "ContentType": "image/jpeg"},
    generate_presigned_post=_ANY | {"Fields": {"any": "any"}, "Conditions": [{"any": "any"}]},
    generate_presigned_url={"ClientMethod": "get_object", "Params": _ANY},
)
