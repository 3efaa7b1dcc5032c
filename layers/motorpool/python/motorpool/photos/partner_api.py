"""The partner API's requests and answers about photos."""

from typing import Annotated, Literal, Self

from pydantic import Field

from motorpool.api.schemas import NOT_STORED, Id, PartnerModel, ShortText
from motorpool.photos.model import (
    MAX_BYTES,
    RENDITIONS,
    UNUSED_KEPT_DAYS,
    Asserted,
    ContentType,
    Degrees,
    Moment,
    Photo,
    PhotoStatus,
    RenditionSize,
    iso_utc,
)


def _limits(size: RenditionSize) -> str:
    side, most_bytes = RENDITIONS[size]
    return f"{side:,} pixels and {most_bytes // 1000} kB"


class PhotoMetadata(PartnerModel):
    """What the caller states about a photo; what the file contains takes precedence."""

    name: ShortText | None = Field(None, description="Name of the file.", examples=["odometer.jpg"])
    taken_on: Moment | None = Field(
        None,
        description="When the photo was taken (ISO 8601 with a time zone).",
        examples=["2026-11-21T09:29:41.000Z"],
    )
    latitude: Degrees | None = Field(
        None,
        ge=-90,
        le=90,
        description="Latitude at which the photo was taken, in decimal degrees. Used when the file "
        "has no position.",
        examples=[37.7793],
    )
    longitude: Degrees | None = Field(
        None,
        ge=-180,
        le=180,
        description="Longitude at which the photo was taken, in decimal degrees. Used when the "
        "file has no position.",
        examples=[-122.4193],
    )
    device_identifier: ShortText | None = Field(
        None, description="Id of the device that took the photo.", examples=["d1f7c0a2"]
    )
    device_manufacturer: ShortText | None = Field(
        None, description="Manufacturer of the device.", examples=["Google"]
    )
    device_model: ShortText | None = Field(
        None, description="Model of the device.", examples=["Pixel 9"]
    )
    device_os: ShortText | None = Field(
        None,
        alias="deviceOS",
        description="Operating system of the device.",
        examples=["Android 16"],
    )


class RequestPhotoUpload(PhotoMetadata):
    """The photo to upload."""

    user_id: Id = Field(
        description="Id of the user to whom the photo belongs.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    content_type: ContentType = Field(
        description="Type of the file. The upload is refused when it is sent as another type, and "
        "rejected when the file is of another.",
        examples=["image/jpeg"],
    )

    def asserted(self) -> Asserted:
        """What the caller states about the photo, by the names of `Photo`'s fields."""
        return Asserted(
            name=self.name,
            asserted_taken_on=iso_utc(self.taken_on) if self.taken_on else None,
            asserted_latitude=self.latitude,
            asserted_longitude=self.longitude,
            device_identifier=self.device_identifier,
            device_manufacturer=self.device_manufacturer,
            device_model=self.device_model,
            device_os=self.device_os,
        )


class PhotoFormAnswer(PartnerModel):
    """A photo, and the form to upload its file with."""

    photo_id: str = Field(
        description="Id of the photo.", examples=["pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"]
    )
    photo_url: str = Field(
        description="URL of the photo, to use in check-ins and to look at it. A photo that no "
        f"check-in uses within {UNUSED_KEPT_DAYS} days is deleted.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )
    upload_url: Annotated[str, NOT_STORED] = Field(
        description="URL to which the form is sent, as a `multipart/form-data` POST.",
        examples=["https://photos.s3.amazonaws.com/"],
    )
    upload_fields: Annotated[dict[str, str], NOT_STORED] = Field(
        description="Form fields to send unchanged, before the field `file` with the file.",
        examples=[{"key": "photos/pho_019aa8f5", "policy": "…"}],
    )
    expires_at: Annotated[str, NOT_STORED] = Field(
        description="When the form expires (ISO 8601, UTC): 5 minutes after this answer. "
        "`POST /photo/{photoId}/form` gives a new one.",
        examples=["2026-11-21T09:35:00.000Z"],
    )
    max_bytes: int = Field(
        description="Size of the largest file that the form takes, in bytes.", examples=[MAX_BYTES]
    )


class PhotoUploadAnswer(PhotoFormAnswer, RequestPhotoUpload):
    """The photo with what was stated about it, and the form to upload its file with."""


class PhotoQuery(PartnerModel):
    """Which picture of a photo to get."""

    size: Literal["thumbnail", "standard", "large", "original"] = Field(
        "standard",
        description="The longer side of the picture: `standard` at most "
        f"{_limits('standard')}, `large` at most {_limits('large')}, `thumbnail` at most "
        f"{_limits('thumbnail')}. `original`: the file as it was uploaded, as a download, for "
        "clients with the scope `checkins.review`.",
    )


class PhotoStatusAnswer(PartnerModel):
    """The status of a photo, and what its file contains.

    `contentType` is as announced; what comes after it is null until the file is inspected.
    """

    photo_url: str = Field(
        description="URL of the photo.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )
    photo_status: PhotoStatus = Field(
        description="`AwaitingUpload`: no file was inspected yet; `Ready`: the file is a photo; "
        "`Rejected`: it is not, and the photo cannot be used.",
        examples=["Ready"],
    )
    rejected_because: str | None = Field(
        description="Why the file was rejected, as a sentence; null unless it was.",
        examples=[None],
    )
    content_type: ContentType = Field(
        description="Type of the file, as announced.", examples=["image/jpeg"]
    )
    bytes: int | None = Field(description="Size of the file in bytes.", examples=[2481034])
    width: int | None = Field(
        description="Width of the upright picture in pixels.", examples=[3024]
    )
    height: int | None = Field(
        description="Height of the upright picture in pixels.", examples=[4032]
    )
    sha256: str | None = Field(
        description="SHA-256 of the file: 64 hexadecimal digits.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )
    latitude: float | None = Field(
        description="Latitude in the file's metadata, in decimal degrees; null when it has none.",
        examples=[37.7793],
    )
    longitude: float | None = Field(
        description="Longitude in the file's metadata, in decimal degrees; null when it has none.",
        examples=[-122.4193],
    )
    taken_on: str | None = Field(
        description="When the photo was taken, by the file's metadata (ISO 8601, UTC); null when "
        "it has no time with a time zone.",
        examples=["2026-11-21T09:29:41.000Z"],
    )

    @classmethod
    def of(cls, photo: Photo, photo_url: str) -> Self:
        """The photo as the partner API shows it."""
        return cls(
            photo_url=photo_url,
            photo_status=photo.photo_status,
            rejected_because=photo.rejected_because,
            content_type=photo.content_type,
            bytes=photo.size,
            width=photo.width,
            height=photo.height,
            sha256=photo.sha256,
            latitude=photo.latitude,
            longitude=photo.longitude,
            taken_on=photo.taken_on,
        )
