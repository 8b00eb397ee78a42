"""What an operator does with processes: check the files, see one as a picture, see which offices cannot answer."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from app.commands import order_chart, stage_chart
from app.commands.people import area_code, place_given
from app.domains.appraisals import preset as appraisals
from app.domains.areas import queries as areas
from app.domains.cases import preset
from app.domains.cases import queries as cases
from app.domains.cases.rules.ladder import SAYS
from app.domains.identity.preset import load_roles
from app.kernel.presets import FOLDER, text_of
from app.kernel.transaction import reading
from app.main import load_presets, open_runtime


@click.group("preset")
def presets() -> None:
    """流程文件：核对、画成图。"""


@presets.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """核对全部流程文件，或者只核对这几个；有错就说是哪个文件、哪一项、可以写什么。"""
    if not files:
        load_presets()
        click.echo(f"{FOLDER.name} 里的文件都对。")
        return
    for path in files:
        click.echo(f"{path.name}：对。{_checked(path)}")


def _checked(path: Path) -> str:
    """What one file holds when it is right: a case, something to be judged, or one of this city's other files."""
    if path.resolve().parent == FOLDER:
        load_presets()
        return "和别的文件也对得上。"
    if _is_judged(path):
        judged = appraisals.load_kind(path)
        return f"{judged.name}，{len(judged.item)} 项，评议 {judged.panel.draw} 人，公示 {judged.publish.days} 天。"
    kind = preset.load_kind(path, preset.world())
    return f"{kind.name}，{len(kind.stage)} 个阶段，{len(kind.move)} 个办法。"


def _is_judged(path: Path) -> bool:
    """Whether a file is a kind of appraisal, wherever it lies: it has a panel, which no case has."""
    return any(line.startswith("[panel") for line in text_of(path).splitlines())


@presets.command("show")
@click.argument("kind")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="写到这个文件；不写就打印出来")
def show(kind: str, out: Path | None) -> None:
    """把一类要办的事、要评的事画成一张 SVG 图：preset show whistle --out whistle.svg。"""
    paths = {path.stem: path for drawer in ("cases", "appraisals") for path in (FOLDER / drawer).glob("*.toml")}
    if kind not in paths:
        raise click.BadParameter(f"没有这一类，可以写 {'、'.join(sorted(paths))}", param_hint="KIND")
    picture = _picture(paths[kind])
    if out is None:
        click.echo(picture, nl=False)
        return
    out.write_text(picture, encoding="utf-8")
    click.echo(f"画好了：{out}")


def _picture(path: Path) -> str:
    if _is_judged(path):
        return order_chart.chart(appraisals.load_kind(path), load_roles())
    return stage_chart.chart(preset.load_kind(path, preset.world()))


@click.command("vacancies")
@click.option("--area", callback=area_code, help="哪个地方（12 位区划代码）；不写是全县")
def show_vacancies(area: str | None) -> None:
    """哪些岗位空着、或者联系不上：事情会跳过他们，直接找上一级。"""
    table = Table("地方", "岗位", "怎么了", Column("怎么办", overflow="fold"))
    with open_runtime() as runtime:
        roles, kinds = runtime.presets["roles"], runtime.presets["cases"].values()
        with reading(runtime) as db:
            path = place_given(db, area) if area else f"{runtime.settings.county}/"
            found = list(cases.vacancies(db, kinds, path=path, now=runtime.clock.now()))
            codes = {one.area_path: place.code for one in found if (place := areas.area(db, one.area_path))}
    for one in found:
        appoint = f"grant --phone 手机号 {one.role} {codes.get(one.area_path, one.area_path)}"
        advice = appoint if one.why == "empty" else "补上手机号，或请他关注公众号"
        table.add_row(one.place, roles[one.role].name, SAYS[one.why], advice)
    Console().print(table)
    click.echo(f"共 {len(found)} 个岗位现在接不了事。")


COMMANDS = (presets, show_vacancies)
