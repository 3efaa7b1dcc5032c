"""Pictures as phones take them, drawn here: with a position and a time in their EXIF."""

import io
import random

import pillow_heif
from PIL import ExifTags, Image, ImageDraw

# San Francisco, in degrees, minutes and seconds; as degrees with 7 decimals.
GPS = {1: "N", 2: (37.0, 46.0, 45.5), 3: "W", 4: (122.0, 25.0, 9.5)}
LATITUDE, LONGITUDE = 37.7793056, -122.4193056

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/webp": "WEBP",
    "image/heic": "HEIF",
}

pillow_heif.register_heif_opener()


def picture(
    content_type: str = "image/jpeg",
    *,
    size: tuple[int, int] = (64, 48),
    text: str = "",
    orientation: int | None = None,
    position: bool = True,
) -> bytes:
    """A picture of that kind, of one color that is drawn by lot. `size` in pixels."""
    color = tuple(random.randrange(256) for _ in range(3))
    image = Image.new("RGB", size, color)
    if text:
        ImageDraw.Draw(image).text((size[0] // 10, size[1] // 3), text, font_size=size[1] // 7)
    exif = Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    if position:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    exif.get_ifd(ExifTags.IFD.Exif).update({36867: "2026:11:21 09:29:41", 36881: "-08:00"})
    buffer = io.BytesIO()
    image.save(buffer, FORMATS[content_type], exif=exif.tobytes())
    return buffer.getvalue()
