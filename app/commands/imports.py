"""`python -m app import …`: divisions, households, calendar tables, and taking an import back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import select, union
from sqlalchemy.orm import Session

from app.adapters import spreadsheet
from app.commands.people import area_code, place_given
from app.commands.rolls import read_roll_file, show_plan, show_problems, write_roll_template
from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.areas.rules.divisions import COLUMNS, BadLine, Division, check_divisions
from app.domains.identity.models import Account, RoleGrant
from app.domains.members.models import Member
from app.kernel import calendar_days
from app.kernel.access import SYSTEM
from app.kernel.clocks import read_calendar
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import open_runtime

_CALENDAR = "日历文件要有 day,working 两列，至少一天；日期写成 2027-01-01，working 写 1 或 0。"
_SPREADSHEET = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("import")
def imports() -> None:
    """导入：区划、户册、工作日历；撤回一批。"""


@imports.command("divisions")
@click.argument("file", type=_SPREADSHEET, required=False)
def divisions(file: Path | None) -> None:
    """导入区划（code,name,parent_code,level）；不给文件就用自带的济源市区划。"""
    listed, bad = (areas.shipped_divisions(), []) if file is None else _read_divisions(file)
    _refuse_bad_lines(bad)
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        changes = areas.import_divisions(tx, listed)
    click.echo(f"新增 {changes.added} 个，没有变的 {changes.unchanged} 个，改名 {len(changes.renamed)} 个。")
    for renamed in changes.renamed:
        click.echo(f"  {renamed.code}：{renamed.before} → {renamed.after}")
    for path in changes.absent:
        click.echo(f"  册上有、文件里没有：{path}（没有动它）")


def _read_divisions(file: Path) -> tuple[list[Division], list[BadLine]]:
    try:
        with spreadsheet.read_rows(file) as sheet:
            missing = set(COLUMNS) - set(sheet.header)
            if missing:
                raise click.ClickException(f"第一行缺列名：{'、'.join(sorted(missing))}")
            return check_divisions(dict(zip(sheet.header, row.cells, strict=False)) for row in sheet.rows)
    except spreadsheet.BadFile as refused:
        raise click.ClickException(refused.sentence) from refused


def _refuse_bad_lines(bad: list[BadLine]) -> None:
    if not bad:
        return
    for line in bad[:50]:
        click.echo(f"第 {line.line} 行 {line.column}：{line.says}", err=True)
    raise click.ClickException(f"有 {len(bad)} 行要改，还什么都没动。")


@imports.command("households")
@click.argument("file", type=_SPREADSHEET, required=False)
@click.option("--template", type=click.Path(dir_okay=False, path_type=Path), help="写一份空白模板到这里")
@click.option("--dry-run", is_flag=True, help="只检查，不导入")
@click.option("--yes", is_flag=True, help="不再问，直接导入")
def households(file: Path | None, template: Path | None, *, dry_run: bool, yes: bool) -> None:
    """导入户册（.xlsx 或 .csv）：先检查，有一处错就一行也不进；可以整批撤回。"""
    if template is None and file is None:
        raise click.UsageError("请给一个户册文件，或者用 --template 先要一份模板")
    with open_runtime() as runtime:
        if template is not None:
            write_roll_template(runtime, template)
            click.echo(f"模板写好了：{template}。一人一行，户主那一行开头。")
        if file is not None:
            _import_households(runtime, file, dry_run=dry_run, yes=yes)


def _import_households(runtime: Runtime, file: Path, *, dry_run: bool, yes: bool) -> None:
    console = Console()
    roll = read_roll_file(runtime, file, console=console)
    if not roll.error_count:
        show_plan(runtime, roll, console)
    show_problems(roll, console)
    if roll.error_count:
        raise click.ClickException(f"有 {roll.error_count} 处要改，还什么都没动。")
    if dry_run:
        console.print("只是检查，还什么都没动。")
        return
    if not yes:
        click.confirm("现在导入吗？", abort=True)
    with Progress(console=console) as bar:
        step = bar.add_task("写入", total=len(roll.households) + roll.person_count)
        with transaction(runtime, SYSTEM) as tx:
            done = areas.import_roll(
                tx,
                roll,
                file_hash=hashlib.sha256(file.read_bytes()).digest(),
                progress=lambda count: bar.advance(step, count),
            )
        bar.update(step, completed=len(roll.households) + roll.person_count)
    if done.batch_id is None:
        console.print("册上都已经有了，没有新的。")
        return
    console.print(f"进来 {done.households} 户、{done.persons} 人；待定 {done.held} 人。批号 {done.batch_id}")
    console.print(f"要整批撤回：python -m app import undo {done.batch_id}")


@imports.command("undo")
@click.argument("batch", type=click.UUID)
def undo(batch: UUID) -> None:
    """整批撤回一次导入；已经走访过或有人在用的户会留下，并告诉您有几户。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        done = areas.undo_batch(tx, batch, spare_persons=_persons_in_use(tx.db))
    click.echo(f"撤回 {done.households} 户、{done.persons} 人。")
    if done.households_kept or done.persons_kept:
        click.echo(f"留下 {done.households_kept} 户、{done.persons_kept} 人：已经走访过，或者有人在用。")


