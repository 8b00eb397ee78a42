"""A PDF page measured in millimetres from its lower left corner, with our Chinese font on it.

fpdf2 makes the document, embeds the font and keeps the cross references; labels are written as page operators, because a
hundred thousand small texts through its cell layout would take minutes.
"""

from __future__ import annotations

import io
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from app.adapters.sheets.codes import Code

_FONT_FILE = Path(__file__).parents[2] / "assets" / "fonts" / "NotoSansSC-Names.otf"
_FONT = "names"
_UNPRINTABLE = "〓"  # the printer's mark for a character that is not in the case
_INVISIBLE = {"Cf", "Cc", "Mn", "Me"}
_POINTS_PER_MM = 72 / 25.4
_PAGE_HEIGHT = 297.0


class Paper:
    """An A4 document that is being drawn."""

    def __init__(self, title: str) -> None:
        from fpdf import FPDF

        self._pdf = FPDF(orientation="portrait", unit="mm", format="A4")
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_title(title)
        self._pdf.set_creator("连心 Lianxin")
        self._pdf.set_lang("zh-CN")
        self._pdf.add_font(_FONT, fname=_FONT_FILE)
        self._font: Any = self._pdf.fonts[_FONT]
        self._encoded = lru_cache(maxsize=4096)(self._font.encode_text)
        self.unprintable: set[str] = set()

    @property
    def pages(self) -> int:
        """How many pages there are by now."""
        return int(self._pdf.pages_count)

    def turn(self) -> None:
        """Begin a new page."""
        self._pdf.add_page()
        self._pdf.set_font(_FONT, size=10)
        self._pdf.text(0, 0, " ")  # fpdf2 lists a font among a page's resources when it writes a text itself

    def bookmark(self, name: str) -> None:
        """Put this page into the reader's list of contents."""
        self._pdf.start_section(name)

    def draw(self, operators: bytes, *, at: tuple[float, float]) -> None:
        """Draw something measured in millimetres, its origin at this place of the page."""
        x, y = at[0] * _POINTS_PER_MM, at[1] * _POINTS_PER_MM
        self._pdf._out(b"q %.5f 0 0 %.5f %.2f %.2f cm\n%b\nQ" % (_POINTS_PER_MM, _POINTS_PER_MM, x, y, operators))  # noqa: SLF001

    def picture(self, content: bytes, *, at: tuple[float, float], side: float) -> bool:
        """Put a square picture on the page, its lower left corner at this place; False when it is none that can be read.

        Sixteen colours are enough for WeChat's codes, and make a village's sheet a tenth as heavy.
        """
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
                few = opened.convert("RGB").quantize(16)
        except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
            return False
        self._pdf.image(few, x=at[0], y=_PAGE_HEIGHT - at[1] - side, w=side, h=side)
        return True

    def text(self, words: str, *, at: tuple[float, float], size: float, width: float, bold: bool = False) -> bytes:
        """Operators for one line; letters shrink until it fits the width. Bold is the same letters with a rim."""
        words = self.printable(words)
        size = min(size, width * 1000 / max(self._length(words), 1))
        rim = b"2 Tr %.3f w" % (size * 0.035) if bold else b"0 Tr"
        shown = self._encoded(words).encode("latin-1")
        return b"BT %b /F%d %.2f Tf %.2f %.2f Td %b ET" % (rim, self._font.i, size, *at, shown)

    def printable(self, words: str) -> str:
        """The words as they will be seen: composed, without invisible signs, 〓 for what the font does not have."""
        if all(ord(sign) in self._font.cw for sign in words):
            return words
        seen = [sign for sign in unicodedata.normalize("NFC", words) if unicodedata.category(sign) not in _INVISIBLE]
        lacking = {sign for sign in seen if ord(sign) not in self._font.cw}
        self.unprintable |= lacking
        return "".join(_UNPRINTABLE if sign in lacking else sign for sign in seen)

    def _length(self, words: str) -> int:
        return sum(int(self._font.cw[ord(sign)]) for sign in words)

    def write(self, out: Path | BinaryIO) -> None:
        """Finish the document."""
        self._pdf.output(out)


def code_operators(code: Code, *, at: tuple[float, float], side: float) -> bytes:
    """A code as a one-bit stencil inside the page: sharp at any size, a hundred bytes each."""
    rows, decoder = code.rows, b""
    if b"EI" in rows:  # the word that ends such data: a reader that searches for it must not find it inside
        rows, decoder = rows.hex().encode() + b">", b"/F /AHx "
    head = b"q %.2f 0 0 %.2f %.2f %.2f cm BI /W %d /H %d /BPC 1 /IM true /D [1 0] " % (
        side,
        side,
        *at,
        code.size,
        code.size,
    )
    return head + decoder + b"ID " + rows + b"\nEI Q"
