"""The process in which a stranger's picture is decoded and drawn anew; `pictures` starts it and reads its answer.

It takes the picture on standard input and answers with one line of JSON, `{"width", "height", "look", "cut"}` followed
by the JPEG (its length is `cut`) and the thumbnail, or `{"refused": code}`.
"""

from __future__ import annotations

import io
import json
import struct
import sys
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.adapters.confined import confine_myself

if TYPE_CHECKING:
    from PIL.Image import Image

_LONGEST_SIDE, _JPEG_BYTES = 1600, 300_000
_THUMBNAIL_SIDE, _THUMBNAIL_BYTES = 480, 60_000
_QUALITIES = (82, 74, 66, 58, 50, 40, 30, 20, 10)
_BAND = 64  # rows that are brought into plain colour at a time
_ORIENTATION = 0x0112


class _Refused(Exception):
    """Why a picture is not developed."""


def main() -> None:
    """Develop the picture on standard input; arguments: its kind and the bounds on pixels, memory and seconds."""
    kind, pixels, memory, seconds = sys.argv[1], *map(int, sys.argv[2:5])
    confine_myself(memory_bytes=memory, cpu_seconds=seconds)
    warnings.simplefilter("ignore")
    try:
        answer = _developed(kind, pixels)
    except _Refused as refusal:
        answer = _line({"refused": str(refusal)})
    except MemoryError:
        answer = _line({"refused": "too_many_pixels"})
    sys.stdout.buffer.write(answer)


def _line(about: Mapping[str, object]) -> bytes:
    return json.dumps(about).encode() + b"\n"


def _developed(kind: str, most_pixels: int) -> bytes:
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # our own bound is stricter, and refuses instead of warning
    try:
        with Image.open(sys.stdin.buffer, formats=[kind]) as raw:
            picture = _upright(_small(raw, most_pixels), _orientation(raw))
    except UnidentifiedImageError as error:
        raise _Refused("not_a_picture") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error) as error:
        raise _Refused("broken") from error  # Pillow raises all of these for files that lie or end early
    full = _jpeg(picture, _JPEG_BYTES)
    thumbnail = picture.copy()
    thumbnail.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    about = {"width": picture.width, "height": picture.height, "look": _look(picture), "cut": len(full)}
    return _line(about) + full + _jpeg(thumbnail, _THUMBNAIL_BYTES)


def _small(raw: Image, most_pixels: int) -> Image:
    """The picture in plain colour, no longer than allowed, with as little memory on the way as can be."""
    from PIL import Image

    width, height = raw.size
    if width * height > most_pixels:
        raise _Refused("too_many_pixels")
    raw.draft(None, (_LONGEST_SIDE, _LONGEST_SIDE))  # a JPEG is then decoded at a half, a quarter, an eighth
    raw.load()
    factor = max(1, max(raw.size) // _LONGEST_SIDE)
    plain = _plain(raw, factor)
    plain.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    return plain


def _plain(raw: Image, factor: int) -> Image:
    """Red, green and blue on white, shrunk by a whole factor, band by band: never a second picture of full size."""
    from PIL import Image

    width, height = raw.size
    plain = Image.new("RGB", (-(-width // factor), -(-height // factor)), "white")
    rows = _BAND * factor
    for top in range(0, height, rows):
        band = _on_white(raw.crop((0, top, width, min(top + rows, height))))
        plain.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    return plain


def _on_white(band: Image) -> Image:
    from PIL import Image

    if band.mode.startswith("I"):  # 16-bit greys
        band = band.convert("I").point(lambda value: value / 256).convert("L")
    if not (band.mode in {"LA", "La", "RGBA", "RGBa", "PA"} or "transparency" in band.info):
        return band.convert("RGB")
    seen_through = band.convert("RGBA")
    white = Image.new("RGB", band.size, "white")
    white.paste(seen_through, mask=seen_through.getchannel("A"))
    return white


def _orientation(raw: Image) -> int:
    """How the camera was held, 1 to 8; whatever else the picture's notes say is not looked at."""
    try:
        value = raw.getexif().get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, struct.error):
        return 1  # broken notes are no reason to refuse the picture
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(picture: Image, orientation: int) -> Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return picture.transpose(turns[orientation]) if orientation in turns else picture


def _jpeg(picture: Image, most_bytes: int) -> bytes:
    """The best quality that fits; nothing but pixels goes in, for the picture was made here and has no notes."""
    picture.info = {}
    written = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        written = out.getvalue()
        if len(written) <= most_bytes:
            break
    return written


def _look(picture: Image) -> int:
    """A difference hash: on a grid of nine by eight greys, is each brighter than its right neighbour? 64 bits, signed."""
    from PIL import Image

    grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
    bits = 0
    for row in range(8):
        for column in range(8):
            bits = bits << 1 | (grey[row * 9 + column] > grey[row * 9 + column + 1])
    return bits - (1 << 64) if bits >> 63 else bits


if __name__ == "__main__":
    main()
