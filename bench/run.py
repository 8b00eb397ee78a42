"""What every row is told: how large, how often, where its files may lie; and how contestants take turns."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench import machine
from bench.load import Tally
from bench.stage import Server


@dataclass(frozen=True, slots=True)
class Run:
    """One call of `python -m bench`."""

    folder: Path
    is_short: bool
    is_in_memory: bool

    @property
    def rounds(self) -> int:
        """How often each contestant has its turn."""
        return 3 if self.is_short else 5

    @property
    def seconds(self) -> float:
        """How long a turn under load takes."""
        return 1.0 if self.is_short else 3.0

    def say(self, text: str) -> None:
        """Tell whoever waits what happens now."""
        print(f"  {text}  [load {machine.load_average():.2f}]", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one contestant did in one turn."""

    rate: float
    cpu_us: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0


Contest = Mapping[str, Callable[[], Turn]]


def compete(run: Run, contest: Contest) -> dict[str, Turn]:
    """Let the contestants take turns, round by round, and give each the medians of its turns."""
    turns: dict[str, list[Turn]] = {name: [] for name in contest}
    for number in range(run.rounds):
        for name, play in contest.items():
            turns[name].append(play())
        said = ", ".join(f"{name} {turns[name][-1].rate:,.0f}/s" for name in contest)
        run.say(f"round {number + 1} of {run.rounds}: {said}")
    return {name: _median(played) for name, played in turns.items()}


def _median(turns: list[Turn]) -> Turn:
    middle = statistics.median
    return Turn(
        rate=middle(t.rate for t in turns),
        cpu_us=middle(t.cpu_us for t in turns),
        p50_ms=middle(t.p50_ms for t in turns),
        p99_ms=middle(t.p99_ms for t in turns),
    )


def watched(server: Server, drive: Callable[[], Tally], *, status: int = 200) -> Turn:
    """A turn of a server under load, with what each answer cost it."""
    before = server.cpu_seconds()
    tally = drive().require(status)
    spent = server.cpu_seconds() - before
    return Turn(tally.rate, spent / tally.answers * 1e6, tally.percentile(0.5), tally.percentile(0.99))
