"""`python -m app zone …`, `member …`, `grid …`: who keeps which household, who is a member, grids of a village."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from app.adapters import spreadsheet
from app.commands.people import Day, area_code, person_with_phone, place_given
from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.members import actions as members
from app.domains.members import queries as roll
from app.kernel.access import SYSTEM
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import SHANGHAI, start_of
from app.main import open_runtime

_DAY = Day()
_COLUMNS = ("村代码", "户号", "联户党员")
_SHOWN = 40


class BadZoneFile(click.ClickException):
    """Lines of a zone file that must be put right first; nothing was changed."""

    def __init__(self, problems: list[str]) -> None:
        shown = [*problems[:_SHOWN], *(["……"] if len(problems) > _SHOWN else [])]
        super().__init__("\n".join([*shown, f"有 {len(problems)} 行要改，还什么都没动。"]))


@click.group("zone")
def zone() -> None:
    """责任区：谁联哪几户、移交、代管、覆盖情况。"""


@zone.command("assign")
@click.argument("numbers", nargs=-1, required=True)
@click.option("--village", callback=area_code, required=True, help="村代码（12 位）")
@click.option("--member", required=True, help="联户党员的姓名、手机号或人员编号")
@click.option("--reason", default="划定责任区", show_default=True)
def assign(numbers: tuple[str, ...], *, village: str, member: str, reason: str) -> None:
    """把几户（户号）交给一位党员联系。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        keeper_id = _member(tx, member, path=path)
        found = places.households_numbered(tx.db, path, numbers)
        missing = [number for number in numbers if number not in found]
        if missing:
            raise click.ClickException(f"{places.place_name(tx.db, path)}没有这些户号：{'、'.join(missing)}")
        changed = areas.assign_many(tx, dict.fromkeys(found.values(), keeper_id), reason=reason)
    click.echo(f"{changed} 户换了联户党员，{len(numbers) - changed} 户本来就是。")


@zone.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", default="划定责任区", show_default=True)
def import_zones(file: Path, reason: str) -> None:
    """按表划责任区：村代码、户号、联户党员（姓名或手机号），一户一行；有一行错就全都不动。"""
    if not (lines := list(_zone_lines(file))):
        raise click.ClickException("表里只有列名，一户也没有：请从第二行起一户一行填好，再来一次。")
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        changed = areas.assign_many(tx, _keepers(tx, lines), reason=reason)
    click.echo(f"{changed} 户换了联户党员，{len(lines) - changed} 户本来就是。")


class _Line(NamedTuple):
    number: int
    village: str
    household: str
    member: str


def _zone_lines(file: Path) -> Iterator[_Line]:
    try:
        with spreadsheet.read_rows(file) as sheet:
            missing = [column for column in _COLUMNS if column not in sheet.header]
            if missing:
                raise click.ClickException(f"第一行缺列名：{'、'.join(missing)}")
            places_of = [sheet.header.index(column) for column in _COLUMNS]
            for row in sheet.rows:
                yield _Line(row.number, *(row.cells[index] for index in places_of))
    except spreadsheet.BadFile as refused:
        raise click.ClickException(refused.sentence) from refused


def _keepers(tx: Tx, lines: Iterable[_Line]) -> dict[UUID, UUID]:
    """The keeper of each household that a file names."""
    known = places.villages_by_code_or_name(tx.db, f"{tx.runtime.settings.county}/")
    by_village: dict[str, list[_Line]] = {}
    problems: list[str] = []
    for line in lines:
        paths = known.get(line.village, ())
        if len(paths) == 1:
            by_village.setdefault(paths[0], []).append(line)
        else:
            problems.append(f"第 {line.number} 行 村代码：没有这个村，或者有两个同名，请填 12 位代码")
    keepers: dict[UUID, UUID] = {}
    for path, mine in by_village.items():
        problems += _take_village(tx, path, mine, keepers=keepers)
    if problems:
        raise BadZoneFile(problems)
    return keepers


def _take_village(tx: Tx, path: str, lines: list[_Line], *, keepers: dict[UUID, UUID]) -> Iterator[str]:
    households = places.households_numbered(tx.db, path, [line.household for line in lines])
    people = {words: _members(tx, words, path=path) for words in {line.member for line in lines}}
    for line in lines:
        household_id, found = households.get(line.household), people[line.member]
        if household_id is None:
            yield f"第 {line.number} 行 户号：这个村没有这个户号"
        elif household_id in keepers:
            yield f"第 {line.number} 行 户号：前面已经有这一户，一户只能有一位联户党员"
        elif len(found) != 1:
            yield f"第 {line.number} 行 联户党员：名册里有 {len(found)} 位，请改填手机号"
        else:
            keepers[household_id] = found[0]


def _members(tx: Tx, words: str, *, path: str) -> list[UUID]:
    """Members of the village that words mean; of the town when the village has none: members help out next door."""
    town = places.parent_of(places.village_of(path)) or path
    here = roll.members_named(tx.db, tx.vault, SYSTEM, path=places.village_of(path), words=words)
    return list(here or roll.members_named(tx.db, tx.vault, SYSTEM, path=town, words=words))


