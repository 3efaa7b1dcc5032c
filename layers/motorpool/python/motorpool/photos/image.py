"""The inspection of a photo file: what it contains, or why it is rejected.

The bytes are not trusted. The type is read from the first bytes, never from a name; the structure
is followed to its end; limits are checked on the header; then the picture is decoded completely.
The decoders decide what is damaged: a JPEG whose pixels were overwritten still decodes, as it does
in every viewer.

Peak resident memory of the process (33 MB of it before the file) and seconds on one core of a
2.8 GHz Xeon, for files at the limits (15 MB, 50 megapixels), measured by
`python -m pytest tests/unit/test_images.py -m slow -s` with Pillow 13.0.0 and pillow-heif 1.8.1:

    JPEG                       78 MB  0.3 s      WebP                       824 MB  2.2 s
    JPEG, progressive         342 MB  1.0 s      HEIC, sideways             397 MB  2.6 s
    the same in four inks     440 MB  1.8 s      HEIC 4:4:4, transparent    622 MB  2.9 s
    PNG, transparent          250 MB  1.9 s      the same with 10 bits      998 MB  4.4 s

Other growth is limited too: texts and profiles in a PNG by Pillow (1 MB each, 64 MB together),
a HEIC with more pixels than its header says by libheif, and parts, scans and frames here.
"""

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pillow_heif
from PIL import Image, ImageFile
from PIL.ExifTags import GPS, IFD, Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from motorpool.clock import iso

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_FRAMES = 50  # only the first is inspected
# Encoders write about ten scans. Each is a pass over all pixels and can be as small as 97 bytes.
MAX_SCANS = 50
MAX_PARTS = 20_000  # segments, chunks or boxes; 15 MB in chunks of 4 KB are 3,840
MAX_ATTACHMENTS = 20  # pictures and videos after a JPEG; phones write up to three

THUMBNAIL_SIDE = 512
STRIP_PIXELS = 1_000_000

JPEG, PNG, WEBP, HEIC = "image/jpeg", "image/png", "image/webp", "image/heic"

# Only the reader of the format that the first bytes show ever reads a file.
READERS: Mapping[str, type[ImageFile.ImageFile]] = {
    JPEG: JpegImageFile,
    PNG: PngImageFile,
    WEBP: WebPImageFile,
    HEIC: pillow_heif.HeifImageFile,
}
# Decode only the picture itself, on the one core that a function has.
pillow_heif.options.THUMBNAILS = False
pillow_heif.options.DEPTH_IMAGES = False
pillow_heif.options.AUX_IMAGES = False
pillow_heif.options.DECODE_THREADS = 1

HEVC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"})
BEGINNINGS = (
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), WEBP),
    (re.compile(rb"GIF8"), "a GIF"),
    (re.compile(rb"II\*\0|MM\0\*"), "a TIFF or raw photo"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "an AVIF"),
    (re.compile(rb"....ftyp", re.DOTALL), "a video, or a picture without HEVC"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"PK"), "a ZIP archive"),
    (re.compile(rb"\s*<"), "a web page or XML"),
    (re.compile(rb"[\t\r\n -~]{16}|[\t\r\n -~]+\Z"), "text"),
    (re.compile(rb"BM"), "a BMP"),
)

