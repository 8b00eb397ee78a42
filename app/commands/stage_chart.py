"""Draws a kind of case as a chart: its stages from left to right, its moves as arrows with their names."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from app.domains.cases.preset import CaseKind
from app.domains.cases.preset.words import SAME

_WIDE, _HIGH, _GAP_X, _GAP_Y, _EDGE = 132, 58, 96, 66, 28
_INK, _LINE, _OPEN, _ENDED, _LATE = "#1f2d3d", "#8a94a0", "#eaf3ec", "#f3efe6", "#b4552d"


class _Box(NamedTuple):
    column: int
    row: int

    @property
    def x(self) -> int:
        return _EDGE + self.column * (_WIDE + _GAP_X)

    @property
    def y(self) -> int:
        return _EDGE + 40 + self.row * (_HIGH + _GAP_Y)


def chart(kind: CaseKind) -> str:
    """An SVG picture of a kind."""
    boxes = _places(kind)
    width = max(box.x for box in boxes.values()) + _WIDE + _EDGE
    height = max(box.y for box in boxes.values()) + _HIGH + _EDGE + 40
    parts = [*_arrows(kind, boxes), *_stages(kind, boxes)]
    title = f'<text x="{_EDGE}" y="{_EDGE + 8}" font-size="18" font-weight="600">{escape(kind.name)}　{escape(kind.version)}</text>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    style = f' font-family="sans-serif" font-size="13" fill="{_INK}">'
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{_LINE}"/></marker></defs><rect width="100%" height="100%" fill="#fff"/>'
    )
    return "\n".join([head + style, marker, title, *parts, "</svg>", ""])


def _places(kind: CaseKind) -> dict[str, _Box]:
    """Open stages in the order of the file, from left to right; the ends in a row below."""
    opened = [name for name, stage in kind.stage.items() if stage.outcome is None]
    ended = [name for name, stage in kind.stage.items() if stage.outcome is not None]
    order = sorted(ended, key=lambda name: _middle_of(kind, opened, name))
    step = max(1, (len(opened) - 1) // max(1, len(ended) - 1))
    return {name: _Box(column, 1) for column, name in enumerate(opened)} | {
        name: _Box(column * step, 3) for column, name in enumerate(order)
    }


def _middle_of(kind: CaseKind, opened: list[str], end: str) -> float:
    """Below which part of the row an end lies: in the middle of the stages that lead to it."""
    before = [opened.index(s) for move in kind.move.values() if move.to == end for s in move.from_ if s in opened]
    return sum(before) / len(before) if before else 0.0


def _stages(kind: CaseKind, boxes: dict[str, _Box]) -> Iterator[str]:
    for name, box in boxes.items():
        stage = kind.stage[name]
        fill = _ENDED if stage.outcome else _OPEN
        below = "结束" if stage.outcome else _waits(kind, name)
        yield f'<rect x="{box.x}" y="{box.y}" width="{_WIDE}" height="{_HIGH}" rx="8" fill="{fill}" stroke="{_LINE}"/>'
        middle = box.x + _WIDE // 2
        yield f'<text x="{middle}" y="{box.y + 25}" text-anchor="middle" font-weight="600">{escape(stage.name)}</text>'
        yield f'<text x="{middle}" y="{box.y + 45}" text-anchor="middle" font-size="11">{escape(below)}</text>'


def _waits(kind: CaseKind, name: str) -> str:
    stage = kind.stage[name]
    party, clock = kind.party[stage.waits_on or ""], kind.clock[stage.clock or ""]
    return f"等{party.name}，时限“{clock.name}”"


def _arrows(kind: CaseKind, boxes: dict[str, _Box]) -> Iterator[str]:
    together: dict[tuple[str, str], list[str]] = {}
    for move in kind.move.values():
        for stage in move.from_:
            if move.to not in {SAME, stage}:
                together.setdefault((stage, move.to), []).append(move.name + ("（到时）" if "clock" in move.by else ""))
    for number, ((start, end), names) in enumerate(together.items()):
        yield from _arrow(boxes[start], boxes[end], "、".join(names), bend=number % 3)


def _arrow(start: _Box, end: _Box, words: str, *, bend: int) -> Iterator[str]:
    """Forward over the row, back under it, to an end straight down; far ones in wider bows."""
    is_back, far, lift = end.column < start.column, abs(end.column - start.column), 0
    if end.row != start.row:
        x1, x2 = start.x + _WIDE // 2 + 14 * (bend - 1), end.x + _WIDE // 2 + 14 * (bend - 1)
        y1, y2 = (start.y, end.y + _HIGH) if _is_ended(start) else (start.y + _HIGH, end.y)
    elif far == 1 and not is_back:
        x1, y1, x2, y2 = start.x + _WIDE, start.y + _HIGH // 2, end.x, end.y + _HIGH // 2
    else:
        x1, x2 = start.x + _WIDE // 2, end.x + _WIDE // 2
        y1 = y2 = start.y + (_HIGH if is_back else 0)
        lift = (1 if is_back else -1) * (26 + 15 * far)
    middle_x, middle_y = (x1 + x2) // 2, (y1 + y2) // 2 + lift
    colour = _LATE if (is_back and end.row == start.row) or _is_ended(start) else _LINE
    yield f'<path d="M{x1} {y1} Q{middle_x} {middle_y} {x2} {y2}" fill="none" stroke="{colour}" marker-end="url(#tip)"/>'
    shift = 13 * (bend - 1) if end.row != start.row else 0
    place = f'x="{middle_x}" y="{(y1 + y2 + 2 * middle_y) // 4 - 5 + shift}" text-anchor="middle" font-size="11"'
    yield f'<text {place} fill="{colour if colour == _LATE else _INK}">{escape(words)}</text>'


def _is_ended(box: _Box) -> bool:
    """Whether a box stands in the row of ends: an arrow from it opens the case again."""
    return box.row > 1
