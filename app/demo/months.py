"""Months of visits: most households are seen most months, some members are slow, a few households are never home."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from app.demo import names
from app.demo.town import Home, Town, new_key
from app.kernel.values import at_clock, first_of_month, last_of_month, local_day, month_of


@dataclass(slots=True)
class Seen:
    """One visit that was made."""

    id: str
    home: Home
    at: datetime
    theme: str
    note: str
    proof: str


def months_before(today: date, count: int) -> list[str]:
    """The last `count` months and the present one, oldest first."""
    months = [month_of(today)]
    for _ in range(count):
        months.append(month_of(first_of_month(months[-1]) - timedelta(days=1)))
    return months[::-1]


def visits_of_month(
    rng: Random, town: Town, month: str, *, now: datetime, waiting: frozenset[UUID] = frozenset()
) -> Iterator[Seen]:
    """The visits of one month up to now, to none of the homes in `waiting`; each home remembers when it was last seen."""
    first, today = first_of_month(month), local_day(now)
    last = min(last_of_month(month), today)
    share = 0.93 * ((last - first).days + 1) / ((last_of_month(month) - first).days + 1)
    days = [at_clock(first + timedelta(days=n), 8) for n in range((last - first).days + 1)]
    for home in town.homes:
        if home.keeper is None or rng.random() > share or home.id in waiting:
            continue
        seen = _visit(rng, home, days)
        if seen.at <= now:
            home.last_visit_at = max(seen.at, home.last_visit_at or seen.at)
            yield seen


def _visit(rng: Random, home: Home, days: Sequence[datetime]) -> Seen:
    dice = rng.random
    theme = names.THEMES[int(dice() * len(names.THEMES))]
    notes = names.NOTES[theme]
    at = days[int(dice() * len(days))] + timedelta(minutes=int(dice() * 12 * 60))
    proof = "scanned" if dice() < 0.8 else "one_sided"
    return Seen(new_key(rng), home, at, theme, notes[int(dice() * len(notes))], proof)
