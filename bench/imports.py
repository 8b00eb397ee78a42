"""Measures the import of a town's roll: 13,529 households with 40,000 persons from an .xlsx, checked, compared, sealed, stored.

Every turn runs in a fresh process, so that its memory is its own. The peer does the same with calamine and the ORM's unit of
work, on a part of the roll. `python -m bench imports`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from app.adapters.spreadsheet import Column, Table, read_rows, write_workbook
from app.domains.areas import actions as areas
from app.domains.areas.models import Level
from app.domains.areas.rules import rolls
from app.domains.areas.rules.identity_numbers import check_sign
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import build_runtime
from app.settings import load
from bench.house import House, Town
from bench.report import Row, at_least, at_most
from bench.run import Run

HOUSEHOLDS, PERSONS = 13_529, 40_000
_SHORT_PART = 10
_TOWN = "419001/101/"
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华魏陶姜段卢侯"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂梅春建国红玉志文海林"
_OTHERS = ("配偶", "长子", "次子", "女儿", "母亲", "孙子")


class NotDone(Exception):
    """A contestant failed; the text is the end of what it said."""


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row of the table: dry run, import, the same file again, and the memory of the process that asks."""
    part = _SHORT_PART if run.is_short else 1
    households, persons = HOUSEHOLDS // part, PERSONS // part
    file = run.folder / "roll.xlsx"
    write_roll(file, households=households, persons=persons)
    run.say(f"{households:,} households, {persons:,} persons, {file.stat().st_size / 1e6:.1f} MB")
    house = open_house()
    turns = [_turn("ours", house.empty(f"imports{n}"), file) for n in range(1 if run.is_short else 3)]
    return _row(turns, _turn("peer", house.empty("importspeer"), file))


def _row(turns: Sequence[dict[str, float]], peer: dict[str, float]) -> Row:
    row = Row(7, "imports", "a town's roll from Excel: 13,529 households, 40,000 persons")
    middle = {key: median(turn[key] for turn in turns) for key in turns[0]}
    row.add("read the rows, in a child process", middle["read"], "s")
    row.add("dry run: read, check, compare", middle["dry"], "s", at_most(5.0))
    row.add("import: read, check, compare, seal, store", middle["import"], "s", at_most(30.0, 10.0))
    row.add("the same file again", middle["again"], "s")
    row.add("memory the asking process grows by", max(t["growth"] for t in turns), "MB", at_most(80.0))
    per_person = peer["import"] / peer["persons"]
    row.add("calamine + ORM, scaled up", per_person * middle["persons"], "s")
    row.add("times as fast as calamine + ORM", per_person * middle["persons"] / middle["import"], "x", at_least(3.0))
    return row


def _turn(who: str, town: Town, file: Path) -> dict[str, float]:
    """One contestant in a process and a database of its own."""
    argv = [sys.executable, "-m", "bench.imports", who, str(file), str(town.config)]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    if said.returncode:
        raise NotDone(said.stderr[-2000:])
    measured: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return measured


def write_roll(path: Path, *, households: int, persons: int) -> None:
    """A roll as towns have it: invented people, numbers with right check signs and a region that does not exist."""
    columns = [Column(title) for title in rolls.COLUMNS]
    write_workbook(path, [Table("户册", columns, _lines(households, persons))])


def _lines(households: int, persons: int) -> Iterator[Sequence[str]]:
    dice = random.Random(20261101)
    villages = [d for d in areas.shipped_divisions() if d.level is Level.village and d.path.startswith(_TOWN)]
    extra = persons - households
    for number in range(households):
        village = villages[number * len(villages) // households]
        place = (village.code, f"{number % 8 + 1}组", f"{number:05d}")
        others = extra // households + (number < extra % households)
        for index in range(1 + others):
            relation = _OTHERS[index - 1] if index else "户主"
            yield (*place, *_person(dice, relation, serial=number * 8 + index), f"{number % 8 + 1}组{number}号", "", "")


def _person(dice: random.Random, relation: str, *, serial: int) -> tuple[str, str, str, str]:
    name = dice.choice(_SURNAMES) + "".join(dice.choices(_GIVEN, k=dice.choice((1, 2))))
    born = date(1930, 1, 1) + timedelta(days=serial % 30_000)
    digits = f"{999_000 + serial // 900_000:06d}{born:%Y%m%d}{serial // 30_000 % 1000:03d}"
    phone = f"13{serial % 10**9:09d}" if relation == "户主" else ""
    return name, relation, digits + check_sign(digits), phone


def _ours(file: Path, config: Path) -> dict[str, float]:
    import psutil

    from app.commands.rolls import read_roll_file
    from app.domains.areas import queries

    runtime = _runtime(config)
    process, clock = psutil.Process(), time.perf_counter
    with reading(runtime) as db:
        queries.areas_below(db, _TOWN)
    before, started = process.memory_info().rss, clock()
    with read_rows(file) as sheet:
        lines = sum(1 for _ in sheet.rows)
    read, started = clock() - started, clock()
    roll = read_roll_file(runtime, file)
    with reading(runtime) as db:
        queries.compare(db, runtime.vault, roll)
    dry, started = clock() - started, clock()
    del roll
    _import(runtime, file)
    took, started = clock() - started, clock()
    growth = (_peak() - before) / 1e6
    _import(runtime, file)
    again = clock() - started
    return {"read": read, "dry": dry, "import": took, "again": again, "growth": growth, "persons": lines}


def _import(runtime: Runtime, file: Path) -> None:
    from app.commands.rolls import read_roll_file

    roll = read_roll_file(runtime, file)
    with transaction(runtime, SYSTEM) as tx:
        areas.import_roll(tx, roll, file_hash=b"bench")


def _peer(file: Path, config: Path) -> dict[str, float]:
    """The same rows, sealed the same, as ORM objects in one unit of work; a fifth of the roll."""
    import python_calamine

    from app.domains.areas.models import Household, Person

    runtime = _runtime(config)
    started = time.perf_counter()
    rows = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()[1:]
    paths = {d.code: d.path for d in areas.shipped_divisions()}
    part = rows[: len(rows) // 5]
    seal, index = runtime.vault.seal, runtime.vault.index
    with transaction(runtime, SYSTEM) as tx:
        household = Household()
        for village, group, number, name, relation, id_number, phone, address, *_ in map(tuple, part):
            if relation == "户主":
                household = Household(id=tx.new_id(), area_path=paths[str(village)], number=number, group_name=group)
                household.address_sealed = seal(f"areas_household.address:{household.id}", str(address))
                household.flags, household.state, household.created_at = [], "active", tx.now
                tx.db.add(household)
                tx.db.flush()
            person = Person(id=tx.new_id(), household_id=household.id, area_path=household.area_path)
            for field, text in (("name", name), ("phone", phone), ("id_number", id_number)):
                setattr(person, f"{field}_sealed", seal(f"areas_person.{field}:{person.id}", str(text)))
                setattr(person, f"{field}_index", index(f"areas_person.{field}", str(text)))
            person.relation, person.state, person.created_at = str(relation), "active", tx.now
            tx.db.add(person)
    return {"import": time.perf_counter() - started, "persons": len(part)}


def _runtime(config: Path) -> Runtime:
    runtime = build_runtime(load(config))
    with transaction(runtime, SYSTEM) as tx:
        areas.import_divisions(tx)
    return runtime


def _peak() -> int:
    """The most this process has held so far, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    work = {"ours": _ours, "peer": _peer}[sys.argv[1]]
    print(json.dumps(work(Path(sys.argv[2]), Path(sys.argv[3]))))