def _persons_in_use(db: Session) -> set[UUID]:
    """Who has an account, a role or a party card: their households stay."""
    accounts = select(Account.person_id).where(Account.person_id.is_not(None), Account.state == "active")
    roles = select(RoleGrant.person_id).where(RoleGrant.revoked_at.is_(None))
    members = select(Member.person_id).where(Member.state == "active")
    return {person_id for person_id in db.scalars(union(accounts, roles, members)) if person_id}


@imports.command("duplicates")
@click.option("--village", "code", callback=area_code, help="只看这个村（12 位代码）")
@click.option("--take", "take", multiple=True, type=click.UUID, help="是另外一个人：导进来")
@click.option("--drop", "drop", multiple=True, type=click.UUID, help="就是册上那个人：不用导")
def duplicates(code: str | None, take: tuple[UUID, ...], drop: tuple[UUID, ...]) -> None:
    """看待定的行（像是册上已有的人），由人来定。"""
    with open_runtime() as runtime:
        if take:
            with transaction(runtime, SYSTEM) as tx:
                click.echo(f"导入 {areas.take_duplicates(tx, take)} 人。")
        if drop:
            with transaction(runtime, SYSTEM) as tx:
                areas.drop_duplicates(tx, drop)
            click.echo(f"{len(drop)} 行不用导。")
        if not (take or drop):
            _list_duplicates(runtime, code)


def _list_duplicates(runtime: Runtime, code: str | None) -> None:
    table = Table("编号", "行", "姓名", "村", "户号", "为什么待定", "册上那个人在")
    with reading(runtime) as db:
        path = place_given(db, code) if code else f"{runtime.settings.county}/"
        for row in places.proposals(db, runtime.vault, SYSTEM, path=path):
            table.add_row(
                str(row.duplicate_id), str(row.line), row.name_masked, row.village, row.number, row.why, row.existing
            )
    Console().print(table if table.row_count else "没有待定的行。")


@imports.command("calendar")
@click.argument("file", type=_SPREADSHEET)
def calendar(file: Path) -> None:
    """导入一年的工作日历（day,working）；重启后全部进程用上。"""
    try:
        days = read_calendar(_lines(file))
    except (KeyError, TypeError, ValueError) as wrong:
        raise click.ClickException(_CALENDAR) from wrong
    if not days:
        raise click.ClickException(_CALENDAR)
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        count = calendar_days.import_days(tx, days)
    click.echo(f"记下 {count} 天。请重启，让所有进程都用上。")


def _lines(file: Path) -> Iterator[str]:
    yield from file.read_text(encoding="utf-8-sig").splitlines()


COMMANDS = (imports,)
