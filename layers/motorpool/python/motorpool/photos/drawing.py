"""Drawing renditions of a decoded picture: smaller, in RGB on white, as a JPEG without metadata.

A rendition has nothing of the uploaded file but its pixels.
"""

import io

from PIL import Image

from motorpool.photos.model import Limits

STRIP_PIXELS = 1_000_000
# 85 is hardly to be told from the original; below 40 letters of a plate become hard to read.
QUALITIES = (85, 75, 60, 40)

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


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """The picture with at most `side` pixels on its longer side, in RGB on white; not enlarged.

    Converted in strips, because converting the whole picture would double its memory.
    """
    width, height = image.size
    factor = max(1, max(width, height) // side)
    rows = max(1, STRIP_PIXELS // width // factor) * factor
    small = Image.new("RGB", (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = _on_white(image.crop((0, top, width, min(top + rows, height))))
        small.paste(strip.reduce(factor), (0, top // factor))
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """The picture turned as its EXIF orientation (1 to 8) says."""
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def as_jpeg(image: Image.Image, limits: Limits) -> bytes:
    """The picture as a JPEG within the limits: of the highest quality that fits, or else smaller.

    `image`: in RGB and upright.
    """
    image = image.copy()
    image.info = {}  # Pillow would write a comment and the like again
    image.thumbnail((limits.side, limits.side), Image.Resampling.LANCZOS)
    while True:
        for quality in QUALITIES:
            file = io.BytesIO()
            image.save(file, "JPEG", quality=quality)
            if file.tell() <= limits.most_bytes:
                return file.getvalue()
        image.thumbnail((max(image.size) * 3 // 4,) * 2, Image.Resampling.LANCZOS)


def difference_hash(image: Image.Image) -> str:
    """A 64-bit hash: whether each of 9 × 8 grey values is darker than its right neighbour."""
    grey = image.convert("L").resize((9, 8), Image.Resampling.LANCZOS).tobytes()
    bits = 0
    for at in range(72):
        if at % 9 < 8:
            bits = bits << 1 | (grey[at] < grey[at + 1])
    return f"{bits:016x}"


def _on_white(strip: Image.Image) -> Image.Image:
    if strip.mode == "I;16":
        strip = strip.point(lambda grey: grey / 256).convert("L")  # convert() alone clips at 255
    if not strip.has_transparency_data:
        return strip.convert("RGB")
    strip = strip.convert("RGBA")
    white = Image.new("RGB", strip.size, "white")
    white.paste(strip, mask=strip.getchannel("A"))
    return white
