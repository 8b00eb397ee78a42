"""Pictures that people of the demo have taken: small drawings of a village, sent as a phone sends its photographs."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from random import Random

from PIL import Image, ImageDraw

from app.demo.then import Stage
from app.domains.media import actions as media
from app.domains.media.ports import Storage
from app.domains.media.rules import FileKind

SIZE = (960, 720)
_HORIZON = 380
_NIGHT, _DAY = ((22, 32, 58), (58, 70, 102)), ((168, 205, 224), (236, 240, 226))
_HILLS = ((122, 150, 120), (96, 128, 98))
Pen = ImageDraw.ImageDraw


def photograph(stage: Stage, who: str, what: str, *, seed: int) -> str:
    """Somebody takes a picture and sends it; answers its id as forms name it."""
    raw = drawn(what, seed)
    with stage.acting(who) as tx:
        file_id = tx.new_id()
        name = f"raw/{file_id.hex}"
        new = media.NewFile(file_id, FileKind.picture, name, byte_count=len(raw), sha256=hashlib.sha256(raw).digest())
        media.receive_file(tx, new)
    stage.runtime.port(Storage).put(name, raw)
    return str(file_id)


def drawn(what: str, seed: int) -> bytes:
    """A picture of a thing, as JPEG; each seed has hills, houses and a sky of its own."""
    rng = Random(f"{what}:{seed}")
    picture = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(picture)
    _sky(pen, _NIGHT if what in {"dark", "lamp"} else _DAY)
    for shade, height in zip(_HILLS, (rng.randint(90, 220), rng.randint(40, 110)), strict=True):
        _hills(pen, rng, shade=shade, height=height)
    pen.rectangle((0, _HORIZON, *SIZE), fill=(146 + rng.randint(-12, 12), 128, 96))
    for _ in range(rng.randint(1, 3)):
        _house(pen, rng)
    _THINGS[what](pen, rng)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def _sky(pen: Pen, colours: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    top, low = colours
    for y in range(_HORIZON):
        share = y / _HORIZON
        pen.line((0, y, SIZE[0], y), fill=tuple(round(a + (b - a) * share) for a, b in zip(top, low, strict=True)))


def _hills(pen: Pen, rng: Random, *, shade: tuple[int, ...], height: int) -> None:
    tops = [(x, _HORIZON - rng.randint(height // 4, height)) for x in range(0, SIZE[0] + 1, 160)]
    pen.polygon([(0, _HORIZON), *tops, (SIZE[0], _HORIZON)], fill=shade)


def _house(pen: Pen, rng: Random) -> None:
    x, w, h = rng.randint(20, 760), rng.randint(130, 220), rng.randint(80, 120)
    low = _HORIZON + rng.randint(10, 60)
    pen.rectangle((x, low - h, x + w, low), fill=(222, 210, 188))
    pen.polygon([(x - 14, low - h), (x + w // 2, low - h - 52), (x + w + 14, low - h)], fill=(112, 74, 62))
    pen.rectangle((x + w // 2 - 18, low - 58, x + w // 2 + 18, low), fill=(96, 62, 48))


def _lamp(pen: Pen, rng: Random) -> None:
    x = rng.randint(300, 640)
    for radius in range(190, 30, -16):
        light = 255 - radius // 2
        pen.ellipse((x - radius, 190 - radius, x + radius, 190 + radius), fill=(light, light - 20, light // 2))
    _dark(pen, Random(x), at=x)


def _dark(pen: Pen, rng: Random, *, at: int = 0) -> None:
    x = at or rng.randint(300, 640)
    pen.rectangle((x - 7, 190, x + 7, 600), fill=(70, 74, 78))
    pen.ellipse((x - 26, 166, x + 26, 206), fill=(246, 232, 170) if at else (86, 92, 100))


def _ditch(pen: Pen, rng: Random) -> None:
    x = rng.randint(240, 520)
    pen.polygon([(x, _HORIZON), (x + 60, _HORIZON), (x + 320, 720), (x - 120, 720)], fill=(88, 104, 100))
    for _ in range(40):
        y = rng.randint(_HORIZON + 30, 700)
        left = x + rng.randint(-60, 200)
        pen.ellipse((left, y, left + rng.randint(14, 60), y + 16), fill=(104, 84, 52))


def _well(pen: Pen, rng: Random) -> None:
    x = rng.randint(260, 560)
    pen.ellipse((x - 120, 520, x + 120, 610), fill=(150, 150, 146))
    pen.ellipse((x - 84, 534, x + 84, 594), fill=(40, 52, 60))
    for post in range(-120, 121, 60):
        pen.line((x + post, 560, x + post + rng.randint(-22, 22), 440), fill=(92, 84, 74), width=10)


def _road(pen: Pen, rng: Random) -> None:
    x = rng.randint(300, 620)
    pen.polygon([(x - 30, _HORIZON), (x + 30, _HORIZON), (x + 330, 720), (x - 330, 720)], fill=(178, 178, 172))
    pen.line((x, _HORIZON, x, 720), fill=(236, 234, 222), width=8)


def _yard(pen: Pen, rng: Random) -> None:
    for _ in range(rng.randint(3, 7)):
        x, y = rng.randint(60, 820), rng.randint(470, 640)
        pen.polygon([(x, y + 60), (x + 50, y), (x + 120, y + 60)], fill=(128, 116, 100))
    pen.rectangle((0, 690, SIZE[0], 720), fill=(110, 92, 70))


def _table(pen: Pen, rng: Random) -> None:
    x = rng.randint(300, 560)
    for side, coat in ((-150, (74, 96, 132)), (150, (150, 74, 66))):
        pen.ellipse((x + side - 40, 380, x + side + 40, 460), fill=(226, 190, 160))
        pen.rounded_rectangle((x + side - 70, 450, x + side + 70, 640), 40, fill=coat)
    pen.rectangle((x - 110, 540, x + 110, 560), fill=(120, 78, 46))
    pen.ellipse((x - 30, 510, x + 30, 544), fill=(240, 236, 228))


def _paper(pen: Pen, rng: Random) -> None:
    x = rng.randint(240, 420)
    pen.rectangle((x, 200, x + 320, 640), fill=(248, 246, 238))
    pen.ellipse((x + 190, 500, x + 290, 600), outline=(198, 52, 44), width=9)
    for line in range(250, 480, 36):
        pen.line((x + 40, line, x + 40 + rng.randint(120, 240), line), fill=(120, 120, 120), width=7)


_THINGS: Mapping[str, Callable[[Pen, Random], None]] = {
    "dark": _dark,
    "lamp": _lamp,
    "ditch": _ditch,
    "well": _well,
    "road": _road,
    "yard": _yard,
    "table": _table,
    "paper": _paper,
}
