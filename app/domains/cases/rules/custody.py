"""Papers that somebody holds for somebody: what was taken in and what was given back, counted piece by piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from app.domains.cases.preset.model import CaseKind

TAKE_IN, HAND_BACK, NOT_BACK, ALL_BACK = "take_in", "hand_back", "not_back", "all_back"
COUNTED = frozenset({TAKE_IN, HAND_BACK, NOT_BACK})


def named(kind: CaseKind, form: str, values: Mapping[str, Any]) -> Counter[str]:
    """The papers that a form names, in all its fields of papers together."""
    fields = kind.form.get(form, {})
    return Counter(paper for name, one in fields.items() if one.type == "papers" for paper in values.get(name, []))


def held(kind: CaseKind, told: Iterable[tuple[str, Mapping[str, Any]]]) -> Counter[str]:
    """What is still held after these moves, each with what was written in its form.

    What somebody says he has not got was not given back: it is held as before.
    """
    left: Counter[str] = Counter()
    underway: Counter[str] = Counter()
    for name, values in told:
        move = kind.move.get(name)
        papers = named(kind, move.form or "", values) if move else Counter()
        does = move.does if move else ()
        if TAKE_IN in does:
            left.update(papers)
        if HAND_BACK in does:
            underway = papers & left  # what came new from an office was never held
            left -= underway
        if NOT_BACK in does:
            left.update(underway)
            underway = Counter()
    return left


def says(papers: Counter[str]) -> str:
    """Papers as people read them: 身份证、一寸照片（2 份）."""
    return "、".join(f"{name}（{count} 份）" if count > 1 else name for name, count in papers.items())
