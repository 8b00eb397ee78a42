"""Draws a kind of appraisal as a chart: its fixed order from left to right, with who acts, in how many days, and what a doubt does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple

from app.domains.appraisals.preset import AppraisalKind
from app.domains.identity.preset import Role

_WIDE, _HIGH, _GAP, _EDGE, _TOP = 168, 76, 44, 28, 92
_INK, _LINE, _STEP, _END, _DOUBT = "#1f2d3d", "#8a94a0", "#eaf3ec", "#f3efe6", "#b4552d"


class _Step(NamedTuple):
    name: str
    who: str
    when: str


def chart(kind: AppraisalKind, roles: Mapping[str, Role]) -> str:
    """An SVG picture of a kind."""
    steps = list(_steps(kind, roles))
    width, height = _x(len(steps)) - _GAP + _EDGE, _TOP + _HIGH + 110
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    marker = (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{_LINE}"/></marker></defs><rect width="100%" height="100%" fill="#fff"/>'
    )
    title = f'<text x="{_EDGE}" y="{_EDGE + 8}" font-size="18" font-weight="600">{escape(kind.name)}</text>'
    style = f' font-family="sans-serif" font-size="13" fill="{_INK}">'
    names = [step.name for step in steps]
    parts = [
        part for number, step in enumerate(steps) for part in _drawn(number, step, is_last=number + 1 == len(steps))
    ]
    return "\n".join([head + style, marker, title, *parts, *_doubt(kind, names, roles), "</svg>", ""])


def _steps(kind: AppraisalKind, roles: Mapping[str, Role]) -> Iterator[_Step]:
    yield _Step(
        "申报",
        "、".join(_WHO[each] for each in sorted(kind.declare_by)),
        f"{kind.backdate_days} 天以内的事" if kind.backdate_days else "什么时候都行",
    )
    if kind.check:
        yield _Step("初审", _office(kind.check.by, roles), f"{kind.check.working_days} 个工作日")
    if kind.trial:
        yield _Step("试行", f"上门看 {kind.trial.looks} 次", f"{kind.trial.days} 天")
    panel = kind.panel
    drawn = f"抽 {panel.draw} 位{_office(panel.of, roles)}"
    yield _Step("评议", f"{drawn}，{panel.least_yes} 位同意才过", f"{panel.working_days} 个工作日")
    yield _Step("公示", _NAMES[kind.publish.names], f"{kind.publish.days} 天")
    yield _Step("生效", *_given(kind))


_NAMES = {"village": "名字只给本村看全", "with_consent": "本人同意才写全名", "masked": "名字都遮一半"}
_WHO = {"villager": "自家", "neighbour": "邻居", "member": "联户党员"}


def _given(kind: AppraisalKind) -> tuple[str, str]:
    if kind.gives.what == "star":
        return "授星", f"管 {kind.gives.months} 个月"
    most = max(item.points[1] for item in kind.item.values())
    return "积分记到这家账上", f"一件最多 {most} 分"


def _office(words: str, roles: Mapping[str, Role]) -> str:
    role = roles.get(words.partition("@")[0])
    return role.name if role else words


def _x(number: int) -> int:
    return _EDGE + number * (_WIDE + _GAP)


def _drawn(number: int, step: _Step, *, is_last: bool) -> Iterator[str]:
    x, middle = _x(number), _x(number) + _WIDE // 2
    fill = _END if is_last else _STEP
    yield f'<rect x="{x}" y="{_TOP}" width="{_WIDE}" height="{_HIGH}" rx="8" fill="{fill}" stroke="{_LINE}"/>'
    for words, below, style in ((step.name, 24, ' font-weight="600"'), (step.who, 44, _SMALL), (step.when, 63, _SMALL)):
        yield f'<text x="{middle}" y="{_TOP + below}" text-anchor="middle"{style}>{escape(words)}</text>'
    if not is_last:
        y = _TOP + _HIGH // 2
        yield f'<path d="M{x + _WIDE} {y} L{x + _WIDE + _GAP - 2} {y}" stroke="{_LINE}" marker-end="url(#tip)"/>'


_SMALL = ' font-size="10.5"'


def _doubt(kind: AppraisalKind, names: list[str], roles: Mapping[str, Role]) -> Iterator[str]:
    """An objection leads from the board back to the judges, or to the office that answers it."""
    start, end, y = _x(names.index("公示")) + _WIDE // 2, _x(names.index("评议")) + _WIDE // 2, _TOP + _HIGH
    by = "重新抽人评" if kind.objection.answered_by == "panel" else f"{_office(kind.objection.answered_by, roles)}答复"
    words = f"有异议：{by}，{kind.objection.working_days} 个工作日"
    path = f"M{start} {y} Q{(start + end) // 2} {y + 90} {end} {y}"
    yield f'<path d="{path}" fill="none" stroke="{_DOUBT}" marker-end="url(#tip)"/>'
    yield f'<text x="{(start + end) // 2}" y="{y + 66}" text-anchor="middle" font-size="11" fill="{_DOUBT}">{words}</text>'
