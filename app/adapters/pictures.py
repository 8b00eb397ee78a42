"""Makes an uploaded photograph safe and small: decoded in a confined child, drawn anew, stripped of all it carried along.

What comes out is pixels only: no place, no time, no device, no hidden page or program. The file itself never gets further.
"""

from __future__ import annotations

import json
import threading

from app.adapters.confined import AnswerTooLong, Confined, TookTooLong
from app.domains.media.ports import CleanPicture, PictureRefusal

_MOST_PIXELS = 25_000_000
_MOST_PIXELS_OF = {"WEBP": 7_500_000, "BMP": 20_000_000}  # their decoders hold each pixel several times over
_MEMORY = 640 << 20  # the bound on the child's addresses, of which it uses a part
_CPU_SECONDS = 10
_PATIENCE = 15.0
_LONGEST_ANSWER = 4 << 20

_BEGINNINGS = {
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "BMP": (b"BM",),
}


class PictureWorkshop:
    """Draws strangers' pictures anew: upright, at most 1,600 pixels long and about 300 KB, with a thumbnail of 60 KB.

    The process that asks stays as small as it was. A child needs at most 150 MB above what it needs for the smallest
    picture, and only a few work at a time; further callers wait their turn.
    """

    def __init__(self, *, at_a_time: int = 2) -> None:
        self._places = threading.BoundedSemaphore(at_a_time)

    def clean(self, raw: bytes) -> CleanPicture | PictureRefusal:
        """The clean picture, or why there is none; never raises, whatever was sent."""
        kind = _kind_of(raw)
        if kind is None:
            return PictureRefusal.NOT_A_PICTURE
        limits = (str(most_pixels(kind)), str(_MEMORY), str(_CPU_SECONDS))
        with (
            self._places,
            Confined("app.adapters.darkroom", kind, *limits, patience=_PATIENCE, given=raw) as child,
        ):
            try:
                return _developed(child.answer(at_most=_LONGEST_ANSWER))
            except (TookTooLong, AnswerTooLong):
                return PictureRefusal.TOO_SLOW


def most_pixels(kind: str) -> int:
    """How large a picture of this kind may be, so that the child keeps to its memory."""
    return _MOST_PIXELS_OF.get(kind, _MOST_PIXELS)


def _kind_of(raw: bytes) -> str | None:
    """What the bytes are, whatever the name said; Apple's HEIC and drawings (SVG) are not taken."""
    for kind, beginnings in _BEGINNINGS.items():
        if raw.startswith(beginnings):
            return kind
    return "WEBP" if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP" else None


def _developed(answer: bytes) -> CleanPicture | PictureRefusal:
    """The child's answer: a line of JSON, then both files. A child that ended without a word used up its time."""
    head, _, files = answer.partition(b"\n")
    if not head:
        return PictureRefusal.TOO_SLOW
    about = json.loads(head)
    if "refused" in about:
        return PictureRefusal(about["refused"])
    cut = about["cut"]
    return CleanPicture(files[:cut], files[cut:], width=about["width"], height=about["height"], look=about["look"])
