"""Very many whistles of ten villages that come due in one second."""

from __future__ import annotations

from datetime import datetime

from app.kernel.runtime import Runtime
from bench.overdue_cases import copied, made_due
from tests.makers.cases import make_roster, raise_case

VILLAGES = tuple(f"419001/101/{number}/" for number in range(203, 213))


def make_overdue(runtime: Runtime, count: int, *, first: datetime) -> None:
    """So many whistles that nobody has accepted, all due within the second from `first` on."""
    for path in VILLAGES:
        raise_case(runtime, make_roster(runtime, path=path).villager)
    copied(runtime, count // len(VILLAGES) - 1)
    made_due(runtime, count, first=first)
