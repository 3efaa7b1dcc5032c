"""Photos over the wire: the requests and answers of the partner API."""

from typing import Annotated, Literal, Self

from pydantic import Field

from motorpool.api.schemas import NOT_KEPT, Id, PartnerModel, ShortText
from motorpool.photos.model import (
    MAX_BYTES,
    Asserted,
    ContentType,
    Degrees,
    Moment,
    Photo,
    PhotoStatus,
    as_times_are_written,
)


class PhotoMetadata(PartnerModel):
    """What a caller says of a photo; kept beside what the file says, and believed less."""

    name: ShortText | None = Field(None, examples=["odometer.jpg"])
    taken_on: Moment | None = Field(None, examples=["2026-11-21T09:29:41.000Z"])
    latitude: Degrees | None = Field(None, ge=-90, le=90, examples=[37.7793])
    longitude: Degrees | None = Field(None, ge=-180, le=180, examples=[-122.4193])
    device_identifier: ShortText | None = Field(None, examples=["d1f7c0a2"])
    device_manufacturer: ShortText | None = Field(None, examples=["Google"])
    device_model: ShortText | None = Field(None, examples=["Pixel 9"])
    device_os: ShortText | None = Field(None, alias="deviceOS", examples=["Android 16"])


class RequestPhotoUpload(PhotoMetadata):
    """A photo about to be uploaded."""

    user_id: Id = Field(
        description="Id of the user whose photo it is.",
        examples=["usr_019aa8f3c5d07b1e4f6a2c9d8e7f0a1b"],
    )
    content_type: ContentType = Field(examples=["image/jpeg"])

    def asserted(self) -> Asserted:
        """What the caller says of the photo, by the names of the photo's fields."""
        return Asserted(
            name=self.name,
            asserted_taken_on=as_times_are_written(self.taken_on) if self.taken_on else None,
            asserted_latitude=self.latitude,
            asserted_longitude=self.longitude,
            device_identifier=self.device_identifier,
            device_manufacturer=self.device_manufacturer,
            device_model=self.device_model,
            device_os=self.device_os,
        )


class PhotoUploadAnswer(RequestPhotoUpload):
    """Where and how to send the file: a form whose fields go before `file`, within 5 minutes."""

    photo_url: str = Field(
        description="The handle of the photo, for check-ins and for looking at it.",
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"],
    )
    upload_url: Annotated[str, NOT_KEPT] = Field(examples=["https://photos.s3.amazonaws.com/"])
    upload_fields: Annotated[dict[str, str], NOT_KEPT] = Field(
        examples=[{"key": "photos/pho_019aa8f5", "policy": "…"}]
    )
    expires_at: Annotated[str, NOT_KEPT] = Field(examples=["2026-11-21T09:35:00.000Z"])
    max_bytes: int = Field(examples=[MAX_BYTES])


class PhotoQuery(PartnerModel):
    """Which rendering of a photo."""

    size: Literal["original", "thumbnail"] = Field(
        "original",
        description="`thumbnail`: at most 512 pixels, upright, without metadata, once inspected.",
    )


class PhotoStatusAnswer(PartnerModel):
    """What became of a photo, and what its file says."""

    photo_url: str = Field(
        examples=["https://api.example.com/api/photo/pho_019aa8f5e7f29d306b8c4e1fa09b2c3d"]
    )
    photo_status: PhotoStatus = Field(examples=["Ready"])
    rejected_because: str | None = Field(examples=[None])
    content_type: ContentType = Field(examples=["image/jpeg"])
    bytes: int | None = Field(examples=[2481034])
    width: int | None = Field(description="Pixels, upright.", examples=[3024])
    height: int | None = Field(description="Pixels, upright.", examples=[4032])
    sha256: str | None = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    latitude: float | None = Field(description="Degrees, from the file.", examples=[37.7793])
    longitude: float | None = Field(description="Degrees, from the file.", examples=[-122.4193])
    taken_on: str | None = Field(examples=["2026-11-21T09:29:41.000Z"])

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
