"""The inspection of a photo file: what it contains, or why it is rejected; and its renditions.

The bytes are not trusted. The type is read from the first bytes, never from a name; limits are
checked on the structure and the header; then the picture is decoded completely. The decoders decide
what is damaged: a JPEG whose pixels were overwritten still decodes, as it does in every viewer.
What follows the picture is noted and never decoded. It does no harm whatever it is, because callers
are shown renditions only; a reviewer can download the file, but no browser shows it.

Peak resident memory of the process (33 MB of it before the file) and seconds on one core of a
2.8 GHz Xeon that had other work too, for files at the limits (15 MB, 50 megapixels), measured by
`python -m pytest tests/unit/test_images.py -m slow -s` with Pillow 13.0.0 and pillow-heif 1.8.1:

    JPEG                       82 MB  0.8 s      WebP                       826 MB  2.9 s
    JPEG, progressive         344 MB  2.6 s      HEIC, sideways             401 MB  4.4 s
    the same in four inks     441 MB  2.9 s      HEIC 4:4:4, transparent    624 MB  5.3 s
    PNG, transparent          256 MB  2.7 s      the same with 10 bits     1000 MB  4.3 s

Other growth is limited too: texts and profiles in a PNG by Pillow (1 MB each, 64 MB together),
a HEIC with more pixels than its header says by libheif, and parts, scans and frames here.
"""

import hashlib
import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pillow_heif
from PIL import Image, ImageFile
from PIL.ExifTags import Base
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from motorpool.photos import drawing, exif
from motorpool.photos.model import MADE_AT_ONCE, MAX_BYTES, RENDITIONS, RenditionSize

MAX_PIXELS = 50_000_000
MAX_FRAMES = 50  # only the first is inspected
# Encoders write about ten scans. Each is a pass over all pixels and can be as small as 97 bytes.
MAX_SCANS = 50
MAX_PARTS = 20_000  # segments, chunks or boxes; 15 MB in chunks of 4 KB are 3,840

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

# The markers of segments and of the end, without those that can be inside pixel data.
JPEG_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
BOX_KIND = re.compile(rb"[A-Za-z0-9 ]{4}")

DAMAGED = "The picture cannot be decoded: the file is damaged or incomplete."
CUT_SHORT = "The file is incomplete: it ends before the picture does."
TOO_LARGE = f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels."
TOO_MANY_PARTS = "The file has too many parts to be a photo."


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
    note: what follows the picture in the file; None when nothing does.
    renditions: the JPEGs of the sizes that are made at the inspection.
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
    note: str | None
    renditions: Mapping[RenditionSize, bytes]


def inspect(data: bytes, declared: str) -> Inspection:
    """Inspect an uploaded file that was announced as the content type `declared`.

    Raises Rejected when the file is empty, too large, of another type than declared, of a type that
    is not accepted, incomplete or damaged, or has too many pixels, frames or parts. Exceptions of
    the libraries become Rejected too, except MemoryError, which says nothing about the file.
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
    with _faults_as_rejections():
        return _look(data, found, END_OF[found](data))


def render(data: bytes, content_type: str, size: RenditionSize) -> bytes:
    """A rendition of a file that was inspected as that content type. Raises Rejected as `inspect`.

    It is what the inspection would make of the file, so making it again changes nothing.
    """
    limits = RENDITIONS[size]
    with _faults_as_rejections():
        image = _opened(data[: END_OF[content_type](data)], content_type)
        return drawing.as_jpeg(_shrunk(image, content_type, limits.side), limits)


@contextmanager
def _faults_as_rejections() -> Iterator[None]:
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
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


def _end_of_jpeg(data: bytes) -> int:
    at, scans = 2, 0
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


def _end_of_png(data: bytes) -> int:
    at = 8
    for _ in range(MAX_PARTS):
        kind = data[at + 4 : at + 8]
        at += 12 + int.from_bytes(data[at : at + 4])
        if at > len(data):
            raise Rejected(CUT_SHORT)
        if kind == b"IEND":
            return at
    raise Rejected(TOO_MANY_PARTS)


def _end_of_webp(data: bytes) -> int:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise Rejected(CUT_SHORT)
    return end


def _end_of_heic(data: bytes) -> int:
    """Where whole boxes end (ISO/IEC 14496-12), or a second file begins, such as a video.

    A box that the file cuts short is left out. If it belongs to the picture, decoding fails.
    """
    at = 0
    for _ in range(MAX_PARTS):
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        elif size == 0:
            size = len(data) - at
        is_box = BOX_KIND.fullmatch(kind) and 8 <= size <= len(data) - at
        if not is_box or (kind == b"ftyp" and at > 0):
            return at
        at += size
    raise Rejected(TOO_MANY_PARTS)


END_OF: Mapping[str, Callable[[bytes], int]] = {
    JPEG: _end_of_jpeg,
    PNG: _end_of_png,
    WEBP: _end_of_webp,
    HEIC: _end_of_heic,
}


def _look(data: bytes, kind: str, end: int) -> Inspection:
    image = _opened(data[:end], kind)
    width, height = image.size
    small = _shrunk(image, kind, RENDITIONS["standard"].side)
    tags = exif.read(image)
    orientation = _orientation(image, kind, tags)
    if kind == HEIC:
        width, height = image.size
    elif orientation in drawing.SIDEWAYS:
        width, height = height, width
    latitude, longitude = exif.position(tags.gps)
    return Inspection(
        content_type=kind,
        width=width,
        height=height,
        sha256=hashlib.sha256(data).hexdigest(),
        perceptual_hash=drawing.difference_hash(small),
        orientation=orientation,
        latitude=latitude,
        longitude=longitude,
        taken_on=exif.taken_on(tags),
        note=_note(data[end : end + 8], len(data) - end),
        renditions={size: drawing.as_jpeg(small, RENDITIONS[size]) for size in MADE_AT_ONCE},
    )


def _opened(data: bytes, kind: str) -> ImageFile.ImageFile:
    """The picture with its header read. Raises Rejected when the header is over a limit."""
    image = READERS[kind](io.BytesIO(data))
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Rejected(TOO_LARGE)
    if (frames := getattr(image, "n_frames", 1)) > MAX_FRAMES:
        raise Rejected(f"The file has {frames:,} frames; at most {MAX_FRAMES} are accepted.")
    return image


def _shrunk(image: ImageFile.ImageFile, kind: str, side: int) -> Image.Image:
    """The picture, decoded completely, upright and shrunk to `side`."""
    if kind == JPEG:
        # All coefficients are still read; only the inverse transform runs at a reduced scale.
        image.draft(None, (side, side))
    image.load()
    small = drawing.shrunk(image, side)
    if kind == HEIC:
        # libheif has applied the file's own transformation, which the EXIF repeats.
        return small
    return drawing.upright(small, _orientation(image, kind, exif.read(image)))


def _orientation(image: Image.Image, kind: str, tags: exif.Tags) -> int:
    if kind == HEIC:
        return exif.orientation(image.info.get("original_orientation"))
    return exif.orientation(tags.main.get(Base.Orientation))


def _note(first: bytes, number: int) -> str | None:
    if not number:
        return None
    return f"{number:,} bytes follow the picture; the first are {first.hex(' ')}."
