"""Division codes (统计用区划代码, 12 digits) and the paths made of them; checks on a file of divisions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.domains.areas.models import Level
from app.kernel.values import has_hidden_characters, plain

_CODE = re.compile(r"[0-9]{12}")
_GRID = re.compile(r"([0-9]{12})(g[0-9]{2})")
_PROVISIONAL_FROM = 900
_LONGEST_NAME = 60
COLUMNS = ("code", "name", "parent_code", "level")


@dataclass(frozen=True, slots=True)
class Division:
    """One division that passed the checks."""

    code: str
    name: str
    level: Level
    path: str
    parent_path: str | None
    is_local: bool


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a file that cannot be used: where, in which column, what is wrong and what to do."""

    line: int
    column: str
    says: str


class BadCode(ValueError):
    """A code that is no division's code."""


def path_of(code: str) -> str:
    """The area path of a code: 419001000000 → 419001/, 419001101203 → 419001/101/203/, …203g01 → …/203/g01/."""
    if grid := _GRID.fullmatch(code):
        return f"{path_of(grid[1])}{grid[2]}/"
    if not _CODE.fullmatch(code):
        raise BadCode
    parts = [code[:6], code[6:9], code[9:]]
    while len(parts) > 1 and parts[-1] == "000":
        parts.pop()
    if "000" in parts[1:]:
        raise BadCode
    return "/".join(parts) + "/"


def level_of(path: str) -> Level:
    """County, town, village or grid, by the number of steps in a path."""
    return tuple(Level)[path.count("/") - 1]


def parent_of(path: str) -> str | None:
    """The path one step up; None above the county."""
    steps = path.rstrip("/").rsplit("/", 1)
    return f"{steps[0]}/" if len(steps) == 2 else None


@lru_cache(maxsize=8192)
def village_of(path: str) -> str:
    """The path of the village in which a household or a grid lies; a higher place is itself."""
    return "".join(f"{step}/" for step in path.split("/")[:3] if step)


def common_path(paths: Sequence[str]) -> str:
    """The smallest place that holds all these."""
    common: str | None = paths[0]
    while common is not None and not all(path.startswith(common) for path in paths):
        common = parent_of(common)
    return common or ""


def is_provisional(code: str) -> bool:
    """Whether a code is a county's own, for a place that the state has not numbered yet (its last step is 900 to 999)."""
    return code[9:12] >= str(_PROVISIONAL_FROM) or code[6:9] >= str(_PROVISIONAL_FROM)


@lru_cache(maxsize=4096)
def short_name(name: str) -> str:
    """山口村 for 山口村民委员会, 留村 for 留村村民委员会, 五龙口镇 for 济源市五龙口镇, as people say it."""
    name = re.sub(r"^[^市]{1,6}市(?=.)", "", name)
    name = re.sub(r"社区居民委员会$", "社区", name)
    name = re.sub(r"居民委员会$", "社区", name)
    return re.sub(r"村?(村民委员会|村委会)$", "村", name)


def check_divisions(rows: Iterable[Mapping[str, str | None]]) -> tuple[list[Division], list[BadLine]]:
    """The divisions of a file, parents first, and the lines that cannot be used (the first line is the header)."""
    good: dict[str, Division] = {}
    lines: dict[str, int] = {}
    bad: list[BadLine] = []
    for line, row in enumerate(rows, start=2):
        found = _division(row, line, good)
        if isinstance(found, BadLine):
            bad.append(found)
        else:
            good[found.path] = found
            lines[found.path] = line
    bad += [_orphan(lines[d.path], d) for d in good.values() if _lacks_parent(d, good)]
    return sorted(good.values(), key=lambda d: d.path), bad


def _lacks_parent(division: Division, known: Mapping[str, Division]) -> bool:
    """Whether a division of the file hangs on nothing; grids may hang on villages that are already on file."""
    return division.parent_path is not None and division.level is not Level.grid and division.parent_path not in known


def _orphan(line: int, division: Division) -> BadLine:
    return BadLine(line, "parent_code", f"{division.code} 的上级不在文件里：请把上级的那一行也放进来")


def _division(row: Mapping[str, str | None], line: int, seen: Mapping[str, Division]) -> Division | BadLine:
    code, name, parent, level = (plain(row.get(column) or "") for column in COLUMNS)
    try:
        path = path_of(code)
    except BadCode:
        return BadLine(line, "code", f"代码“{code[:20]}”不对：要 12 位数字，网格在村代码后加 g01 这样的尾号")
    if path in seen:
        return BadLine(line, "code", f"代码 {code} 前面已经有了：请删去一行")
    if not name or len(name) > _LONGEST_NAME or has_hidden_characters(name):
        return BadLine(line, "name", "名称是空的、太长，或有看不见的字符：请重新写一遍")
    if level != level_of(path):
        return BadLine(line, "level", f"按代码应是 {level_of(path)}，写的是“{level[:20]}”：请改成一样的")
    if problem := _parent_problem(path, parent):
        return BadLine(line, "parent_code", problem)
    return Division(code, name, level_of(path), path, parent_of(path), is_provisional(code))


def _parent_problem(path: str, parent: str) -> str | None:
    above = parent_of(path)
    if above is None:
        return None if not parent else "县级没有上级：请把这一格清空"
    try:
        same = path_of(parent) == above
    except BadCode:
        same = False
    return None if same else f"上级代码“{parent[:20]}”和本级代码对不上：请改成前几位相同的那一个"
