"""`python -m bench [row …]`: measures the rows of PERFORMANCE in turn and prints one table; `--short` takes small sizes."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

import click

from app.adapters.places import data_folder, make_folder
from app.kernel.values import SHANGHAI
from bench import machine, report
from bench.house import House, opened
from bench.report import Row
from bench.run import Run
from bench.stage import ROOT

# The order in which they run: the short ones first, what fills the disk last. Each module has measure(run, open_house).
ROWS = {
    "floor": 3,
    "visit": 1,
    "ledger": 4,
    "feed": 2,
    "push": 5,
    "codes": 6,
    "spreadsheet": 7,
    "imports": 7,
    "weight": 12,
    "alarm": 9,
    "climb": 10,
    "overdue": 8,
    "pace": 13,
}
RESULTS = ROOT / "var" / "bench"


@click.command()
@click.argument("rows", nargs=-1, type=click.Choice(list(ROWS)))
@click.option("--short", is_flag=True, help="small sizes: to see that everything works, not to quote")
@click.option("--memory", is_flag=True, help="PostgreSQL on tmpfs instead of the disk")
def main(rows: Sequence[str], short: bool, memory: bool) -> None:
    """Measure these rows, or all of them, and print the table."""
    about = report.heading(is_short=short, is_in_memory=memory)
    print(about)
    with ExitStack() as stack:
        run = Run(stack.enter_context(_folder(is_in_memory=memory)), is_short=short, is_in_memory=memory)
        open_house = cache(lambda: stack.enter_context(opened(run)))
        measured = [_measure(name, run, open_house) for name in rows or ROWS]
    measured.sort(key=lambda row: row.number)
    report.show(measured)
    print(report.keep(measured, RESULTS, at=datetime.now(SHANGHAI), about=about))


def _measure(name: str, run: Run, open_house: Callable[[], House]) -> Row:
    before = machine.load_average()
    run.say(f"{ROWS[name]} {name}")
    row: Row = importlib.import_module(f"bench.{name}").measure(run, open_house)
    row.load_before, row.load_after = before, machine.load_average()
    return row


@contextmanager
def _folder(*, is_in_memory: bool) -> Iterator[Path]:
    """A folder that the database's user can reach and that is gone afterwards."""
    parent = Path("/dev/shm") if is_in_memory else data_folder() / "bench"  # noqa: S108 - tmpfs is what was asked for
    make_folder(parent)
    folder = Path(tempfile.mkdtemp(prefix="lianxin-bench-", dir=parent))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
