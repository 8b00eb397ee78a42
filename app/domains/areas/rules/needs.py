"""Which household of a zone comes first, and why it stands there: every row of the list says its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUMBER = re.compile(r"[0-9]+|[零〇一二三四五六七八九十百两]+")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each reason weighs; from the preset."""

    flags: Mapping[str, int]
    never_visited: int
    owed: int
    long_ago: int
    long_ago_days: int


@dataclass(frozen=True, slots=True)
class Need:
    """How much a household waits for a visit, and why, in words."""

    weight: int
    why: str


def need_of(*, days_since: int | None, flags: Sequence[str], is_owed: bool, weights: Weights) -> Need:
    """How much a household waits: never visited, long ago, marked, owed this month. A visited one says when."""
    weight, reasons = _of_time(days_since, weights)
    marked = [flag for flag in flags if weights.flags.get(flag, 0) > 0]
    if is_owed:
        weight += weights.owed
        reasons = reasons or ["这个月还没去"]
    elif days_since is not None:
        return Need(weight // 4, _visited(days_since))
    weight += sum(weights.flags[flag] for flag in marked)
    return Need(weight, "，".join(["、".join(marked)] * bool(marked) + (reasons or [_visited(days_since or 0)])))


def _of_time(days_since: int | None, weights: Weights) -> tuple[int, list[str]]:
    if days_since is None:
        return weights.never_visited, ["还没有去过"]
    spans = days_since // weights.long_ago_days
    return weights.long_ago * spans + days_since, [f"有 {days_since} 天没去了"] if spans else []


def _visited(days_since: int) -> str:
    return ("今天去过", "昨天去过")[days_since] if days_since < 2 else f"{days_since} 天前去过"


def days_between(visited_on: date | None, today: date) -> int | None:
    """Full days since a visit; none for a household that was never visited."""
    return None if visited_on is None else max((today - visited_on).days, 0)


def in_order(text: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts groups and numbers as people count: 二组 before 十组, 9 before 10."""
    parts: list[tuple[int, str]] = []
    end = 0
    for found in _NUMBER.finditer(text):
        if between := text[end : found.start()]:
            parts.append((-1, between))
        parts.append((_value(found[0]), ""))
        end = found.end()
    return (*parts, (-1, text[end:])) if text[end:] else tuple(parts)


def _value(written: str) -> int:
    """The value of digits, or of Chinese numerals up to 999."""
    if written.isdecimal() and written.isascii():
        return int(written)
    total = pending = 0
    for sign in written:
        if sign in "十百":
            total += max(pending, 1) * (10 if sign == "十" else 100)
            pending = 0
        else:
            pending = _DIGITS[sign]
    return total + pending
