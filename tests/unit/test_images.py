"""A photo is read for what it says of itself or refused with its reason, whatever its bytes."""

import base64
import functools
import hashlib
import io
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from typing import Any

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

from motorpool.photos import drawing
from motorpool.photos import image as images
from motorpool.photos.image import HEIC, JPEG, PNG, WEBP, Inspection, Rejected
from motorpool.photos.model import MAX_BYTES, RENDITIONS, RenditionSize

pillow_heif.register_heif_opener()  # for writing; the module under test registers nothing

FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", HEIC: "HEIF"}
QUICK = {"preset": "ultrafast"}
ZIP = b"PK\x03\x04\x14\0\0\0\0\0" + bytes(20) + b"PK\x05\x06" + bytes(18)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def picture(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """A picture that looks different from every side: red top left, green top right, blue below."""
    image = Image.new("RGB", (width, height), (30, 30, 160))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2, height // 2), fill=(200, 20, 20))
    draw.rectangle((width // 2, 0, width, height // 4), fill=(20, 180, 20))
    return image if mode == "RGB" else image.convert(mode)


def encoded(image: Image.Image, kind: str = JPEG, **options: Any) -> bytes:
    file = io.BytesIO()
    if kind == HEIC:
        options.setdefault("enc_params", dict(QUICK))
    image.save(file, FORMATS[kind], **options)
    return file.getvalue()


def exif(
    *, gps: dict[int, Any] | None = None, shot: dict[int, Any] | None = None, orientation: int = 0
) -> bytes:
    tags = Image.Exif()
    if orientation:
        tags[Base.Orientation] = orientation
    tags.get_ifd(IFD.GPSInfo).update(gps or {})
    tags.get_ifd(IFD.Exif).update(shot or {})
    return tags.tobytes()


def position(north: str | None = "N", east: str | None = "E") -> dict[int, Any]:
    """51° 28' 40.2" and 0° 0' 5.31", on the sides given."""
    tags: dict[int, Any] = {
        GPS.GPSLatitude: (51.0, 28.0, 40.2),
        GPS.GPSLongitude: (0.0, 0.0, 5.31),
        GPS.GPSLatitudeRef: north,
        GPS.GPSLongitudeRef: east,
    }
    return {tag: value for tag, value in tags.items() if value is not None}


def inspected(image: Image.Image | None = None, kind: str = JPEG, **options: Any) -> Inspection:
    return images.inspect(encoded(image or picture(), kind, **options), kind)


def refusal_of(data: bytes, declared: str = JPEG) -> str:
    with pytest.raises(Rejected) as refused:
        images.inspect(data, declared)
    return refused.value.because


def opened(thumbnail: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(thumbnail), formats=("JPEG",))
    image.load()
    return image


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    found = image.getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def corners(image: Image.Image) -> str:
    """The strongest colours of the top left, the top right and the bottom left corner."""
    width, height = image.size
    spots = (pixel(image, 3, 3), pixel(image, width - 4, 3), pixel(image, 3, height - 4))
    return "".join("RGB"[spot.index(max(spot))] for spot in spots)


def differing_bits(one: Inspection, other: Inspection) -> int:
    return (int(one.perceptual_hash, 16) ^ int(other.perceptual_hash, 16)).bit_count()


def shortly(value: object) -> str:
    return ascii(value)[:24]


def chunk(kind: bytes, body: bytes) -> bytes:
    checked = kind + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


INSPECTING = """
import json, pathlib, sys, time
from motorpool.photos import drawing
from motorpool.photos import image as images
while order := sys.stdin.buffer.readline():
    declared, length = order.decode().split()
    data = sys.stdin.buffer.read(int(length))
    began = time.monotonic()
    try:
        found = images.inspect(data, declared)
        answer = f"{found.width}x{found.height}"
    except images.Rejected as refusal:
        answer = refusal.because
    seconds = round(time.monotonic() - began, 2)
    status = pathlib.Path("/proc/self/status")  # getrusage would count the parent's memory, too
    peak = status.read_text().partition("VmHWM:")[2].split()[0] if status.exists() else 0
    print(json.dumps({"answer": answer, "seconds": seconds, "peak": int(peak) // 1024}), flush=True)
"""

type Inspector = Callable[[bytes, str], dict[str, Any]]


@contextmanager
def another_process() -> Iterator[Inspector]:
    """Answers what `inspect` answers there, in how many seconds, and the peak MB until then."""
    with subprocess.Popen(
        [sys.executable, "-c", INSPECTING], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        orders, answers = child.stdin, child.stdout
        assert orders
        assert answers

        def inspector(data: bytes, declared: str) -> dict[str, Any]:
            orders.write(f"{declared} {len(data)}\n".encode() + data)
            orders.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        yield inspector


@pytest.fixture(scope="module")
def inspector() -> Iterator[Inspector]:
    with another_process() as asked:
        yield asked


# What is read


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_says_its_type_size_and_sha256(kind: str) -> None:
    data = encoded(picture(640, 480), kind)
    found = images.inspect(data, kind)
    assert (found.content_type, found.width, found.height) == (kind, 640, 480)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert (found.orientation, found.latitude, found.longitude, found.taken_on) == (
        1,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("north", "east", "expected"),
    [
        ("N", "E", (51.4778333, 0.001475)),
        ("N", "W", (51.4778333, -0.001475)),
        ("S", "E", (-51.4778333, 0.001475)),
        ("S", "W", (-51.4778333, -0.001475)),
    ],
)
def test_a_position_is_read_on_each_side_of_equator_and_meridian(
    kind: str, north: str, east: str, expected: tuple[float, float]
) -> None:
    found = inspected(kind=kind, exif=exif(gps=position(north, east)))
    assert (found.latitude, found.longitude) == expected


@pytest.mark.parametrize(
    "gps",
    [
        position(north=None),
        position(east=None),
        position(None, None),
        position(north="X"),
        position() | {GPS.GPSLatitude: (91.0, 0.0, 0.0)},
        position() | {GPS.GPSLongitude: (180.0, 0.0, 1.0)},
        position() | {GPS.GPSLatitude: (51.0, 61.0, 0.0)},
        position() | {GPS.GPSLatitude: (IFDRational(51, 0), 0.0, 0.0)},
        position() | {GPS.GPSLatitude: (IFDRational(0, 0), 0.0, 0.0)},
        position() | {GPS.GPSLatitude: (51.0, IFDRational(0, 0), IFDRational(0, 0))},
        position() | {GPS.GPSLatitude: (51.0, 28.0)},
        position() | {GPS.GPSLatitude: 51.0},
        position() | {GPS.GPSLatitude: (0.0, 0.0, 0.0), GPS.GPSLongitude: (0.0, 0.0, 0.0)},
        {GPS.GPSLatitudeRef: "N", GPS.GPSLongitudeRef: "E"},
    ],
)
def test_a_position_without_sides_or_outside_the_world_is_unknown(gps: dict[int, Any]) -> None:
    found = inspected(exif=exif(gps=gps))
    assert (found.latitude, found.longitude) == (None, None)


def test_a_picture_on_the_equator_has_a_position() -> None:
    gps = position("S") | {GPS.GPSLatitude: (0.0, 0.0, 0.0)}
    found = inspected(exif=exif(gps=gps))
    assert (str(found.latitude), found.longitude) == ("0.0", 0.001475)


SHOT: dict[int, Any] = {
    Base.DateTimeOriginal: "2026:11:21 14:03:05",
    Base.OffsetTimeOriginal: "+05:30",
}
STAMP: dict[int, Any] = {GPS.GPSDateStamp: "2026:11:21", GPS.GPSTimeStamp: (8.0, 33.0, 1.5)}


@pytest.mark.parametrize(
    ("shot", "gps", "expected"),
    [
        (SHOT, {}, "2026-11-21T08:33:05.000Z"),
        (SHOT | {Base.SubsecTimeOriginal: "123"}, {}, "2026-11-21T08:33:05.123Z"),
        (SHOT | {Base.SubsecTimeOriginal: "5"}, {}, "2026-11-21T08:33:05.500Z"),
        (SHOT | {Base.SubsecTimeOriginal: "  "}, {}, "2026-11-21T08:33:05.000Z"),
        (SHOT | {Base.OffsetTimeOriginal: "-12:00"}, {}, "2026-11-22T02:03:05.000Z"),
        (SHOT, STAMP, "2026-11-21T08:33:05.000Z"),
        ({}, STAMP, "2026-11-21T08:33:01.500Z"),
        ({Base.DateTimeOriginal: "2026:11:21 14:03:05"}, STAMP, "2026-11-21T08:33:01.500Z"),
        ({Base.DateTimeOriginal: "2026:11:21 14:03:05"}, {}, None),
        ({Base.OffsetTimeOriginal: "+01:00"}, {}, None),
        (SHOT | {Base.DateTimeOriginal: "0000:00:00 00:00:00"}, {}, None),
        (SHOT | {Base.DateTimeOriginal: "2026:02:30 10:00:00"}, {}, None),
        (SHOT | {Base.DateTimeOriginal: "yesterday"}, {}, None),
        (SHOT | {Base.OffsetTimeOriginal: "+99:99"}, {}, None),
        (SHOT | {Base.OffsetTimeOriginal: "   :  "}, {}, None),
        (SHOT | {Base.DateTimeOriginal: "0001:01:01 00:00:00"}, {}, None),
        ({}, STAMP | {GPS.GPSDateStamp: "2026:13:01"}, None),
        ({}, STAMP | {GPS.GPSTimeStamp: (25.0, 0.0, 0.0)}, None),
        ({}, STAMP | {GPS.GPSTimeStamp: (IFDRational(0, 0), 0.0, 0.0)}, None),
        ({}, {GPS.GPSDateStamp: "2026:11:21"}, None),
        ({}, {GPS.GPSDateStamp: "9999:12:31", GPS.GPSTimeStamp: (24.0, 0.0, 0.0)}, None),
    ],
)
def test_the_time_is_the_shutters_with_its_zone_else_the_satellites_else_unknown(
    shot: dict[int, Any], gps: dict[int, Any], expected: str | None
) -> None:
    assert inspected(exif=exif(shot=shot, gps=gps)).taken_on == expected


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_stands_upright_once(kind: str, orientation: int) -> None:
    upright = picture()
    undo = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = undo.get(orientation) or drawing.UPRIGHT.get(orientation)
    # A HEIC gets the turn twice: as its own transformation and, as from phones, in the EXIF.
    stored = upright.transpose(turn) if turn is not None else upright
    found = inspected(stored, kind, exif=exif(orientation=orientation))
    assert found.orientation == orientation
    assert (found.width, found.height) == upright.size
    thumbnail = opened(found.renditions["thumbnail"])
    assert thumbnail.size == upright.size
    assert corners(thumbnail) == "RGB"
    assert differing_bits(found, inspected(upright)) <= 4


def test_an_impossible_orientation_is_none() -> None:
    assert inspected(exif=exif(orientation=9)).orientation == 1


@pytest.mark.parametrize("kind", FORMATS)
def test_the_thumbnail_is_a_small_jpeg_without_any_metadata(kind: str) -> None:
    tags = exif(gps=position(), shot=SHOT)
    found = inspected(picture(1400, 700), kind, exif=tags, icc_profile=b"profile" * 30, xmp=b"<x/>")
    thumbnail = opened(found.renditions["thumbnail"])
    assert thumbnail.size == (512, 256)
    assert set(thumbnail.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not thumbnail.getexif()


def test_a_small_picture_is_not_enlarged() -> None:
    assert opened(inspected(picture(30, 20)).renditions["thumbnail"]).size == (30, 20)


@pytest.mark.parametrize("size", [(5000, 3), (3, 5000), (1, 1)])
@pytest.mark.parametrize("kind", [JPEG, PNG, WEBP])
def test_a_picture_may_be_a_line(kind: str, size: tuple[int, int]) -> None:
    found = inspected(Image.new("RGB", size), kind)
    assert (found.width, found.height) == size
    assert max(opened(found.renditions["thumbnail"]).size) == min(512, max(size))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_becomes_an_rgb_thumbnail(mode: str) -> None:
    thumbnail = opened(inspected(picture(mode=mode), PNG).renditions["thumbnail"])
    assert thumbnail.mode == "RGB"


def test_sixteen_bits_of_grey_are_scaled_not_clipped() -> None:
    grey = Image.new("I;16", (40, 20), 100 * 256)
    assert pixel(opened(inspected(grey, PNG).renditions["thumbnail"]), 20, 10) == (100, 100, 100)


def test_four_inks_become_their_colour() -> None:
    assert corners(opened(inspected(picture(mode="CMYK")).renditions["thumbnail"])) == "RGB"


@pytest.mark.parametrize("kind", [PNG, WEBP, HEIC])
def test_what_is_transparent_is_white(kind: str) -> None:
    clear = Image.new("RGBA", (40, 20), (255, 0, 0, 0))
    assert min(pixel(opened(inspected(clear, kind).renditions["thumbnail"]), 20, 10)) > 250


def test_a_transparent_palette_colour_is_white() -> None:
    palette = Image.new("P", (40, 20), 7)
    palette.putpalette([200, 20, 20] * 8)
    thumbnail = opened(inspected(palette, PNG, transparency=7).renditions["thumbnail"])
    assert pixel(thumbnail, 20, 10) == (255, 255, 255)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (40, 20), colour) for colour in ("red", "lime", "blue")]
    for kind in (PNG, WEBP):
        found = inspected(frames[0], kind, save_all=True, append_images=frames[1:])
        assert corners(opened(found.renditions["thumbnail"])) == "RRR"


@pytest.mark.parametrize("kind", FORMATS)
def test_a_re_encoded_picture_has_a_near_hash_but_another_sha256(kind: str) -> None:
    scene = picture(1600, 1200)
    scene = Image.blend(
        scene, Image.linear_gradient("L").resize(scene.size).rotate(30).convert("RGB"), 0.5
    )
    one, other = inspected(scene, quality=95), inspected(scene.resize((800, 600)), kind, quality=60)
    assert differing_bits(one, other) <= 3
    assert one.sha256 != other.sha256
    assert differing_bits(one, inspected(scene.transpose(Image.Transpose.ROTATE_180))) > 15


# What is refused


@pytest.mark.parametrize(
    ("data", "is_a"),
    [
        (b"An odometer, they said: 12,345 miles.", "text"),
        (b"odometer\n", "text"),
        (HTML, "a web page or XML"),
        (b'<?xml version="1.0"?><svg/>', "a web page or XML"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (ZIP, "a ZIP archive"),
        (box(b"ftyp", b"avif\0\0\0\0avifmif1"), "an AVIF"),
        (box(b"ftyp", b"mp42\0\0\0\0mp42isom"), "a video, or a picture without HEVC"),
        (box(b"ftyp", b"mif1\0\0\0\0mif1"), "a video, or a picture without HEVC"),
        (bytes(100), "of an unknown type"),
        (b"\xff", "of an unknown type"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "of an unknown type"),
    ],
    ids=shortly,
)
@pytest.mark.parametrize("declared", FORMATS)
def test_what_is_no_photo_is_refused_with_what_it_is(data: bytes, is_a: str, declared: str) -> None:
    assert (
        refusal_of(data, declared) == f"The file is {is_a}, not a JPEG, PNG, WebP or HEIC picture."
    )


@pytest.mark.parametrize(
    ("other", "is_a"), [("GIF", "a GIF"), ("BMP", "a BMP"), ("TIFF", "a TIFF or raw photo")]
)
def test_other_picture_formats_are_refused(other: str, is_a: str) -> None:
    file = io.BytesIO()
    picture().save(file, other)
    assert refusal_of(file.getvalue()).startswith(f"The file is {is_a}, not")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("declared", FORMATS)
def test_a_photo_must_be_of_the_declared_type(kind: str, declared: str) -> None:
    if kind != declared:
        because = refusal_of(encoded(picture(), kind), declared)
        assert because == f"The file is {kind}, but was declared as {declared}."


def test_an_empty_file_is_refused() -> None:
    assert refusal_of(b"") == "The file is empty."


def test_a_file_may_have_fifteen_megabytes_and_no_byte_more() -> None:
    photo = encoded(picture())
    full = photo + bytes(MAX_BYTES - len(photo))
    assert images.inspect(full, JPEG).width == 96
    assert "15,728,641 bytes; at most 15,728,640" in refusal_of(full + b"\0")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_photo_is_refused(kind: str, part: float) -> None:
    noise = Image.effect_noise((300, 200), 80).convert("RGB")
    data = encoded(noise, kind)
    because = refusal_of(data[: int(len(data) * part)], kind)
    assert because in (images.CUT_SHORT, images.DAMAGED)


def test_a_photo_that_lacks_only_its_end_is_refused() -> None:
    assert refusal_of(encoded(picture())[:-1]) == images.CUT_SHORT
    assert refusal_of(encoded(picture(), PNG)[:-12], PNG) == images.CUT_SHORT
    assert refusal_of(encoded(picture(), HEIC)[:-1], HEIC) == images.DAMAGED
    assert refusal_of(encoded(picture(), WEBP)[:-1], WEBP) == images.CUT_SHORT


def test_a_header_without_a_picture_is_damaged() -> None:
    assert refusal_of(b"\xff\xd8\xff\xd9") == images.DAMAGED
    assert refusal_of(png(40, 40)[:33] + chunk(b"IEND", b""), PNG) == images.DAMAGED
    assert refusal_of(box(b"ftyp", b"heic\0\0\0\0heicmif1"), HEIC) == images.DAMAGED


def test_a_heic_of_too_many_boxes_is_refused() -> None:
    boxes = b"\0\0\0\10free" * 20_000
    assert refusal_of(encoded(picture(), HEIC) + boxes, HEIC) == images.TOO_MANY_PARTS


@pytest.mark.parametrize("size", [b"\0\0\0\0free", b"\0\0\0\1free" + struct.pack(">Q", 16)])
def test_a_heic_may_end_with_an_open_or_a_64_bit_box(size: bytes) -> None:
    found = images.inspect(encoded(picture(), HEIC) + size, HEIC)
    assert (found.width, found.note) == (96, None)


# What follows the picture

MP4 = box(b"ftyp", b"mp42\0\0\0\0isommp42") + box(b"mdat", bytes(500)) + box(b"moov", bytes(50))
TAILS = {
    "one stray byte": b"\x01",
    "padding": bytes(4096),
    "a line break": b"\r\n",
    "gain map": encoded(picture(20, 20)),
    "a cut gain map": encoded(picture(20, 20))[:-5],
    "three pictures": bytes(100) + encoded(picture(20, 20)) + encoded(picture(10, 10)) + bytes(8),
    "MP4": MP4,
    "a cut MP4": MP4[:-5],
    "Huawei, video and LIVE_": MP4 + b"v2_f33     0:33      LIVE_3563520  ",
    "Canon": b"CANON OPTIONAL DATA\0\0\1\0\0" + bytes(64) + b"CANON OPTIONAL DATA\0" + bytes(44),
    "Photoshop 8BIM": b"8BIM\x04\x04\0\0\0\0\0\x0a\x1c\x02\0\0\x02\0\x04ABCD",
    "Samsung": b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1585339676000SEFH" + bytes(24) + b"\0\0SEFT",
    "Samsung motion": MP4 + b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_DataSEFH" + bytes(20) + b"\0\0SEFT",
    "Vivo": b'vivo{"a":1}\0' + b"\xff\xff\xff\xff\x1b*9HWfu\x84\x93\xa2\xb1",
    "OnePlus": b'[{"length":4}]jxrs\x16\0\0\0',
    "text like a box": b"AAAAAAAAAAAAAAAA",
    "a ZIP archive": ZIP,
    "a web page": HTML,
    "a script": b"#!/bin/sh\nid",
    "a PDF": b"%PDF-1.7\n1 0 obj",
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("tail", TAILS)
def test_what_follows_a_picture_is_noted_and_no_reason_to_reject_it(kind: str, tail: str) -> None:
    alone, data = encoded(picture(), kind), TAILS[tail]
    found = images.inspect(alone + data, kind)
    begins = data[:8].hex(" ")
    assert found.note == f"{len(data):,} bytes follow the picture; the first are {begins}."
    assert found.sha256 == hashlib.sha256(alone + data).hexdigest()
    # And nothing else of it is different.
    same = replace(images.inspect(alone, kind), note=found.note, sha256=found.sha256)
    assert found == same
    assert images.render(alone + data, kind, "large") == images.render(alone, kind, "large")


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_noted_of_a_file_that_ends_with_its_picture(kind: str) -> None:
    assert inspected(kind=kind).note is None


def test_a_multi_picture_jpeg_is_its_first_picture() -> None:
    file = io.BytesIO()
    picture().save(file, "MPO", save_all=True, append_images=[picture(48, 32)])
    assert images.inspect(file.getvalue(), JPEG).width == 96


# Renditions


def noise(width: int, height: int) -> Image.Image:
    """A picture that compresses worse than any photo."""
    bands = [Image.effect_noise((width, height), 200) for _ in "RGB"]
    return Image.merge("RGB", bands)


SIZES: list[RenditionSize] = list(RENDITIONS)


def rendition(image: Image.Image, size: RenditionSize, kind: str = JPEG, **options: Any) -> bytes:
    return images.render(encoded(image, kind, **options), kind, size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_rendition_is_an_upright_jpeg_within_its_limits(kind: str, size: RenditionSize) -> None:
    turned = picture(2600, 1950).transpose(Image.Transpose.ROTATE_90)
    jpeg = rendition(turned, size, kind, exif=exif(orientation=6))
    side, most_bytes = RENDITIONS[size]
    assert opened(jpeg).size == (side, side * 3 // 4)
    assert corners(opened(jpeg)) == "RGB"
    assert len(jpeg) <= most_bytes


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(2600, 2000), (6000, 500)])
def test_the_limits_hold_for_a_picture_that_hardly_compresses(
    size: RenditionSize, shape: tuple[int, int]
) -> None:
    jpeg = rendition(noise(*shape), size, quality=60)
    side, most_bytes = RENDITIONS[size]
    assert max(opened(jpeg).size) <= side
    assert most_bytes / 4 < len(jpeg) <= most_bytes or max(opened(jpeg).size) == side


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_rendition_has_nothing_of_the_file_but_its_pixels(kind: str, size: RenditionSize) -> None:
    tags = exif(gps=position(), shot=SHOT)
    options: dict[str, Any] = {"exif": tags, "icc_profile": b"profile" * 30, "xmp": b"<xmp/>"}
    if kind == JPEG:
        options["comment"] = HTML
    jpeg = images.render(encoded(picture(1400, 700), kind, **options) + ZIP + HTML, kind, size)
    assert set(opened(jpeg).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not opened(jpeg).getexif()
    for secret in (b"Exif", b"profile", b"xmp", b"script", b"PK", b"2026"):
        assert secret not in jpeg


@pytest.mark.parametrize("kind", FORMATS)
def test_what_the_inspection_makes_is_what_is_made_when_asked_for(kind: str) -> None:
    data = encoded(picture(3000, 2000), kind)
    found = images.inspect(data, kind)
    assert set(found.renditions) == {"standard", "thumbnail"}
    assert found.renditions["standard"] == images.render(data, kind, "standard")
    for size, jpeg in found.renditions.items():
        assert opened(jpeg).size[0] == RENDITIONS[size].side


def test_a_file_that_cannot_be_decoded_has_no_rendition() -> None:
    with pytest.raises(Rejected):
        images.render(encoded(picture())[:-30], JPEG, "large")


# Bombs


@functools.cache
def flat_heic() -> bytes:
    return encoded(Image.new("RGB", (2048, 2048)), HEIC, quality=1)


def lying_heic(width: int, height: int) -> bytes:
    """A HEIC that announces another size than its pixels have."""
    return flat_heic().replace(struct.pack(">II", 2048, 2048), struct.pack(">II", width, height))


def lying_webp(width: int, height: int) -> bytes:
    data = encoded(picture(), WEBP)
    return data.replace(struct.pack("<HH", 96, 64), struct.pack("<HH", width, height))


INFLATES = zlib.compress(bytes(20_000_000))


def scans(number: int) -> bytes:
    """A progressive JPEG of 6 megapixels whose last scan comes again and again."""
    data = encoded(Image.new("RGB", (3000, 2000)), progressive=True)
    last = data[data.rfind(b"\xff\xc4", 0, data.rfind(b"\xff\xda")) : -2]
    return data[:-2] + last * number + b"\xff\xd9"


def overlapping_exif() -> bytes:
    """A JPEG whose 3,000 EXIF tags all point at the same 25,000 bytes."""
    entries = b"".join(struct.pack("<HHLL", tag, 7, 25_000, 37_000) for tag in range(1000, 4000))
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 3000) + entries
    return encoded(picture(), exif=b"Exif\0\0" + tiff.ljust(65_000, b"\0"))


@pytest.mark.parametrize(
    ("build", "declared", "because"),
    [
        (lambda: png(100_000, 100_000), PNG, images.TOO_LARGE),
        (lambda: encoded(Image.new("L", (10_000, 6_000)), PNG), PNG, images.TOO_LARGE),
        (lambda: encoded(Image.new("L", (10_000, 6_000))), JPEG, images.TOO_LARGE),
        (lambda: lying_webp(10_000, 6_000), WEBP, images.TOO_LARGE),
        (lambda: lying_webp(16_383, 16_383), WEBP, images.TOO_LARGE),
        (lambda: lying_heic(65_536, 65_536), HEIC, images.TOO_LARGE),
        (lambda: lying_heic(64, 64), HEIC, images.DAMAGED),
        (lambda: png(40, 40, chunk(b"iCCP", b"p\0\0" + INFLATES)), PNG, images.DAMAGED),
        (lambda: png(40, 40, chunk(b"zTXt", b"p\0\0" + INFLATES)), PNG, images.DAMAGED),
        (lambda: scans(4000), JPEG, images.TOO_MANY_PARTS),
        (lambda: png(40, 40, chunk(b"teXt", b"") * 1_000_000), PNG, images.TOO_MANY_PARTS),
        (
            lambda: b"\xff\xd8" + b"\xff\xfe\0\2" * 3_900_000 + encoded(picture())[2:],
            JPEG,
            images.TOO_MANY_PARTS,
        ),
        (lambda: b"\xff\xd8\xff" + b"\xff" * 15_000_000, JPEG, images.CUT_SHORT),
        (overlapping_exif, JPEG, "96x64"),
    ],
    ids=[
        "PNG header", "60 MP PNG", "60 MP JPEG", "60 MP WebP", "WebP header", "HEIC header",
        "HEIC pixels", "profile", "text", "scans", "chunks", "segments", "fill bytes", "EXIF",
    ],
)  # fmt: skip
def test_a_bomb_is_refused_within_seconds_and_100_mb(
    inspector: Inspector, build: Callable[[], bytes], declared: str, because: str
) -> None:
    data = build()
    assert len(data) <= MAX_BYTES
    outcome = inspector(data, declared)
    assert outcome["answer"].endswith(because)
    assert outcome["peak"] < 100
    assert outcome["seconds"] < 3


def test_too_many_frames_are_refused() -> None:
    frames = [Image.new("RGB", (8, 8), ("red", "blue")[at % 2]) for at in range(51)]
    for kind in (PNG, WEBP):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert refusal_of(data, kind) == "The file has 51 frames; at most 50 are accepted."


# Hostile bytes

SEEDS = {kind: encoded(picture(), kind, exif=exif(gps=position(), shot=SHOT)) for kind in FORMATS}


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, str]:
    kind = draw(st.sampled_from(list(SEEDS)))
    data = bytearray(SEEDS[kind])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.sampled_from(["change", "cut", "insert", "repeat", "large"])):
            case "change":
                data[at] = draw(st.integers(0, 255))
            case "cut":
                del data[at : at + draw(st.integers(1, 40))]
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=20))
            case "repeat":
                data[at:at] = data[at : at + 60]
            case "large":
                data[at : at + 4] = draw(
                    st.sampled_from([b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4)])
                )
        if not data:
            break
    return bytes(data), kind


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_mutated_photos_are_read_or_rejected_never_anything_else(mutant: tuple[bytes, str]) -> None:
    data, kind = mutant
    with suppress(Rejected):
        found = images.inspect(data, kind)
        assert found.width * found.height <= images.MAX_PIXELS
        assert max(opened(found.renditions["thumbnail"]).size) <= 512


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_exif_costs_only_what_it_said(changes: list[tuple[int, int]]) -> None:
    block = bytearray(exif(gps=position(), shot=SHOT, orientation=1))
    for at, value in changes:
        block[6 + at % (len(block) - 6)] = value
    for kind in FORMATS:
        found = inspected(kind=kind, exif=bytes(block))
        assert found.latitude is None or -90 <= found.latitude <= 90
        assert found.longitude is None or -180 <= found.longitude <= 180
        assert found.taken_on is None or found.taken_on.endswith("Z")
        assert {found.width, found.height} == {96, 64}


