"""How alike two matters are told: by the pieces of two characters that their words share, so that the likeliest stands first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

_RUN = re.compile(r"[^\W_]+")


class Likeliest(NamedTuple):
    """Matters with the likeliest first, and how many of them share words."""

    ids: tuple[UUID, ...]
    alike: int


def likeness(one: str, other: str) -> float:
    """From 0, nothing in common, to 1: how many of both texts' pieces are in both."""
    ours, theirs = _pieces(one), _pieces(other)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours and theirs else 0.0


def likeliest(words: str, others: Mapping[UUID, str], *, most: int) -> Likeliest:
    """The likeliest first, else in their order; where they are too many, those told in quite other words are left out."""
    degree = {key: likeness(words, text) for key, text in others.items()}
    ranked = sorted(others, key=lambda key: -degree[key])
    if len(ranked) > most:
        ranked = [key for key in ranked if degree[key] or not _pieces(words) or not _pieces(others[key])]
    shown = tuple(ranked[:most])
    return Likeliest(shown, sum(degree[key] > 0 for key in shown))


def _pieces(text: str) -> frozenset[str]:
    return frozenset(a + b for run in _RUN.findall(text.lower()) for a, b in pairwise(run))
