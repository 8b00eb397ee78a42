"""Measures reading of spreadsheets: good ones of four sizes against bare calamine, and every hostile one of promise A49.

`python -m bench spreadsheet`, about a minute; `--short` takes seconds. Only the reading is measured, from path to rows of
text; checking and storing them is the importer's. Rounds of both sides alternate in this process, medians are printed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import psutil
import python_calamine

from app.adapters.spreadsheet import BadFile, Column, Limits, Table, read_rows, write_workbook
from bench.report import Row, at_most
from bench.run import Run
from tests.adapters.test_spreadsheet_hostile import HOSTILE

ROUNDS = 3
SIZES = (13_529, 20_000, 40_000, 135_290)
COLUMNS = ("村", "组", "门牌号", "户主", "身份证号", "电话", "人口", "低保", "脱贫", "党员", "备注", "坐标")
GOALS = {13_529: at_most(0.5), 135_290: at_most(4)}
MIB = 1 << 20
_GOT_THROUGH = "not refused"


class Cost(NamedTuple):
    """What one reading took; growth is of the process that asked, the child's peak is its whole memory."""

    seconds: float
    growth_mib: float
    child_mib: float


def measure(run: Run, _open_house: object) -> Row:
    """The row of the table; it needs no house."""
    row = Row(7, "spreadsheet", "reading a spreadsheet before any check of ours, in a confined process")
    for size in SIZES[:1] if run.is_short else SIZES:
        _good(run, row, size)
    _hostile(run, row)
    return row


def _good(run: Run, row: Row, size: int) -> None:
    path = _made(run.folder / f"{size}.xlsx", size)
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(_watched(lambda: _read(path)))
        bare.append(_watched(lambda: _read_bare(path)).seconds)
    seconds = median(cost.seconds for cost in ours)
    run.say(f"{size:,} rows in {seconds:.2f} s")
    row.add(f"{size:,} rows", seconds, "s", GOALS.get(size))
    row.add("  × the time of bare calamine in this process", seconds / median(bare), "×")
    row.add("  memory the asking process grows by", max(cost.growth_mib for cost in ours), "MiB")
    row.add("  memory of the confined process", max(cost.child_mib for cost in ours), "MiB")


def _hostile(run: Run, row: Row) -> None:
    costs: list[Cost] = []
    refused: list[str] = []
    for attack, _ in HOSTILE:
        path = run.folder / f"{attack.__name__}.xlsx"
        attack(path)
        costs.append(_watched(lambda path=path: refused.append(_refusal(path))))  # type: ignore[misc]
        path.unlink()
    row.add(f"hostile sheets that got through, of {len(costs)}", refused.count(_GOT_THROUGH), "", at_most(0))
    row.add("  the slowest refusal", max(cost.seconds for cost in costs), "s", at_most(1))
    row.add("  the most that the asking process grew by", max(cost.growth_mib for cost in costs), "MiB", at_most(20))


def _made(path: Path, size: int) -> Path:
    always = ("4", "否", "否", "是", "无", "112.6,35.1")
    rows = (
        (
            f"示例村{i % 500}",
            f"第{i % 9}组",
            f"{i}号",
            f"户主{i}",
            f"41088119900101{i % 10_000:04d}",
            f"138{i:08d}",
            *always,
        )
        for i in range(size)
    )
    write_workbook(path, [Table("户", [Column(title) for title in COLUMNS], rows)])
    return path


def _read(path: Path) -> None:
    with read_rows(path, limits=Limits(rows=200_000)) as sheet:
        for _ in sheet.rows:
            pass


def _read_bare(path: Path) -> None:
    for _ in python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).iter_rows():
        pass


def _refusal(path: Path) -> str:
    try:
        _read(path)
    except BadFile as refusal:
        return refusal.code
    return _GOT_THROUGH


def _watched(work: Callable[[], None]) -> Cost:
    """Do it while a thread looks at this process and its children every few milliseconds."""
    me = psutil.Process()
    before = me.memory_info().rss
    peaks = [0, 0]
    is_done = threading.Event()

    def watch() -> None:
        while not is_done.wait(0.005):
            peaks[0] = max(peaks[0], me.memory_info().rss - before)
            peaks[1] = max(peaks[1], _memory_of_children(me))

    watcher = threading.Thread(target=watch)
    watcher.start()
    since = time.perf_counter()
    work()
    seconds = time.perf_counter() - since
    is_done.set()
    watcher.join()
    return Cost(seconds, peaks[0] / MIB, peaks[1] / MIB)


def _memory_of_children(process: psutil.Process) -> int:
    total = 0
    for child in process.children():
        try:
            total += child.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total
