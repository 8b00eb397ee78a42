"""What may hold somebody who is gone, and from which moment on he may be forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Hold(StrEnum):
    """Why somebody who is gone is not forgotten yet."""

    keeps = "keeps"
    member = "member"
    role = "role"
    account = "account"
    case = "case"
    appraisal = "appraisal"
    message = "message"


class Limits(NamedTuple):
    """Who went before these moments may be forgotten; cases that closed after `case` still hold."""

    removed: datetime
    moved: datetime
    closed: datetime
    case: datetime


def limits(now: datetime, *, removed_days: int, moved_days: int, closed_days: int, case_days: int) -> Limits:
    """The days of the preset as moments."""
    return Limits(*(now - timedelta(days=days) for days in (removed_days, moved_days, closed_days, case_days)))
