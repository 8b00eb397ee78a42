"""The virtual clock: one small file that the product and the sandbox both read, and only the sandbox moves.

The file holds {"virtual": seconds, "real": seconds, "rate": speed}: now = virtual + (real now - real) * rate.
No file means real time.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

BEIJING = timezone(timedelta(hours=8))
_LOOK_AGAIN = 0.05  # seconds between two looks at the file


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the virtual clock stood at a real moment, and how fast it goes."""

    virtual: float
    real: float
    rate: float = 1.0

    def at(self, real: float) -> float:
        """The virtual moment that belongs to a real one."""
        return self.virtual + (real - self.real) * self.rate


class VirtualClock:
    """Tells and moves the moment, in unix seconds."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._mark: Mark | None = None
        self._looked_at = 0.0
        self._changed_at = 0

    def now(self) -> float:
        """The present virtual moment."""
        real = time.time()
        if self._path is not None and abs(real - self._looked_at) > _LOOK_AGAIN:
            self._looked_at = real
            self._reload()
        return self._mark.at(real) if self._mark else real

    def rate(self) -> float:
        """How many virtual seconds go by in a real one."""
        self.now()
        return self._mark.rate if self._mark else 1.0

    def set(self, *, now: float | None = None, rate: float | None = None) -> None:
        """Move the clock, change its speed, or both."""
        mark = Mark(self.now() if now is None else now, time.time(), self.rate() if rate is None else rate)
        self._mark = mark
        if self._path is not None:
            self._write(mark)

    def advance(self, seconds: float) -> None:
        """Jump forward (or back) without changing the speed."""
        self.set(now=self.now() + seconds)

    def _reload(self) -> None:
        assert self._path is not None
        try:
            changed_at = self._path.stat().st_mtime_ns
            if changed_at == self._changed_at:
                return
            found = json.loads(self._path.read_bytes())
            self._mark = Mark(float(found["virtual"]), float(found["real"]), float(found["rate"]))
            self._changed_at = changed_at
        except FileNotFoundError:
            self._mark, self._changed_at = None, 0
        except (OSError, ValueError, KeyError):
            return  # somebody is writing it: the old mark is good until the next look

    def _write(self, mark: Mark) -> None:
        assert self._path is not None
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        fresh.write_text(json.dumps({"virtual": mark.virtual, "real": mark.real, "rate": mark.rate}), encoding="utf-8")
        fresh.replace(self._path)


def day_of(moment: float) -> str:
    """The calendar day in Beijing, by which WeChat counts its daily quotas."""
    return datetime.fromtimestamp(moment, BEIJING).strftime("%Y-%m-%d")
