"""Binding slips on A4, to be cut and handed out: one a household, with a code that is typed once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.adapters.sheets.paper import Paper

_COLUMNS, _ROWS = 2, 8
_WIDTH, _HEIGHT = 105.0, 37.0
_LEFT, _TEXT_WIDTH = 10.0, 85.0


@dataclass(frozen=True, slots=True)
class SlipText:
    """What stands on one slip; the name is masked, the door tells whose it is."""

    door: str
    masked_name: str
    code: str
    until: str


def draw_slips(out: Path | BinaryIO, slips: Iterable[SlipText], *, title: str) -> int:
    """Draw the slips of a village and say how many pages they take."""
    paper = Paper(title)
    for position, slip in enumerate(slips):
        place = position % (_COLUMNS * _ROWS)
        if place == 0:
            paper.turn()
        row, column = divmod(place, _COLUMNS)
        paper.draw(_operators(paper, slip), at=(column * _WIDTH, 297.0 - (row + 1) * _HEIGHT))
    if not paper.pages:
        paper.turn()
    paper.write(out)
    return paper.pages


def _operators(paper: Paper, slip: SlipText) -> bytes:
    lines = (
        (f"{slip.door} {slip.masked_name}", 28.0, 4.2, True),
        (slip.code, 19.0, 7.5, True),
        ("微信搜“连心” 我的 用纸条 填上面的字母", 12.5, 3.2, False),
        (f"只能用一次 {slip.until}前有效 别给外人看", 7.5, 3.0, False),
    )
    return b"\n".join(
        paper.text(words, at=(_LEFT, at), size=size, width=_TEXT_WIDTH, bold=bold) for words, at, size, bold in lines
    )
