"""Decisions about appraisals that need no database: who is drawn, what a panel has decided, what is shown, what looks alike."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from app.kernel.values import local_day, mask_name

LOOKED_ON = "on"  # in the detail of a look: the day of it, for what arrived later
THROUGH = "through"  # in the detail of a line: the person through whom somebody acted
SUBJECT = "appraisal:"  # a content check whose subject begins so waits for the appraisal of that id
PLATE = "plate"
_ADULT = 18
_LEAST_INFORMATION = 6  # of 64 bits: a blank wall and a night sky look like every other one


class Stage(StrEnum):
    """Where an appraisal stands; the order is the same for every kind."""

    checking = "checking"  # 初审
    trial = "trial"  # 创建期
    judging = "judging"  # 评议
    short = "short"  # 评议员不够，等村里补人
    published = "published"  # 公示
    objected = "objected"  # 异议复核
    in_force = "in_force"  # 生效
    refused = "refused"  # 未通过
    withdrawn = "withdrawn"  # 自己撤回
    declined = "declined"  # 被推荐的人说不用了


ENDED = frozenset({Stage.in_force, Stage.refused, Stage.withdrawn, Stage.declined})
BEFORE_JUDGING = frozenset({Stage.checking, Stage.trial})
SHOWN = frozenset({Stage.published, Stage.objected, Stage.in_force})


class Way(StrEnum):
    """Who declares: the household itself, a neighbour for it, or the member who keeps it."""

    villager = "villager"
    neighbour = "neighbour"
    member = "member"


class SeatState(StrEnum):
    """What became of a place on a panel."""

    asked = "asked"
    voted = "voted"
    stood_aside = "stood_aside"
    timed_out = "timed_out"
    released = "released"  # the appraisal ended before the vote


class ObjectionState(StrEnum):
    """What became of an objection."""

    open = "open"
    upheld = "upheld"
    dismissed = "dismissed"
    void = "void"  # the appraisal ended before the answer


class WordsState(StrEnum):
    """Whether the words may be shown to others than the panel."""

    checking = "checking"
    passed = "passed"
    held = "held"


class Step(StrEnum):
    """What is written in the timeline."""

    declared = "declared"
    nominated = "nominated"
    check_late = "check_late"
    checked = "checked"
    trial_began = "trial_began"
    looked_in = "looked_in"
    trial_short = "trial_short"
    panel_drawn = "panel_drawn"
    seat_replaced = "seat_replaced"
    panel_short = "panel_short"
    judged = "judged"
    published = "published"
    objected = "objected"
    answer_late = "answer_late"
    answered = "answered"
    in_force = "in_force"
    refused = "refused"
    withdrawn = "withdrawn"
    declined = "declined"


@dataclass(frozen=True, slots=True)
class Ballot:
    """One vote: yes with points and praise, or no with a reason."""

    is_yes: bool
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a full panel has decided; the reason is the one most named by the side that won."""

    is_yes: bool
    points: int
    yes_count: int
    no_count: int
    reason: str


def day_of_look(at: datetime, detail: Mapping[str, Any]) -> date:
    """The day on which somebody was at the door: as the phone told it, else the day it arrived."""
    told = detail.get(LOOKED_ON)
    return date.fromisoformat(told) if told else local_day(at)


def drawing_order(seed: str, persons: Iterable[UUID]) -> list[UUID]:
    """The order in which people are drawn: by a hash of the recorded seed and the person, so that anybody can check it.

    Who joins later has his own place in it, and who leaves moves nobody: replacements come from the same order.
    """
    return sorted(set(persons), key=lambda person: hashlib.sha256(f"{seed}:{person}".encode()).digest())


def chosen(seed: str, candidates: Iterable[UUID], *, count: int, rather_not: Collection[UUID] = ()) -> list[UUID]:
    """Whom the draw seats: new faces first, and those who have sat before only when there are too few of them."""
    order = drawing_order(seed, candidates)
    return sorted(order, key=lambda person: person in rather_not)[:count]


def verdict_of(ballots: Sequence[Ballot], *, seats: int, least_yes: int) -> Verdict | None:
    """What the panel has decided; None as long as a seat has not voted: fewer never decide."""
    if len(ballots) < seats:
        return None
    yes = [ballot for ballot in ballots if ballot.is_yes]
    is_yes = len(yes) >= least_yes
    winners = yes if is_yes else [ballot for ballot in ballots if not ballot.is_yes]
    return Verdict(is_yes, median(yes) if is_yes else 0, len(yes), len(ballots) - len(yes), _most_named(winners))


def median(yes: Sequence[Ballot]) -> int:
    """The middle of the points that the yes votes give; of two middles the smaller, so that nobody pays for a quarrel."""
    points = sorted(ballot.points for ballot in yes)
    return points[(len(points) - 1) // 2]


def _most_named(ballots: Sequence[Ballot]) -> str:
    counts = Counter(ballot.reason for ballot in ballots)
    return min(counts, key=lambda reason: (-counts[reason], reason))


def is_alike(one: int, other: int, *, most_bits: int) -> bool:
    """Whether two pictures are the same, also when one was made smaller or saved anew, by the hashes of their look."""
    return bits_apart(one, other) <= most_bits and tells_much(one) and tells_much(other)


def bits_apart(one: int, other: int) -> int:
    """In how many of 64 bits two looks differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


def tells_much(look: int) -> bool:
    """Whether a look says enough to be compared: a picture of nothing looks like every picture of nothing."""
    ones = (look & 0xFFFF_FFFF_FFFF_FFFF).bit_count()
    return _LEAST_INFORMATION <= ones <= 64 - _LEAST_INFORMATION


def period_of(period: str, day: date) -> str:
    """The period in which a household may have one appraisal of a kind; empty when it may have any number."""
    return f"{day.year}" if period == "year" else ""


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    return date(year, month + 1, day.day)


def is_minor(birth_year: int | None, today: date) -> bool:
    """Whether somebody may be under age: only the year is on file, so the year in which one turns eighteen still counts."""
    return birth_year is not None and today.year - birth_year <= _ADULT


def name_shown(name: str, *, names: str, is_near: bool, has_consent: bool) -> str:
    """A name as this reader may read it: whole at most inside the own village, and there as the kind says."""
    is_whole = is_near and (names == "village" or (names == "with_consent" and has_consent))
    return name if is_whole else mask_name(name)
