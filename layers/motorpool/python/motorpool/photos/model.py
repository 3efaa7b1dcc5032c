"""Photos: uploaded to S3, inspected, and used by at most one check-in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, Self, TypedDict

from pydantic import AfterValidator, AwareDatetime, PlainSerializer

from motorpool.access.callers import Caller
from motorpool.api.public_url import PublicUrl
from motorpool.clock import DAY_SECONDS, now_ms
from motorpool.dynamodb.items import from_attributes
from motorpool.errors import NoPermission, PhotoIsUploaded, PhotoNotFound
from motorpool.history.model import Entry, Event, shown
from motorpool.ids import new_id
from motorpool.tenants.users import User

if TYPE_CHECKING:
    from motorpool.photos.image import Inspection

RenditionSize = Literal["thumbnail", "standard", "large"]
ContentType = Literal["image/jpeg", "image/png", "image/webp", "image/heic"]
PhotoStatus = Literal["AwaitingUpload", "Ready", "Rejected"]

MAX_BYTES = 15 * 1024 * 1024
UPLOAD_SECONDS = 300
VIEW_SECONDS = 60
# How long after its announcement a check-in can use a photo. One that no check-in uses by then is
# deleted with its files.
UNUSED_KEPT_DAYS = 7


class Limits(NamedTuple):
    """How large a rendition may be: pixels on its longer side, and bytes."""

    side: int
    most_bytes: int


RENDITIONS: Mapping[RenditionSize, Limits] = {
    "thumbnail": Limits(512, 100_000),
    "standard": Limits(1_280, 250_000),
    "large": Limits(2_048, 700_000),
}
# At the inspection. The others are made when somebody first asks for them.
MADE_AT_ONCE: tuple[RenditionSize, ...] = ("standard", "thumbnail")

# 7 decimals are a centimetre; DynamoDB's smallest positive number is 1e-130.
Degrees = Annotated[float, AfterValidator(lambda degrees: round(degrees, 7) + 0.0)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is in no year from 1 to 9999") from None


def iso_utc(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC with milliseconds and `Z`."""
    # Truncated, not rounded: rounding could give the next year.
    written = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return written.removesuffix("+00:00") + "Z"


Moment = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    PlainSerializer(iso_utc, return_type=str, when_used="json-unless-none"),
]

_HANDLE = re.compile(r"https?://[^?#]+/photo/(pho_[0-9a-f]{32})")


def id_in(url: str) -> str | None:
    """The id of the photo with that handle (`photoUrl`); None when the URL is not a handle.

    Any host is accepted, because the API may have several.
    """
    match = _HANDLE.fullmatch(url)
    return match[1] if match else None


def handle(photo_id: str, here: PublicUrl) -> str:
    """The handle (`photoUrl`) of a photo."""
    return f"{here}/photo/{photo_id}"


def object_key(photo_id: str) -> str:
    """The key of a photo's file in the bucket; it cannot be guessed, as the id cannot."""
    return f"photos/{photo_id}"


def renditions_of(photo_id: str, version_id: str = "") -> str:
    """What the keys of a photo's renditions begin with, or of those of one version of its file.

    Version 0.1.0 made thumbnails only. All renditions have this prefix, so that what deletes
    thumbnails, of that version after a rollback too, deletes them all.
    """
    return f"thumbnails/{photo_id}/{version_id}"


def rendition_key(photo_id: str, version_id: str, size: RenditionSize) -> str:
    """The key of a rendition of that version of a photo's file."""
    suffix = "" if size == "thumbnail" else f"-{RENDITIONS[size].side}"
    return f"{renditions_of(photo_id, version_id)}{suffix}.jpg"


def ensure_may_download(caller: Caller) -> None:
    """Raises NoPermission unless the caller may have the file as it was uploaded: a reviewer."""
    if "checkins.review" not in caller.scopes:
        raise NoPermission("The uploaded file is for clients with the scope checkins.review")


