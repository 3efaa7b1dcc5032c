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
    """The photos that a check-in names, None where the handle leads nowhere."""

    license: Photo | None
    odometer: Photo | None

    def uploaded(self) -> Self:
        """The photos, each with its version if it is there and was not rejected.

        Asks S3 only about those that are not inspected yet. Raises LicensePhotoRequired and
        OdometerPhotoRequired; an unknown photo is left to the rules that come later.
        """
        return replace(
            self,
            license=self.license and _uploaded(self.license, LicensePhotoRequired),
            odometer=self.odometer and _uploaded(self.odometer, OdometerPhotoRequired),
        )

    def ensure_free_for(self, user_id: str) -> None:
        """Raises PhotoNotOwnedByUser unless both are the user's, and used by no check-in."""
        for photo in (self.license, self.odometer):
            if photo is None or photo.user_id != user_id:
                raise PhotoNotOwnedByUser
            if photo.used_by is not None:
                raise PhotoNotOwnedByUser("A photo was used by another check-in")
        if self.license == self.odometer:
            raise PhotoNotOwnedByUser("One photo cannot show both the license and the odometer")

    def as_fields(self) -> dict[str, Any]:
        """The fields of a check-in that name the photos, and say where they were taken."""
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
