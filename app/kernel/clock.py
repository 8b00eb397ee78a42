"""Where the moment comes from: the only module that looks at a clock. Everybody else is told the moment."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """Something that says what time it is, aware and in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        ...


class SystemClock:
    """The machine's own clock, for production."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class MovableClock:
    """A clock that a desk or a test can move: all processes read the same small file.

    The file holds {"virtual": seconds, "real": seconds, "rate": speed}; a missing file means real time.
    Production refuses it (see settings).
    """

    path: Path

    def now(self) -> datetime:
        """The moment that the file describes."""
        try:
            mark = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return datetime.now(UTC)
        seconds = mark["virtual"] + (time.time() - mark["real"]) * mark["rate"]
        return datetime.fromtimestamp(seconds, UTC)

    def set(self, moment: datetime, *, rate: float = 1.0) -> None:
        """Move the clock to a moment, for every process that reads the file."""
        mark = {"virtual": moment.timestamp(), "real": time.time(), "rate": rate}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(mark), encoding="utf-8")
        fresh.replace(self.path)