@given(st.binary(max_size=200), st.sampled_from(list(FORMATS)))
def test_any_bytes_after_a_true_beginning_are_rejected(rest: bytes, kind: str) -> None:
    assert refusal_of(SEEDS[kind][:16] + rest, kind).endswith(".")


def test_a_lack_of_memory_says_nothing_about_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: Any) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(images, "_shrunk", exhausted)
    with pytest.raises(MemoryError):
        inspected()


def test_an_inspection_is_plain_data() -> None:
    found = asdict(inspected())
    found["renditions"] = {
        size: base64.b64encode(jpeg).decode() for size, jpeg in found["renditions"].items()
    }
    assert json.loads(json.dumps(found)) == found


# At the caps


def largest(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """50 megapixels, about as detailed as 15 MB allow."""
    size = (8160, 6120)
    if mode == "RGBA;16":
        file = io.BytesIO()
        deep = pillow_heif.from_bytes(mode, size, bytes(size[0] * size[1] * 8))
        deep.save(file, quality=30, chroma=444, enc_params=dict(QUICK))
        return file.getvalue()
    bands = [
        Image.effect_noise((size[0] // scale, size[1] // scale), 60)
        .resize(size)
        .point(lambda value: value & 0xC0 if kind == PNG else value)
        for scale in (8, 16, 32, 64)
    ]
    return encoded(Image.merge(mode, bands[: len(mode)]), kind, **options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kind", "options", "most"),
    [
        ("JPEG", JPEG, {"quality": 88}, 100),
        ("JPEG, progressive", JPEG, {"quality": 80, "progressive": True, "subsampling": 0}, 400),
        (
            "JPEG, progressive, four inks",
            JPEG,
            {"quality": 70, "progressive": True, "mode": "CMYK"},
            500,
        ),
        ("PNG", PNG, {"mode": "RGBA"}, 300),
        ("WebP", WEBP, {"method": 0, "quality": 50, "mode": "RGBA"}, 900),
        ("HEIC", HEIC, {"quality": 50, "exif": exif(orientation=6)}, 450),
        ("HEIC 4:4:4, transparent", HEIC, {"quality": 30, "chroma": 444, "mode": "RGBA"}, 700),
        ("HEIC 4:4:4, transparent, 10 bits", HEIC, {"mode": "RGBA;16"}, 1200),
    ],
)
def test_the_largest_photos_stay_within_the_stated_memory(
    name: str, kind: str, options: dict[str, Any], most: int
) -> None:
    data = largest(kind, **options)
    with another_process() as asked:
        outcome = asked(data, kind)
    print(f"\n{name}: {len(data):,} bytes, {outcome}")
    assert outcome["answer"] in ("8160x6120", "6120x8160")
    assert outcome["peak"] < most
