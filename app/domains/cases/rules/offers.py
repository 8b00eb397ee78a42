"""Which moves somebody is offered now: those of his places in this stage whose conditions can still be met."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domains.cases.preset.model import CaseKind, Move
from app.domains.cases.preset.words import word


class Weight(StrEnum):
    """How a phone should show a move."""

    word = "word"  # a judgement of those whose matter it is: the answers weigh the same
    main = "main"  # what whoever is waited on does to bring the case on
    side = "side"  # everything else: handing it on, ending it otherwise


@dataclass(frozen=True, slots=True)
class Course:
    """How far a case has come, as far as moves depend on it."""

    stage: str
    moves_made: tuple[str, ...]
    consents: frozenset[str]
    closed_at: datetime | None
    has_worked: bool  # whoever asks has worked on it, so that he does not say himself that it is solved


@dataclass(frozen=True, slots=True)
class Offer:
    """One move that somebody may make now."""

    key: str
    name: str
    form: str | None
    outcome: str | None
    weight: Weight


def offers(kind: CaseKind, course: Course, places: Collection[str], *, now: datetime) -> Iterator[Offer]:
    """The moves of somebody in these places, in the order of the kind."""
    for key, move in kind.move.items():
        mine = set(move.by) & set(places)
        if course.stage in move.from_ and mine and _can_be(kind, key, course, now=now):
            target = kind.stage.get(move.to)
            yield Offer(
                key, move.name, move.form, target.outcome if target else None, _weight(kind, move, course, mine=mine)
            )


def _can_be(kind: CaseKind, key: str, course: Course, *, now: datetime) -> bool:
    move = kind.move[key]
    if _solves(kind, move) and course.has_worked:
        return False
    return all(_is_met(one, key, course, now=now) for one in move.needs)


def _is_met(said: str, key: str, course: Course, *, now: datetime) -> bool:
    one = word(said)
    if one.verb == "times":
        return course.moves_made.count(key) < one.number
    if one.verb == "within":
        return course.closed_at is not None and now <= course.closed_at + timedelta(days=one.number)
    return one.verb != "consent" or one.about in course.consents


def _solves(kind: CaseKind, move: Move) -> bool:
    target = kind.stage.get(move.to)
    return target is not None and target.outcome == "solved"


def _weight(kind: CaseKind, move: Move, course: Course, *, mine: Collection[str]) -> Weight:
    if any(_solves(kind, other) and set(other.from_) == set(move.from_) for other in kind.move.values()):
        return Weight.word
    ends = kind.stage[move.to].outcome if move.to in kind.stage else None
    is_waited_on = kind.stage[course.stage].waits_on in mine
    hands_on = any(word(one).verb == "next_unit" for one in move.needs)
    return Weight.main if is_waited_on and ends is None and not hands_on else Weight.side
