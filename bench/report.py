"""What a row of figures is, and how it is shown: a table in the terminal, Markdown for the README, JSON for a machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import machine


@dataclass(frozen=True, slots=True)
class Bound:
    """What a figure must reach (`floor`) and what we want of it (`goal`)."""

    floor: float
    goal: float
    is_ceiling: bool = False

    def verdict(self, value: float) -> str:
        """Goal reached, only the floor reached, or missed."""
        sign = -1 if self.is_ceiling else 1
        if sign * value >= sign * self.goal:
            return "goal"
        return "floor" if sign * value >= sign * self.floor else "missed"

    def __str__(self) -> str:
        sign = "≤" if self.is_ceiling else "≥"
        if self.floor == self.goal:
            return f"{sign} {self.goal:g}"
        return f"{sign} {self.floor:g}, goal {self.goal:g}"


def at_least(floor: float, goal: float | None = None) -> Bound:
    """More is better."""
    return Bound(floor, floor if goal is None else goal)


def at_most(floor: float, goal: float | None = None) -> Bound:
    """Less is better."""
    return Bound(floor, floor if goal is None else goal, is_ceiling=True)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number; without a bound it is there for comparison."""

    what: str
    value: float
    unit: str = ""
    bound: Bound | None = None

    @property
    def verdict(self) -> str:
        """How the number stands to its bound; empty without one."""
        return self.bound.verdict(self.value) if self.bound else ""

    def __str__(self) -> str:
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}".strip()


@dataclass(slots=True)
class Row:
    """One row of the table in PERFORMANCE: its number there, its name on the command line, and its figures."""

    number: int
    name: str
    title: str
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    load_before: float = 0.0
    load_after: float = 0.0

    def add(self, what: str, value: float, unit: str = "", bound: Bound | None = None) -> None:
        """One more figure."""
        self.figures.append(Figure(what, value, unit, bound))


_MARKS = {"goal": "✓", "floor": "✓ floor", "missed": "✗", "": ""}


def show(rows: Sequence[Row]) -> None:
    """The table in the terminal."""
    table = Table("row", "figure", "measured", "wanted", "", title="Lianxin, side by side")
    for row in rows:
        table.add_section()
        heading = f"{row.number} {row.name}"
        for figure in row.figures:
            table.add_row(heading, figure.what, str(figure), str(figure.bound or ""), _MARKS[figure.verdict])
            heading = ""
    console = Console()
    console.print(table)
    for row in rows:
        for note in row.notes:
            console.print(f"{row.number} {row.name}: {note}", soft_wrap=True)


def markdown(rows: Sequence[Row], *, about: str) -> str:
    """The table for the README."""
    lines = [about, "", "| # | figure | measured | wanted | |", "|---|---|---|---|---|"]
    for row in rows:
        lines.append(
            f"| **{row.number}** | **{row.title}** (load {row.load_before:.1f} → {row.load_after:.1f}) | | | |"
        )
        lines += [f"| | {f.what} | {f} | {f.bound or ''} | {_MARKS[f.verdict]} |" for f in row.figures]
    notes = [f"* {row.number} {row.name}: {note}" for row in rows for note in row.notes]
    return "\n".join([*lines, "", *notes, ""])


def keep(rows: Sequence[Row], folder: Path, *, at: datetime, about: str) -> Path:
    """Write Markdown and JSON under one name; the path of the Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    name = folder / f"{at:%Y-%m-%d-%H%M%S}"
    tree = {"at": at.isoformat(), "about": about, "rows": [_tree(row) for row in rows]}
    name.with_suffix(".json").write_text(json.dumps(tree, ensure_ascii=False, indent=1), encoding="utf-8")
    name.with_suffix(".md").write_text(markdown(rows, about=about), encoding="utf-8")
    return name.with_suffix(".md")


def _tree(row: Row) -> dict[str, object]:
    tree = asdict(row)
    tree["figures"] = [{**asdict(f), "verdict": f.verdict} for f in row.figures]
    return tree


def heading(*, is_short: bool, is_in_memory: bool) -> str:
    """What one must know to read the figures."""
    size = "short sizes" if is_short else "full sizes"
    place = "PostgreSQL on tmpfs" if is_in_memory else "PostgreSQL on disk, durable"
    return f"{machine.describe()}; {place}; {size}; medians of interleaved rounds, generator and database on the same cores."
