"""What a photo's EXIF says: orientation, position and time, each only if it is unambiguous.

A damaged EXIF is no reason to reject a photo: it says nothing then.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from motorpool.clock import iso

EXIF_TIME = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", re.ASCII)
EXIF_DATE = re.compile(r"\d{4}:\d\d:\d\d", re.ASCII)
UTC_OFFSET = re.compile(r"[+-]\d\d:\d\d|Z", re.ASCII)
DIGITS = re.compile(r"\d{1,6}", re.ASCII)

type Values = Mapping[int, Any]


class Tags(NamedTuple):
    """The EXIF's tags: of the picture, of the shot, and of the satellites' position."""

    main: Values
    shot: Values
    gps: Values


NONE = Tags({}, {}, {})


def read(image: Image.Image) -> Tags:
    """What the EXIF says; nothing when it is damaged."""
    try:
        exif = image.getexif()
        return Tags(dict(exif), exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo))
    except MemoryError:
        raise
    except Exception:
        return NONE


def orientation(said: Any) -> int:
    """The orientation, 1 to 8; 1 (upright) when the tag has no such value."""
    return said if isinstance(said, int) and 1 <= said <= 8 else 1


def position(gps: Values) -> tuple[float, float] | tuple[None, None]:
    """Latitude and longitude, or neither.

    A number without N or S, E or W is ambiguous, so the position is unknown. So it is at exactly
    0° 0°, which receivers write before they have a fix.
    """
    latitude = _degrees(gps.get(GPS.GPSLatitude), gps.get(GPS.GPSLatitudeRef), ("N", "S"), 90)
    longitude = _degrees(gps.get(GPS.GPSLongitude), gps.get(GPS.GPSLongitudeRef), ("E", "W"), 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None, None
    return latitude, longitude


def _degrees(value: Any, ref: Any, sides: tuple[str, str], most: int) -> float | None:
    side = _text(ref).upper()
    try:
        degrees, minutes, seconds = map(float, value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    total = degrees + minutes / 60 + seconds / 3600
    # Comparisons in this form are false for NaN, which 0/0 becomes.
    if (
        side in sides
        and 0 <= minutes <= 60
        and 0 <= seconds <= 60
        and 0 <= degrees <= total <= most
    ):
        return round(total if side == sides[0] else -total, 7) + 0.0  # never -0.0
    return None


def taken_on(tags: Tags) -> str | None:
    """When the photo was taken: ISO 8601 in UTC with milliseconds; None without a time zone."""
    return _shutter_time(tags.shot) or _satellite_time(tags.gps)


def _shutter_time(shot: Values) -> str | None:
    """DateTimeOriginal with the zone in OffsetTimeOriginal; None without that zone.

    A guessed zone would be wrong by hours.
    """
    time, offset = _text(shot.get(Base.DateTimeOriginal)), _text(shot.get(Base.OffsetTimeOriginal))
    if not (EXIF_TIME.fullmatch(time) and UTC_OFFSET.fullmatch(offset)):
        return None
    fraction = DIGITS.match(_text(shot.get(Base.SubsecTimeOriginal)))
    date, clock = time.replace(":", "-", 2).split(" ")
    try:
        taken = datetime.fromisoformat(f"{date}T{clock}.{fraction[0] if fraction else 0}{offset}")
    except ValueError:
        return None
    return _instant(taken)


def _satellite_time(gps: Values) -> str | None:
    """The GPS date and time in UTC, of the last fix; so the shutter time is preferred."""
    date = _text(gps.get(GPS.GPSDateStamp))
    if not EXIF_DATE.fullmatch(date):
        return None
    try:
        hours, minutes, seconds = map(float, gps.get(GPS.GPSTimeStamp, ()))
        day = datetime.fromisoformat(date.replace(":", "-")).replace(tzinfo=UTC)
        since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return _instant(day + since) if timedelta() <= since <= timedelta(days=1) else None
    except (TypeError, ValueError, ArithmeticError):
        return None


def _instant(moment: datetime) -> str | None:
    try:
        return iso(round(moment.timestamp() * 1000))
    except (ValueError, ArithmeticError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip("\0 ") if isinstance(value, str) else ""
