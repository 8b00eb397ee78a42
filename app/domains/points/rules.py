"""Decisions about points: which account is whose, how much room caps and budgets leave, and what of a claim is given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

Per = Literal["event", "month", "quarter", "year"]
FLOOR = "floor"
_MONTHS: Mapping[Per, int] = {"month": 1, "quarter": 3, "year": 12}


class AccountKind(StrEnum):
    """Whose account it is."""

    household = "household"
    fund = "fund"


class TransferKind(StrEnum):
    """Why points moved: 加分, 扣分, 冲正, 调整."""

    award = "award"
    deduction = "deduction"
    reversal = "reversal"
    adjustment = "adjustment"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many points of one rule for a household, each time or in a period."""

    key: str
    most: int
    per: Per


@dataclass(frozen=True, slots=True)
class Award:
    """What a household is to get (or to lose, below zero) for something that was judged."""

    transfer_id: UUID
    household_id: UUID
    person_id: UUID | None
    area_path: str
    rule: str
    rule_version: str
    subject: str
    subject_id: UUID
    points: int
    on: date
    caps: tuple[Cap, ...] = ()
    rule_name: str = ""


class Room(NamedTuple):
    """How much a cap or a budget still allows."""

    key: str
    left: int


class Given(NamedTuple):
    """What of a claim is given, and what cut it: empty when nothing did."""

    points: int
    cut_by: str


def fund_of(village_path: str) -> UUID:
    """The account of a village's fund. It sorts behind every other id, so that it is locked last and shortest."""
    return UUID(bytes=b"\xff\xff\xff\xff" + hashlib.sha256(village_path.encode()).digest()[:12])


def period_of(per: Per, on: date) -> tuple[date, date]:
    """The first day of the period that a day lies in, and the first day after it."""
    if per == "event":
        return on, on + timedelta(days=1)
    length = _MONTHS[per]
    first = on.replace(month=(on.month - 1) // length * length + 1, day=1)
    after = first.month - 1 + length
    return first, first.replace(year=first.year + after // 12, month=after % 12 + 1)


def cut(claimed: int, rooms: Iterable[Room], *, balance: int) -> Given:
    """What is given of a claim: the narrowest room counts, the first named of equals; nobody is brought below zero."""
    if claimed < 0:
        return Given(max(claimed, -balance), FLOOR if -balance > claimed else "")
    narrow = min(rooms, key=lambda room: room.left, default=None)
    if narrow is None or narrow.left >= claimed:
        return Given(claimed, "")
    return Given(max(0, narrow.left), narrow.key)