class Asserted(TypedDict, total=False):
    """What a caller states about a photo, by the names of `Photo`'s fields."""

    name: str | None
    asserted_taken_on: str | None
    asserted_latitude: float | None
    asserted_longitude: float | None
    device_identifier: str | None
    device_manufacturer: str | None
    device_model: str | None
    device_os: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A photo of a user.

    `asserted_…` is what the caller stated when requesting the upload. `latitude`, `longitude`
    (degrees) and `taken_on` (ISO 8601) are from the file, None before the inspection; `note` is
    about what follows the picture in it. `version_id` is the S3 version that was inspected or used:
    later uploads to the key change nothing. `renditions_made`: whether the inspection made those of
    `MADE_AT_ONCE`; version 0.1.0 made thumbnails only, and did not say so. `used_by` is the
    check-in that uses the photo, which is permanent: it is of the same organization. `expires_at`
    (s) is set until a check-in uses the photo.
    """

    id: str
    partner_id: str
    org_id: str
    org_path: str
    user_id: str
    content_type: ContentType
    photo_status: PhotoStatus = "AwaitingUpload"
    rejected_because: str | None = None
    name: str | None = None
    asserted_taken_on: str | None = None
    asserted_latitude: float | None = None
    asserted_longitude: float | None = None
    device_identifier: str | None = None
    device_manufacturer: str | None = None
    device_model: str | None = None
    device_os: str | None = None
    version_id: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    sha256: str | None = None
    perceptual_hash: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    taken_on: str | None = None
    note: str | None = None
    renditions_made: bool = False
    used_by: str | None = None
    expires_at: int | None = None
    created: int = 0

    @property
    def seen_latitude(self) -> float | None:
        """The latitude in the file, or else the one that the caller stated."""
        return self.latitude if self.latitude is not None else self.asserted_latitude

    @property
    def seen_longitude(self) -> float | None:
        """The longitude in the file, or else the one that the caller stated."""
        return self.longitude if self.longitude is not None else self.asserted_longitude

    @property
    def key(self) -> str:
        """The key of the file in the bucket."""
        return object_key(self.id)

    def rendition_key(self, size: RenditionSize) -> str:
        """The key of a rendition of the inspected version."""
        return rendition_key(self.id, self.version_id or "", size)

    def has(self, size: RenditionSize) -> bool:
        """Whether that rendition certainly is in the bucket; if not, it may be all the same."""
        return self.renditions_made and size in MADE_AT_ONCE

    @property
    def has_expired(self) -> bool:
        """Whether it is as good as deleted: DynamoDB deletes an item up to days after its time."""
        return self.expires_at is not None and self.expires_at <= now_ms() // 1000

    def awaits(self, version_id: str) -> bool:
        """Whether that version of the file is to be inspected."""
        return self.photo_status == "AwaitingUpload" and self.version_id in (None, version_id)

    def keeps(self, version_id: str) -> bool:
        """Whether that version of the file, once it is decided on, is kept."""
        return self.photo_status != "Rejected" and self.version_id == version_id

    def ensure_fit_to_show(self) -> None:
        """Raises PhotoNotFound on a photo that was rejected or is not inspected yet."""
        if self.photo_status == "Rejected":
            raise PhotoNotFound(f"The photo was rejected: {self.rejected_because}")
        if self.photo_status != "Ready":
            raise PhotoNotFound(
                "The photo is being looked at, or its file was not uploaded yet: see its status"
            )

    def ensure_awaits_upload(self, uploaded_version: str | None) -> None:
        """Raises PhotoIsUploaded when a file was uploaded, also when it was rejected since.

        `uploaded_version`: of the file in the bucket, if there is one.
        """
        if uploaded_version or self.version_id or self.photo_status != "AwaitingUpload":
            raise PhotoIsUploaded

    def event(self) -> Event:
        """What the inspection, which was just now, found."""
        return Event(
            type="photo.ready" if self.photo_status == "Ready" else "photo.rejected",
            at=now_ms(),
            partner_id=self.partner_id,
            owner_paths=(self.org_path,),
            thing=shown(
                self,
                "user_id",
                "content_type",
                "rejected_because",
                "size",
                "width",
                "height",
                "sha256",
            ),
            personal=shown(self, "latitude", "longitude", "taken_on"),
        )

    @classmethod
    def as_in(cls, entry: Entry) -> Self:
        """The photo as an entry about it shows it; what no API shows is None."""
        [org_path] = entry.owner_paths
        return from_attributes(
            cls,
            {
                **entry.thing,
                **(entry.personal or {}),
                "id": entry.subject_id,
                "partnerId": entry.partner_id,
                "orgId": org_path.rpartition("/")[2],
                "orgPath": org_path,
                "photoStatus": "Ready" if entry.type == "photo.ready" else "Rejected",
                "created": entry.at,
            },
        )

    def inspected(self, seen: "Inspection", *, size: int, version_id: str) -> Self:
        """The photo as `Ready`, with the content of that version of its file; `size` in bytes."""
        return replace(
            self,
            photo_status="Ready",
            version_id=version_id,
            size=size,
            width=seen.width,
            height=seen.height,
            orientation=seen.orientation,
            sha256=seen.sha256,
            perceptual_hash=seen.perceptual_hash,
            latitude=seen.latitude,
            longitude=seen.longitude,
            taken_on=seen.taken_on,
            note=seen.note,
            renditions_made=True,
        )

    def rejected(self, because: str, *, size: int, version_id: str) -> Self:
        """The photo as `Rejected`, which cannot be used, for that reason."""
        return replace(
            self,
            photo_status="Rejected",
            rejected_because=because,
            version_id=version_id,
            size=size,
        )

    @classmethod
    def create(
        cls, user: User, content_type: ContentType, asserted: Asserted | None = None
    ) -> Self:
        """A new photo that awaits its upload, with what the caller stated about it."""
        now = now_ms()
        return cls(
            id=new_id("pho"),
            partner_id=user.partner_id,
            org_id=user.org_id,
            org_path=user.org_path,
            user_id=user.id,
            content_type=content_type,
            **(asserted or {}),
            expires_at=now // 1000 + UNUSED_KEPT_DAYS * DAY_SECONDS,
            created=now,
        )
