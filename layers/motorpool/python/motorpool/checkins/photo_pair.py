"""The two photos of a check-in: of the license plate and of the odometer."""

from dataclasses import dataclass, replace
from typing import Any, Self

from motorpool.errors import (
    LicensePhotoRequired,
    MotorpoolError,
    OdometerPhotoRequired,
    PhotoNotOwnedByUser,
)
from motorpool.photos import bucket
from motorpool.photos.model import Photo


@dataclass(frozen=True, slots=True)
class PhotoPair:
    """The photos that a check-in names; None for one that does not exist."""

    license: Photo | None
    odometer: Photo | None

    def uploaded_by(self, user_id: str | None) -> Self:
        """The user's two unused photos, with the S3 versions of their files.

        Asks S3 only about photos that are not inspected yet. Raises PhotoNotOwnedByUser as
        `ensure_free_for`, before anything is told about a photo; then LicensePhotoRequired and
        OdometerPhotoRequired when a file was never uploaded or was rejected.
        """
        self.ensure_free_for(user_id)
        return replace(
            self,
            license=self.license and _uploaded(self.license, LicensePhotoRequired),
            odometer=self.odometer and _uploaded(self.odometer, OdometerPhotoRequired),
        )

    def ensure_free_for(self, user_id: str | None) -> None:
        """Raises PhotoNotOwnedByUser unless they are two unused photos of the user."""
        for photo in (self.license, self.odometer):
            if photo is None or photo.user_id != user_id:
                raise PhotoNotOwnedByUser
            if photo.used_by is not None:
                raise PhotoNotOwnedByUser("A photo was used by another check-in")
        if self.license == self.odometer:
            raise PhotoNotOwnedByUser("The license photo and the odometer photo must be two photos")

    def as_fields(self) -> dict[str, Any]:
        """The photos' ids and positions, by the names of the check-in's fields."""
        fields: dict[str, Any] = {}
        for name, photo in (("license", self.license), ("odometer", self.odometer)):
            if photo is None:
                raise PhotoNotOwnedByUser
            fields |= {
                f"{name}_photo_id": photo.id,
                f"{name}_latitude": photo.seen_latitude,
                f"{name}_longitude": photo.seen_longitude,
            }
        return fields


def _uploaded(photo: Photo, missing: type[MotorpoolError]) -> Photo:
    if photo.photo_status == "Rejected":
        raise missing(f"{missing.message}; this one was rejected: {photo.rejected_because}")
    if photo.version_id:
        return photo
    version_id = bucket.uploaded_version(photo)
    if version_id is None:
        raise missing(f"{missing.message}; this one was never uploaded")
    return replace(photo, version_id=version_id)
