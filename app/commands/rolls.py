"""How a roll of households is read from a file, judged and shown at the terminal."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy.orm import Session

from app.adapters import spreadsheet
from app.domains.areas import queries as areas
from app.domains.areas.models import Level
from app.domains.areas.preset import Households
from app.domains.areas.rules import relations, rolls
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.kernel.values import local_day

_SHOWN = 60
_EXAMPLES = {
    rolls.VILLAGE: "山口村",
    rolls.GROUP: "三组",
    rolls.NUMBER: "0315",
    rolls.NAME: "卢春梅（示例）",
    rolls.RELATION: "户主",
    rolls.ID_NUMBER: "11010519491231002X",
    rolls.PHONE: "13800138000",
    rolls.ADDRESS: "三组 15 号",
    rolls.FLAGS: "独居、高龄",
    rolls.BIRTH_YEAR: "1949",
}
_HINTS = {
    rolls.VILLAGE: "村名或 12 位代码；两个村同名时填代码。放进网格就填网格代码。一户里后面的人可以空着。",
    rolls.GROUP: "村民小组。",
    rolls.NUMBER: "一个村里不能重复；同一户的人填同一个。",
    rolls.NAME: "照身份证填；少数民族姓名中间用 ·",
    rolls.RELATION: "和户主的关系；每一户要有一个“户主”。",
    rolls.ID_NUMBER: "18 位，最后一位可以是 X；没有就空着。",
    rolls.PHONE: "手机 11 位，座机带区号；没有就空着。",
    rolls.ADDRESS: "门牌或地点，到组就够。",
    rolls.FLAGS: "可以填几个，用顿号隔开；记在整户上。",
    rolls.BIRTH_YEAR: "没有身份证号时填。",
}


def read_roll_file(runtime: Runtime, file: Path, *, console: Console | None = None) -> rolls.Roll:
    """The roll in a file, judged by what stands in it; a file that is no honest table is refused with a sentence."""
    with reading(runtime) as db:
        ground = ground_of(runtime, db)
    try:
        with spreadsheet.read_rows(file) as sheet:
            roll = rolls.read_roll(sheet.header, sheet.rows, ground, header_line=sheet.header_number)
    except spreadsheet.BadFile as refused:
        raise click.ClickException(refused.sentence) from refused
    if console is not None:
        console.print(f"读到 {roll.line_count} 行、{len(roll.households)} 户、{roll.person_count} 人。")
    return roll


def ground_of(runtime: Runtime, db: Session) -> rolls.Ground:
    """What rolls of this county are judged by today."""
    preset: Households = runtime.presets["households"]
    today = local_day(runtime.clock.now())
    return areas.ground_for_rolls(db, preset, within=f"{runtime.settings.county}/", today=today)


def show_plan(runtime: Runtime, roll: rolls.Roll, console: Console) -> None:
    """What an import would do, in a few lines."""
    with reading(runtime) as db:
        plan = areas.compare(db, runtime.vault, roll)
    console.print(f"新的 {len(plan.new_households)} 户、{plan.new_persons} 人。")
    console.print(f"册上已有 {plan.unchanged_households} 户、{plan.unchanged_persons} 人，不动。")
    if plan.held:
        console.print(f"待定 {len(plan.held)} 人：像是册上已有的人，不会自动合并，导入后用 import duplicates 来定。")


def show_problems(roll: rolls.Roll, console: Console) -> None:
    """Errors first, then what is only worth a look; each with line, column and what to do."""
    for is_error, title in ((True, "要改"), (False, "请看一眼（不影响导入）")):
        found = [p for p in roll.problems if p.is_error is is_error]
        if not found:
            continue
        table = Table("行", "列", Column("怎么回事，怎么办", overflow="fold"), title=f"{title}：{len(found)} 处")
        for problem in found[:_SHOWN]:
            table.add_row(str(problem.line), problem.column, problem.says)
        if len(found) + roll.unlisted_count > _SHOWN:
            table.caption = f"还有 {len(found) + roll.unlisted_count - _SHOWN} 处没有列出"
        console.print(table)


def write_roll_template(runtime: Runtime, out: Path) -> None:
    """The empty form for this county, with its villages and words to choose from."""
    preset: Households = runtime.presets["households"]
    with reading(runtime) as db:
        villages = areas.areas_below(db, f"{runtime.settings.county}/", level=Level.village)
    names = [areas.short_name(village.name) for village in villages]
    choices = [v.code if names.count(n) > 1 else n for v, n in zip(villages, names, strict=True)]
    hints = _HINTS | {rolls.FLAGS: f"{_HINTS[rolls.FLAGS]}可用的有 {'、'.join(preset.words())}"}
    hints |= {rolls.RELATION: f"{_HINTS[rolls.RELATION]}常用的有 {'、'.join(relations.USUAL)}"}
    columns = [
        spreadsheet.Column(
            title,
            22 if title in {rolls.ID_NUMBER, rolls.ADDRESS, rolls.VILLAGE} else 14,
            choices=choices if title == rolls.VILLAGE else (),
            hint=hints[title],
            example=_EXAMPLES[title],
            is_required=title in rolls.REQUIRED,
        )
        for title in rolls.COLUMNS
    ]
    spreadsheet.write_template(out, spreadsheet.Table("户册", columns))