# Signatures of other formats, which must not be anywhere in the file. Compressed pixels contain one
# by chance in about one of 80,000 files of 15 MB.
FOREIGN = (
    ("a ZIP archive", re.compile(rb"PK\x03\x04[\x0a-\x3f]\0|PK\x05\x06\0\0\0\0")),
    ("a RAR archive", re.compile(rb"Rar!\x1a\x07[\0\x01]")),
    ("a 7z archive", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("a PDF", re.compile(rb"%PDF-[12]\.[0-9]")),
    ("a program", re.compile(rb"\x7fELF[\x01\x02][\x01\x02]\x01")),
    ("a program", re.compile(rb"This program (?:cannot|must) be run ")),
    (
        "a web page or script",
        re.compile(
            rb"<(?:!doctype\s+html|(?:html|script|iframe|object)[\s>]|\?php\s|svg\s[^<]{0,400}xmlns)",
            re.IGNORECASE,
        ),
    ),
)

# The markers of segments and of the end, without those that can be inside pixel data.
JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
BOX_KIND = re.compile(rb"[A-Za-z0-9 ]{4}")
PADDING = re.compile(rb"(?:[\0\s]|\xff(?!\xd8))*+")
# The ends of Samsung, Vivo and OnePlus phones' trailers (ExifTool: Samsung.pm, Trailer.pm).
PHONE_TRAILER = re.compile(
    rb"(?:\0\0(?:SEFT|QDIOBS)|\xff{4}\x1b\*9HWfu\x84\x93\xa2\xb1|jxrs...\0)\Z", re.DOTALL
)

DAMAGED = "The picture cannot be decoded: the file is damaged or incomplete."
CUT_SHORT = "The file is incomplete: it ends before the picture does."
GOES_ON = "The file has data after the end of the picture that does not belong to a photo."
TOO_LARGE = f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels."
TOO_MANY_PARTS = "The file has too many parts to be a photo."

# How to turn EXIF orientations 2 to 8 upright (CIPA DC-008, Orientation).
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = frozenset({5, 6, 7, 8})

EXIF_TIME = re.compile(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", re.ASCII)
EXIF_DATE = re.compile(r"\d{4}:\d\d:\d\d", re.ASCII)
UTC_OFFSET = re.compile(r"[+-]\d\d:\d\d|Z", re.ASCII)
DIGITS = re.compile(r"\d{1,6}", re.ASCII)

type Tags = Mapping[int, Any]


class Rejected(Exception):
    """The file is not an accepted photo; `because` is a sentence for the partner."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The content of a photo file.

    content_type: image/jpeg, image/png, image/webp or image/heic.
    width, height: pixels of the upright picture.
    sha256: of the file, 64 hexadecimal digits.
    perceptual_hash: 64-bit difference hash of the upright picture, 16 hexadecimal digits; pictures
        that look the same differ in few bits.
    orientation: from the EXIF, 1 to 8; 1 when there is none. Applied to all the fields above.
    latitude, longitude: decimal degrees (WGS 84), both or neither.
    taken_on: ISO 8601 in UTC with milliseconds; None when the file has no time with a zone.
    thumbnail: JPEG with at most 512 pixels on its longer side, upright, on white, no metadata.
    """

    content_type: str
    width: int
    height: int
    sha256: str
    perceptual_hash: str
    orientation: int
    latitude: float | None
    longitude: float | None
    taken_on: str | None
    thumbnail: bytes


def inspect(data: bytes, declared: str) -> Inspection:
    """Inspect an uploaded file that was announced as the content type `declared`.

    Raises Rejected when the file is empty, too large, of another type than declared, of a type that
    is not accepted, incomplete or damaged, has too many pixels, or contains more than a picture
    (see `_reject_trailing_data`). Exceptions of the libraries become Rejected too, except
    MemoryError, which says nothing about the file.
    """
    if not data:
        raise Rejected("The file is empty.")
    if len(data) > MAX_BYTES:
        raise Rejected(f"The file has {len(data):,} bytes; at most {MAX_BYTES:,} are accepted.")
    found = _kind(data)
    if found not in READERS:
        raise Rejected(f"The file is {found}, not a JPEG, PNG, WebP or HEIC picture.")
    if found != declared:
        raise Rejected(f"The file is {found}, but was declared as {declared}.")
    for what, signature in FOREIGN:
        if signature.search(data):
            raise Rejected(f"The file contains {what} besides the picture.")
    try:
        with warnings.catch_warnings(action="ignore"):
            _reject_trailing_data(data, STRUCTURES[found](data, 0), found)
            return _look(data, found)
    except (Rejected, MemoryError):
        raise
    except Image.DecompressionBombError as error:  # the WebP reader's own limit, above ours
        raise Rejected(TOO_LARGE) from error
    except Exception as error:
        raise Rejected(DAMAGED) from error


def _kind(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        length = min(int.from_bytes(data[:4]), 256)
        brands = {data[at : at + 4] for at in (8, *range(16, length, 4))}
        if not brands.isdisjoint(HEVC_BRANDS):
            return HEIC
    return next((kind for begins, kind in BEGINNINGS if begins.match(data)), "of an unknown type")


def _end_of_jpeg(data: bytes, start: int) -> int:
    at, scans = start + 2, 0
    for _ in range(MAX_PARTS):
        marker = JPEG_MARKER.search(data, at)
        if not marker:
            raise Rejected(CUT_SHORT)
        code, at = marker[1][0], marker.end()
        if code == END_OF_IMAGE:
            return at
        scans += code == START_OF_SCAN
        if scans > MAX_SCANS:
            break
        at += int.from_bytes(data[at : at + 2])
    raise Rejected(TOO_MANY_PARTS)


def _end_of_png(data: bytes, start: int) -> int:
    at = start + 8
    for _ in range(MAX_PARTS):
        kind = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4])
        if at > len(data):
            raise Rejected(CUT_SHORT)
        if kind == b"IEND":
            return at
    raise Rejected(TOO_MANY_PARTS)


def _end_of_webp(data: bytes, start: int) -> int:
    end = start + 8 + int.from_bytes(data[start + 4 : start + 8], "little")
    if end > len(data):
        raise Rejected(CUT_SHORT)
    return end


def _end_of_boxes(data: bytes, start: int) -> int:
    """The offset of the end of a HEIC's or MP4's boxes (ISO/IEC 14496-12)."""
    at = start
    for _ in range(MAX_PARTS):
        if not BOX_KIND.fullmatch(data, at + 4, at + 8):
            return at
        size = int.from_bytes(data[at : at + 4])
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        elif size == 0:
            size = len(data) - at
        if size < 8:
            raise Rejected(DAMAGED)
        at += size
        if at > len(data):
            raise Rejected(CUT_SHORT)
    raise Rejected(TOO_MANY_PARTS)


STRUCTURES: Mapping[str, Callable[[bytes, int], int]] = {
    JPEG: _end_of_jpeg,
    PNG: _end_of_png,
    WEBP: _end_of_webp,
    HEIC: _end_of_boxes,
}


def _reject_trailing_data(data: bytes, end: int, kind: str) -> None:
    """Raise Rejected when the picture is followed by data that is not known to be harmless.

    Padding is harmless. After a JPEG, so are further JPEGs (multi-picture format, gain maps), an
    MP4 (motion photos) and the documented trailers of phones. Other trailers are rejected: the app
    gets the reason and can re-encode the picture.
    """
    if kind == JPEG and PHONE_TRAILER.search(data[max(end, len(data) - 16) :]):
        return
    for _ in range(MAX_ATTACHMENTS):
        padded = PADDING.match(data, end)
        after = padded.end() if padded else end
        # A box begins with its size, whose zero bytes look like padding.
        video = data.find(b"ftyp", end + 4, after + 8)
        if kind == JPEG and video >= 0:
            end = _end_of_boxes(data, video - 4)
        elif kind == JPEG and data.startswith(b"\xff\xd8\xff", after):
            end = _end_of_jpeg(data, after)
        elif after == len(data):
            return
        else:
            break
    raise Rejected(GOES_ON)


def _look(data: bytes, kind: str) -> Inspection:
    image = READERS[kind](io.BytesIO(data))  # reads the header only
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Rejected(TOO_LARGE)
    if (frames := getattr(image, "n_frames", 1)) > MAX_FRAMES:
        raise Rejected(f"The file has {frames:,} frames; at most {MAX_FRAMES} are accepted.")
    if kind == JPEG:
        # All coefficients are still read; only the inverse transform runs at a reduced scale.
        image.draft(None, (2 * THUMBNAIL_SIDE, 2 * THUMBNAIL_SIDE))
    image.load()
    thumbnail = _thumbnail(image)

    main, shot, gps = _exif(image)
    if kind == HEIC:
        # libheif has applied the file's own transformation, which the EXIF repeats.
        width, height = image.size
        orientation = _orientation(image.info.get("original_orientation"))
    else:
        orientation = _orientation(main.get(Base.Orientation))
        if orientation in SIDEWAYS:
            width, height = height, width
        if orientation in UPRIGHT:
            thumbnail = thumbnail.transpose(UPRIGHT[orientation])
    latitude, longitude = _position(gps)
    return Inspection(
        content_type=kind,
        width=width,
        height=height,
        sha256=hashlib.sha256(data).hexdigest(),
        perceptual_hash=_difference_hash(thumbnail),
        orientation=orientation,
        latitude=latitude,
        longitude=longitude,
        taken_on=_shutter_time(shot) or _satellite_time(gps),
        thumbnail=_as_jpeg(thumbnail),
    )


def _thumbnail(image: Image.Image) -> Image.Image:
    """The picture scaled down, in RGB on white, before the orientation is applied.

    Converted in strips, because converting the whole picture would double its memory.
    """
    width, height = image.size
    factor = max(1, max(width, height) // (2 * THUMBNAIL_SIDE))
    rows = max(1, STRIP_PIXELS // width // factor) * factor
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = _on_white(image.crop((0, top, width, min(top + rows, height))))
        small.paste(strip.reduce(factor), (0, top // factor))
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return small


def _on_white(strip: Image.Image) -> Image.Image:
    if strip.mode == "I;16":
        strip = strip.point(lambda grey: grey / 256).convert("L")  # convert() alone clips at 255
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    strip = strip.convert("RGBA")
    white = Image.new("RGB", strip.size, "white")
    white.paste(strip, mask=strip.getchannel("A"))
    return white


def _as_jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()


def _difference_hash(image: Image.Image) -> str:
    """A 64-bit hash: whether each of 9 × 8 grey values is darker than its right neighbour."""
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for at in range(72):
        if at % 9 < 8:
            bits = bits << 1 | (grey[at] < grey[at + 1])
    return f"{bits:016x}"


def _exif(image: Image.Image) -> tuple[Tags, Tags, Tags]:
    """The EXIF's main, shot and GPS tags; empty when it is damaged: no reason to reject."""
    try:
        exif = image.getexif()
        return dict(exif), exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    except MemoryError:
        raise
    except Exception:
        return {}, {}, {}


def _orientation(said: Any) -> int:
    return said if isinstance(said, int) and 1 <= said <= 8 else 1


def _position(gps: Tags) -> tuple[float, float] | tuple[None, None]:
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


def _shutter_time(shot: Tags) -> str | None:
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


def _satellite_time(gps: Tags) -> str | None:
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
