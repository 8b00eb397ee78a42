"""A circuit breaker: after a few failures in a row WeChat is left alone, but for one probe now and then."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class Breaker:
    """Counts failures in a row; knows no clock, the moment is passed in. Safe for many threads."""

    def __init__(self, *, failures: int = 5, probe_every: timedelta = timedelta(seconds=10)) -> None:
        self._limit = failures
        self._pause = probe_every
        self._failures = 0
        self._probe_at: datetime | None = None
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        return self._probe_at is not None

    def held_until(self, now: datetime) -> datetime | None:
        """None when a call may go out (an open breaker lets one probe pass), else when to ask again."""
        with self._lock:
            if self._probe_at is None:
                return None
            if now < self._probe_at:
                return self._probe_at
            self._probe_at = now + self._pause
            return None

    def succeeded(self) -> None:
        """WeChat answered: everything may go out again."""
        with self._lock:
            self._failures = 0
            self._probe_at = None

    def failed(self, now: datetime) -> None:
        """WeChat did not answer, or not as WeChat."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._limit:
                self._probe_at = now + self._pause
