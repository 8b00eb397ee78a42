"""The tree of divisions comes from a file; grids are made by hand inside a village."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domains.areas.errors import AreaNotFound, BadFile, GridWithoutName
from app.domains.areas.models import Area, Level
from app.domains.areas.rules.divisions import Division, check_divisions
from app.domains.audit import actions as audit
from app.kernel.access import below, require
from app.kernel.transaction import Tx

_SHIPPED = Path(__file__).resolve().parents[3] / "data" / "jiyuan_divisions.csv"
_MOST_GRIDS = 99


class Renamed(NamedTuple):
    """A division that has another name now."""

    code: str
    before: str
    after: str


class DivisionChanges(NamedTuple):
    """What an import of divisions did."""

    added: int
    unchanged: int
    renamed: tuple[Renamed, ...]
    absent: tuple[str, ...]


def shipped_divisions() -> list[Division]:
    """Jiyuan's own, as the statistical office publishes them."""
    with _SHIPPED.open(encoding="utf-8", newline="") as lines:
        divisions, _ = check_divisions(csv.DictReader(lines))
    return divisions


def import_divisions(tx: Tx, divisions: Sequence[Division] | None = None) -> DivisionChanges:
    """Take over a list of divisions, the shipped one if none is given; the same list again changes nothing.

    A place that is on file and not in the list stays: whether it was merged is for people to say. It is reported.
    """
    listed = shipped_divisions() if divisions is None else divisions
    require(tx.actor, "areas.write", within=f"{tx.runtime.settings.county}/")
    known = {a.path: a.name for a in tx.db.scalars(select(Area))}
    _check_parents(listed, known)
    new = [d for d in listed if d.path not in known]
    renamed = tuple(Renamed(d.code, known[d.path], d.name) for d in listed if known.get(d.path, d.name) != d.name)
    _keep(tx, new)
    for change in renamed:
        tx.db.execute(update(Area).where(Area.code == change.code).values(name=change.after))
    absent = _absent(listed, known)
    if new or renamed:
        counts = {"added": len(new), "renamed": len(renamed)}
        county = f"{tx.runtime.settings.county}/"
        audit.record(tx, action="areas.imported", subject="area", subject_id=None, area_path=county, detail=counts)
    return DivisionChanges(len(new), len(listed) - len(new) - len(renamed), renamed, absent)


def _check_parents(listed: Iterable[Division], known: Iterable[str]) -> None:
    there = {d.path for d in listed} | set(known)
    for division in listed:
        if division.parent_path is not None and division.parent_path not in there:
            raise BadFile(f"{division.code} 的上级还没有登记：请先导入上级，或把它放进同一个文件。")


def _absent(listed: Iterable[Division], known: Iterable[str]) -> tuple[str, ...]:
    """Places on file that the list leaves out, among those levels and places that it speaks about."""
    paths = {d.path for d in listed}
    above = {d.parent_path for d in listed if d.parent_path and d.level is not Level.grid}
    return tuple(sorted(p for p in known if p not in paths and _parent(p) in above))


def _parent(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[0] + "/"


def _keep(tx: Tx, divisions: Sequence[Division]) -> None:
    rows = [
        {
            "path": d.path,
            "code": d.code,
            "name": d.name,
            "level": d.level,
            "parent_path": d.parent_path,
            "is_local": d.is_local,
            "closed_on": None,
        }
        for d in divisions
    ]
    if rows:
        tx.db.execute(insert(Area), rows)


def open_grid(tx: Tx, *, village_path: str, name: str) -> str:
    """Make the next grid of a village; the code that files use for it."""
    require(tx.actor, "areas.write", within=village_path)
    if not name.strip():
        raise GridWithoutName
    village = tx.db.scalar(select(Area).where(Area.path == village_path).with_for_update())
    if village is None or village.level != Level.village:
        raise AreaNotFound
    grids = select(func.count()).where(below(Area.path, village_path), Area.level == Level.grid)
    number = (tx.db.scalar(grids) or 0) + 1
    if number > _MOST_GRIDS:
        raise BadFile("一个村最多 99 个网格。")
    step = f"g{number:02d}"
    row = {"code": f"{village.code}{step}", "name": name, "level": Level.grid, "parent_path": village_path}
    tx.add(Area, path=f"{village_path}{step}/", is_local=True, closed_on=None, **row)
    return row["code"]
