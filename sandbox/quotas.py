"""How often something may be called: so many times a virtual minute, so many times a day in Beijing."""

from __future__ import annotations

from collections import Counter

from sandbox.answers import Refusal
from sandbox.clock import day_of


class Quotas:
    """Counts uses by name; forgets a minute or a day when the next one begins."""

    def __init__(self) -> None:
        self._minute = 0
        self._day = ""
        self._in_minute: Counter[str] = Counter()
        self._in_day: Counter[str] = Counter()

    def use(self, name: str, now: float, *, per_minute: int = 0, per_day: int = 0, minute_code: int = 45011) -> None:
        """Count one use, or refuse it: 45009 for the day, for the minute 45011 unless told otherwise."""
        self._turn(now)
        if per_minute and self._in_minute[name] >= per_minute:
            raise Refusal(minute_code)
        if per_day and self._in_day[name] >= per_day:
            raise Refusal(45009)
        self._in_minute[name] += 1
        self._in_day[name] += 1

    def used_today(self, name: str, now: float) -> int:
        """How often the name was used since midnight in Beijing."""
        self._turn(now)
        return self._in_day[name]

    def clear(self, prefix: str) -> None:
        """Start the day afresh for all names that begin so."""
        for name in [one for one in self._in_day if one.startswith(prefix)]:
            del self._in_day[name]

    def _turn(self, now: float) -> None:
        minute = int(now // 60)
        if minute == self._minute:
            return
        self._minute = minute
        self._in_minute.clear()
        day = day_of(now)
        if day != self._day:
            self._day = day
            self._in_day.clear()
