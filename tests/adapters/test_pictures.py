"""Promise A51 and part of A48: what people send as a picture comes out as pixels and nothing else, or is refused."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from app.adapters.pictures import PictureWorkshop, most_pixels
from app.domains.media.ports import CleanPicture, PictureRefusal

MIB = 1 << 20
SECRET = b"35.0667N 112.6000E"
WORKSHOP = PictureWorkshop()


def scene(width: int = 800, height: int = 600, mode: str = "RGB") -> Image.Image:
    """Red above left, green above right, blue below left, white below right."""
    picture = Image.new("RGB", (width, height), "white")
    brush = ImageDraw.Draw(picture)
    brush.rectangle((0, 0, width // 2, height // 2), fill="red")
    brush.rectangle((width // 2, 0, width, height // 2), fill="green")
    brush.rectangle((0, height // 2, width // 2, height), fill="blue")
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def clean(raw: bytes) -> CleanPicture:
    result = WORKSHOP.clean(raw)
    assert isinstance(result, CleanPicture), result
    return result


def corners(content: bytes) -> list[str]:
    """The colours of the four quarters, named, row by row."""
    picture = Image.open(io.BytesIO(content))
    width, height = picture.size
    names = []
    for y in (height // 4, height * 3 // 4):
        for x in (width // 4, width * 3 // 4):
            red, green, blue = (level > 90 for level in picture.getpixel((x, y)))  # type: ignore[union-attr]
            names.append(
                {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}[red, green, blue]
            )
    return names


def segments(jpeg: bytes) -> Iterator[int]:
    """The markers of a JPEG up to its pixels."""
    at = 2
    while jpeg[at + 1] != 0xDA:
        yield jpeg[at + 1]
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
def test_the_formats_that_phones_send_come_out_as_one(kind: str) -> None:
    result = clean(saved(scene(), kind))
    assert (result.width, result.height) == (800, 600)
    assert corners(result.content) == ["red", "green", "blue", "white"]
    assert Image.open(io.BytesIO(result.content)).format == "JPEG"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_every_way_to_write_colour_is_understood(mode: str) -> None:
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG"}.get(mode, "PNG")
    picture = (
        scene(64, 48).convert("L").point(lambda level: level * 257, "I").convert("I;16") if mode == "I;16" else None
    )
    result = clean(saved(picture or scene(64, 48, mode), kind))
    seen = Image.open(io.BytesIO(result.content)).convert("L")
    assert seen.getpixel((48, 36)) > 240  # type: ignore[operator]
    assert seen.getpixel((16, 36)) < 60 or mode == "1"  # type: ignore[operator]


def test_what_is_seen_through_stands_on_white() -> None:
    glass = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    result = clean(saved(glass, "PNG"))
    assert Image.open(io.BytesIO(result.content)).getpixel((20, 20)) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_the_camera_was_held(orientation: int) -> None:
    stored = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Pillow's transposes that undo each
    picture = scene() if stored is None else scene().transpose(Image.Transpose(stored))
    notes = Image.Exif()
    notes[0x0112] = orientation
    result = clean(saved(picture, "JPEG", exif=notes))
    assert (result.width, result.height) == (800, 600)
    assert corners(result.content) == ["red", "green", "blue", "white"]


def annotated_jpeg() -> bytes:
    notes = Image.Exif()
    notes[0x010E] = SECRET.decode()
    notes.get_ifd(0x8825)[2] = (35.0, 4.0, 0.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {
        "exif": notes,
        "comment": SECRET,
        "icc_profile": profile,
        "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>",
    }
    return saved(scene(), "JPEG", **options) + b"<script>" + SECRET


def annotated_png() -> bytes:
    notes = PngInfo()
    notes.add_text("Comment", SECRET.decode())
    notes.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return saved(scene(), "PNG", pnginfo=notes)


@pytest.mark.promise
@pytest.mark.parametrize("made", [annotated_jpeg, annotated_png])
def test_a51_nothing_but_pixels_is_left(made: Callable[[], bytes]) -> None:
    raw = made()
    assert SECRET in raw
    result = clean(raw)
    for jpeg in (result.content, result.thumbnail):
        assert set(segments(jpeg)) <= {0xE0, 0xDB, 0xC0, 0xC4}
        assert jpeg.endswith(b"\xff\xd9")
        assert not any(word in jpeg for word in (SECRET, b"Exif", b"xmp", b"ICC_PROFILE", b"script"))


def test_a_large_photograph_becomes_small_and_its_thumbnail_smaller() -> None:
    noise = Image.effect_noise((4000, 3000), 80).convert("RGB")
    result = clean(saved(noise, "JPEG", quality=60))
    assert (result.width, result.height) == (1600, 1200)
    assert len(result.content) <= 300_000
    assert len(result.thumbnail) <= 60_000
    assert max(Image.open(io.BytesIO(result.thumbnail)).size) == 480


def test_alike_pictures_look_alike_and_others_do_not() -> None:
    first = Image.effect_noise((8, 8), 90).resize((800, 600), Image.Resampling.BICUBIC)
    looks = [clean(saved(picture, "PNG")).look for picture in (first, first.resize((500, 375)), scene())]
    assert all(-(1 << 63) <= look < 1 << 63 for look in looks)  # fits a signed column
    assert bits_apart(looks[0], looks[1]) <= 6
    assert bits_apart(looks[0], looks[2]) > 12


def bits_apart(one: int, other: int) -> int:
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def png_of_zeros(side: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def gif_of_frames(count: int) -> bytes:
    once = saved(Image.new("P", (500, 500)), "GIF")
    frame = once[once.index(b",") : -1]
    return once[:-1] + frame * (count - 1) + b";"


def lying_png() -> bytes:
    raw = bytearray(saved(scene(), "PNG"))
    raw[16:24] = struct.pack(">II", 4900, 4900)
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
    return bytes(raw)


def text_bomb() -> bytes:
    notes = PngInfo()
    notes.add_text("a", "x" * (1 << 16), zip=True)
    raw = saved(scene(8, 8), "PNG", pnginfo=notes)
    packed = zlib.compress(bytes(80 * MIB))
    content = b"a\0\0" + packed
    bomb = struct.pack(">I", len(content)) + b"zTXt" + content + struct.pack(">I", zlib.crc32(b"zTXt" + content))
    return raw[:33] + bomb + raw[33:]


REFUSED = [
    ("png_12000", lambda: png_of_zeros(12_000), PictureRefusal.TOO_MANY_PIXELS),
    ("png_30000", lambda: png_of_zeros(30_000), PictureRefusal.TOO_MANY_PIXELS),
    ("truncated_jpeg", lambda: saved(scene(), "JPEG")[:-4000], PictureRefusal.BROKEN),
    ("truncated_png", lambda: saved(scene(), "PNG")[:200], PictureRefusal.BROKEN),
    ("lying_png", lying_png, PictureRefusal.BROKEN),
    ("text_bomb", text_bomb, PictureRefusal.BROKEN),
    ("jpeg_head_only", lambda: b"\xff\xd8\xff\xe0" + b"<script>alert(1)</script>" * 9, PictureRefusal.BROKEN),
    ("svg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', PictureRefusal.NOT_A_PICTURE),
    ("html", lambda: b"<!doctype html><script>x()</script>", PictureRefusal.NOT_A_PICTURE),
    ("pdf", lambda: b"%PDF-1.7", PictureRefusal.NOT_A_PICTURE),
    ("eps", lambda: b"%!PS-Adobe-3.0 EPSF-3.0", PictureRefusal.NOT_A_PICTURE),
    ("heic", lambda: b"\0\0\0\x18ftypheic" + bytes(50), PictureRefusal.NOT_A_PICTURE),
    ("riff", lambda: b"RIFF\0\0\0\0WEBPgarbage" + bytes(50), PictureRefusal.NOT_A_PICTURE),
    ("nothing", lambda: b"", PictureRefusal.NOT_A_PICTURE),
]


@pytest.mark.promise
@pytest.mark.parametrize(("make", "refusal"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a51_hostile_pictures_are_refused_and_cost_the_caller_nothing(
    make: Callable[[], bytes], refusal: PictureRefusal
) -> None:
    raw = make()
    before = psutil.Process().memory_info().rss
    assert WORKSHOP.clean(raw) is refusal
    assert psutil.Process().memory_info().rss - before < 20 * MIB


@pytest.mark.promise
def test_a51_of_ten_thousand_frames_only_the_first_is_looked_at() -> None:
    result = clean(gif_of_frames(10_000))
    assert (result.width, result.height) == (500, 500)


@pytest.mark.promise
@pytest.mark.slow
@pytest.mark.parametrize("options", [{"kind": "JPEG", "progressive": True}, {"kind": "PNG", "compress_level": 1}])
def test_a51_25_million_pixels_are_accepted(options: dict[str, object]) -> None:
    kind = str(options.pop("kind"))
    raw = saved(scene(5000, 5000), kind, **options)
    before = psutil.Process().memory_info().rss
    assert clean(raw).width == 1600
    assert psutil.Process().memory_info().rss - before < 20 * MIB


_PEAK = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "app.adapters.darkroom", *sys.argv[1:]], stdin=0, stdout=2, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def peak(kind: str, raw: bytes) -> int:
    """The most memory that a child has while it develops this picture."""
    asked = [sys.executable, "-c", _PEAK, kind, str(most_pixels(kind)), str(640 * MIB), "10"]
    return int(subprocess.run(asked, input=raw, capture_output=True, check=True).stdout)


@pytest.mark.promise
@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "RGBA", {"compress_level": 1}),
        ("WEBP", "RGB", {}),
        ("BMP", "RGB", {}),
        ("GIF", "P", {}),
    ],
)
def test_a51_the_largest_picture_that_is_taken_costs_the_child_at_most_150_mb_more_than_the_smallest(
    kind: str, mode: str, options: dict[str, bool | int]
) -> None:
    side = int(most_pixels(kind) ** 0.5)
    largest, smallest = saved(scene(side, side, mode), kind, **options), saved(scene(8, 8, mode), kind)
    more = peak(kind, largest) - peak(kind, smallest)
    print(f"A51: {kind} {options}, {side} x {side}: {more / MIB:.0f} MB more")
    assert more <= 150 * MIB


@pytest.mark.promise
@pytest.mark.slow
def test_a51_a_webp_that_would_take_more_memory_than_that_is_refused() -> None:
    assert WORKSHOP.clean(saved(scene(2800, 2800), "WEBP", quality=10)) is PictureRefusal.TOO_MANY_PIXELS


def test_callers_wait_for_a_place_and_all_get_their_picture() -> None:
    workshop = PictureWorkshop(at_a_time=1)
    raw = saved(scene(80, 60), "JPEG")
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(workshop.clean, [raw] * 4))
    assert len(set(results)) == 1
    assert isinstance(results[0], CleanPicture)
