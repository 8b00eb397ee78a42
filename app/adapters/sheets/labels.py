"""Draws door labels: 24 on an A4 page, in the measure of the self-adhesive sheets that every stationer sells (70 × 37 mm).

On plain paper the hairlines show where to cut. Each label has the household's code, where it is, whose door it is (masked),
and one line that says what to do with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.adapters.sheets.codes import CodePress
from app.adapters.sheets.paper import Paper, code_operators

_COLUMNS, _ROWS = 3, 8
_PER_PAGE = _COLUMNS * _ROWS
_WIDTH, _HEIGHT = 70.0, 37.0
_PAGE_HEIGHT = 297.0
_MARGIN = (_PAGE_HEIGHT - _ROWS * _HEIGHT) / 2

_CODE_AT, _CODE_SIDE = (5.0, 5.0), 27.0
_TEXT_LEFT, _TEXT_WIDTH = 36.0, 29.5

_INK = b"0 g 0 G"
_QUIET = b"0.27 g 0.27 G"
_GREEN = b"0.059 0.333 0.322 rg 0.059 0.333 0.322 RG"

# 连心's mark, two peaks over three ripples, drawn on a field of 64 × 64 with y downwards.
_MARK = b"""q 0.095 0 0 -0.095 60 11.4 cm 1 J 1 j
0.09 0.42 0.4 rg 0.09 0.42 0.4 RG 7 w 10 30 m 21 13 l 32 26 l 42 15 l 54 30 l b
5 w 12 40.5 m 16 37.5 19 37.5 22 40.5 c 25 43.5 29 43.5 32 40.5 c 35 37.5 39 37.5 42 40.5 c 45 43.5 48 43.5 52 40.5 c S
0.31 0.61 0.58 RG 21 49 m 24.5 46.5 26.5 46.5 29 49 c 31.5 51.5 34 51.5 36.5 49 c 39 46.5 40.5 46.5 43 49 c S
0.55 0.76 0.73 RG 29 57.2 m 31 55.6 33 55.6 35 57.2 c S Q"""


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed for one door; the head's name arrives masked. `picture` is WeChat's round code, instead of the square one."""

    url: str
    village: str
    group: str
    number: str
    head_masked: str
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Unprintable:
    """Characters of one label that the font does not have; they were printed as 〓. Labels count from 1."""

    label: int
    characters: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of it."""

    labels: int
    pages: int
    unprintable: tuple[Unprintable, ...]
    pictures: int = 0


def draw_labels(
    out: Path | BinaryIO,
    labels: Iterable[Label],
    *,
    title: str,
    page_per_village: bool = False,
) -> Drawn:
    """Draw a PDF of door labels, villages bookmarked, for whoever prints and hands them out.

    With `page_per_village` each village begins on a page of its own, so that a stack can be parted without scissors.
    """
    desk = _Desk(Paper(title), page_per_village=page_per_village)
    for label in labels:
        desk.lay(label)
    if not desk.count:
        desk.paper.turn()
    desk.paper.write(out)
    return Drawn(desk.count, desk.paper.pages, tuple(desk.unprintable), desk.pictures)


class _Desk:
    """Lays one label after the other and knows where the next one goes."""

    def __init__(self, paper: Paper, *, page_per_village: bool) -> None:
        self.paper = paper
        self.count = self.pictures = 0
        self.unprintable: list[Unprintable] = []
        self._page_per_village = page_per_village
        self._press = CodePress()
        self._village: str | None = None
        self._place = _PER_PAGE
        self._invitation = _invitation(paper)

    def lay(self, label: Label) -> None:
        self._make_room(label.village)
        row, column = divmod(self._place, _COLUMNS)
        at = (column * _WIDTH, _PAGE_HEIGHT - _MARGIN - (row + 1) * _HEIGHT)
        has_picture = self._lay_picture(label, at)
        self.paper.draw(self._operators(label, with_code=not has_picture), at=at)
        self._place += 1
        self.count += 1
        self._note_unprintable()

    def _lay_picture(self, label: Label, at: tuple[float, float]) -> bool:
        """WeChat's picture where the square code would be; what cannot be read leaves the square one in its place."""
        if label.picture is None:
            return False
        place = (at[0] + _CODE_AT[0], at[1] + _CODE_AT[1])
        is_laid = self.paper.picture(label.picture, at=place, side=_CODE_SIDE)
        self.pictures += is_laid
        return is_laid

    def _make_room(self, village: str) -> None:
        is_new = village != self._village
        if self._place >= _PER_PAGE or (is_new and self._page_per_village):
            self.paper.turn()
            self.paper.draw(_cutting_lines(), at=(0, _MARGIN))
            self._place = 0
        if is_new:
            self.paper.bookmark(self.paper.printable(village) or "—")
            self._village = village

    def _operators(self, label: Label, *, with_code: bool) -> bytes:
        return b"\n".join(
            (
                _INK,
                code_operators(self._press.press(label.url), at=_CODE_AT, side=_CODE_SIDE) if with_code else b"",
                self._line(label.village, at=28.0, size=4.5, bold=True),
                self._line(label.number, at=18.1, size=6.2, bold=True),
                _QUIET,
                self._line(label.group, at=24.5, size=3.2),
                self._line(label.head_masked, at=14.0, size=3.2),
                self._invitation,
            )
        )

    def _line(self, words: str, *, at: float, size: float, bold: bool = False) -> bytes:
        return self.paper.text(words, at=(_TEXT_LEFT, at), size=size, width=_TEXT_WIDTH, bold=bold)

    def _note_unprintable(self) -> None:
        if self.paper.unprintable:
            self.unprintable.append(Unprintable(self.count, "".join(sorted(self.paper.unprintable))))
            self.paper.unprintable.clear()


def _invitation(paper: Paper) -> bytes:
    """The part that is alike on every label: what this code is for, and the mark."""
    rule = b"0.2 w %.2f 12 m %.2f 12 l S" % (_TEXT_LEFT, _TEXT_LEFT + _TEXT_WIDTH)
    first = paper.text("微信扫一扫", at=(_TEXT_LEFT, 8.5), size=3.0, width=23, bold=True)
    second = paper.text("记走访、说事情", at=(_TEXT_LEFT, 5.3), size=2.7, width=23)
    return b"\n".join((_GREEN, rule, first, second, _MARK))


def _cutting_lines() -> bytes:
    """Hairlines between the labels of one page; pale, so that a crooked cut does not show."""
    down = [b"%.1f 0 m %.1f %.1f l" % (_WIDTH * i, _WIDTH * i, _HEIGHT * _ROWS) for i in range(1, _COLUMNS)]
    across = [b"0 %.1f m %.1f %.1f l" % (_HEIGHT * i, _WIDTH * _COLUMNS, _HEIGHT * i) for i in range(1, _ROWS)]
    return b"0.75 G 0.1 w " + b" ".join(down + across) + b" S"