def _member(tx: Tx, words: str, *, path: str) -> UUID:
    """The one member an operator means, by id, name or phone."""
    try:
        found = [UUID(words)]
    except ValueError:
        found = _members(tx, words, path=path)
    if len(found) != 1:
        raise click.ClickException(f"{_how_many(words, found)}，请改用手机号或人员编号。")
    if not roll.is_member(tx.db, found[0]):
        raise click.ClickException("这位不在党员名册里，请先用 member add 登记。")
    return found[0]


def _how_many(words: str, found: list[UUID]) -> str:
    return f"这个村和这个镇的党员名册里有 {len(found)} 位“{words}”" if found else f"这个镇的党员名册里没有“{words}”"


@zone.command("hand-over")
@click.option("--village", callback=area_code, required=True, help="移交人所在的村代码")
@click.option("--from", "leaver", required=True, help="移交人：姓名、手机号或人员编号")
@click.option("--to", "successor", required=True, help="接手的党员")
@click.option("--reason", required=True)
def hand_over(village: str, *, leaver: str, successor: str, reason: str) -> None:
    """整片移交：名下各户和没办完的事一起交给另一位党员。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        from_id, to_id = _member(tx, leaver, path=path), _member(tx, successor, path=path)
        moved = areas.hand_over(tx, from_id=from_id, to_id=to_id, reason=reason)
    click.echo(f"移交 {len(moved)} 户。原来的党员从现在起看不到这些户。")


@zone.command("deputy")
@click.option("--village", callback=area_code, required=True, help="离开的人所在的村代码")
@click.option("--absent", required=True, help="离开的党员")
@click.option("--deputy", required=True, help="代管的党员")
@click.option("--from", "first", type=_DAY, required=True, help="从哪一天")
@click.option("--until", "last", type=_DAY, required=True, help="到哪一天（含当天）")
@click.option("--reason", default="外出", show_default=True)
def deputy(village: str, absent: str, deputy: str, *, first: datetime, last: datetime, reason: str) -> None:
    """外出期间请人代管。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        areas.name_deputy(
            tx,
            absent_id=_member(tx, absent, path=path),
            deputy_id=_member(tx, deputy, path=path),
            since=start_of(first.date()),
            until=last.replace(hour=23, minute=59, second=59, tzinfo=SHANGHAI),
            reason=reason,
        )
    click.echo("记下了，到日子自动生效、自动结束。")


@zone.command("coverage")
@click.argument("code", required=False, callback=area_code)
def coverage(code: str | None) -> None:
    """覆盖情况：多少户、有人联的、双方都确认的；列出还没人联的户。"""
    with open_runtime() as runtime, reading(runtime) as db:
        path = place_given(db, code) if code else f"{runtime.settings.county}/"
        counted = places.coverage(db, SYSTEM, path)
        click.echo(
            f"{places.place_name(db, path)}：{counted.household_count} 户，"
            f"有人联 {counted.covered_count} 户，双方确认 {counted.confirmed_count} 户。"
        )
        _show_uncovered(db, path)


def _show_uncovered(db: Session, path: str) -> None:
    rows = places.uncovered(db, SYSTEM, path, limit=_SHOWN)
    if not rows:
        return
    names = places.place_names(db, {places.village_of(row.area_path) for row in rows})
    table = Table("村", "组", "户号", title="还没有人联的户")
    for row in rows:
        table.add_row(names[places.village_of(row.area_path)], row.group_name, row.number)
    table.caption = f"只列前 {_SHOWN} 户" if len(rows) == _SHOWN else None
    Console().print(table)


@click.group("member")
def member() -> None:
    """党员名册：登记、离开、党支部。"""


@member.command("add")
@click.option("--village", callback=area_code, required=True, help="村代码")
@click.option("--branch", help="党支部名称，没有就新建")
@click.argument("who")
def add(village: str, branch: str | None, who: str) -> None:
    """把村里的一个人（手机号或人员编号）登记为党员。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        members.add_member(tx, _person(tx, who), branch_id=_branch(tx, path, branch) if branch else None)
    click.echo("登记好了。")


def _person(tx: Tx, who: str) -> UUID:
    try:
        return UUID(who)
    except ValueError:
        return person_with_phone(tx, who)


def _branch(tx: Tx, path: str, name: str) -> UUID:
    return roll.branch_named(tx.db, path, name) or members.add_branch(tx, area_path=path, name=name)


@member.command("leave")
@click.option("--village", callback=area_code, required=True, help="村代码")
@click.option("--to", "successor", help="接手他那几户的党员；不给就先空着")
@click.option("--reason", required=True)
@click.argument("who")
def leave(who: str, *, village: str, successor: str | None, reason: str) -> None:
    """一位党员离开：名下各户交给接手的人，或者先空着等人接。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        to_id = _member(tx, successor, path=path) if successor else None
        households = members.leave(tx, _member(tx, who, path=path), reason=reason, successor_id=to_id)
    click.echo(f"记下了。{len(households)} 户{'交给了接手的人' if successor else '还没有人联，请尽快划定'}。")


@click.group("grid")
def grid() -> None:
    """网格。"""


@grid.command("add")
@click.option("--village", callback=area_code, required=True, help="村代码")
@click.argument("name")
def add_grid(village: str, name: str) -> None:
    """在村里新设一个网格；户册里填它的代码，户就归到这个网格。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        code = areas.open_grid(tx, village_path=place_given(tx.db, village), name=name)
    click.echo(f"网格代码：{code}")


COMMANDS = (zone, member, grid)
