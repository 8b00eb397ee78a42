"""`python -m app qr-sheets …` and `code …`: door labels of a village on paper, codes replaced when a sheet is lost."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.progress import track

from app.adapters import sheets
from app.commands.people import area_code, place_given
from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.media.ports import DoorCodePrinter, DoorCodeRefusal
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import open_runtime

DOOR_PAGE = "pages/door/index"
_WIDTH = 430
_ON_PAPER = 320  # pixels on 27 mm: 300 to the inch
_SENTENCES = {
    DoorCodeRefusal.BUSY: "微信这会儿忙，请过几分钟再运行一次。",
    DoorCodeRefusal.BAD_TOKEN: "有一个门牌码微信不收，请把这件事告诉我们。",
    DoorCodeRefusal.PAGE_NOT_PUBLISHED: "小程序还没有发布这个页面，请先发布再印小程序码。",
    DoorCodeRefusal.MISCONFIGURED: "小程序的 AppID 或密钥不对，请检查 config.toml 的 [wechat.mini_program]。",
}


@click.command("qr-sheets")
@click.option("--village", "code", callback=area_code, required=True, help="村代码；给镇代码就印全镇，一村一页起")
@click.option("--mini-program", is_flag=True, help="另外下载小程序码（圆形），放进同名的 .zip")
@click.option("--round", "is_round", is_flag=True, help="印微信的小程序码（圆形）；微信不给的那几张印方码，一样能扫")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def qr_sheets(code: str, out: Path, *, mini_program: bool, is_round: bool) -> None:
    """画一个村的门牌码，A4 每页 24 张；还没有码的户先发码。"""
    with open_runtime() as runtime:
        with transaction(runtime, SYSTEM) as tx:
            path = place_given(tx.db, code)
            fresh = areas.issue_missing(tx, path)
        with reading(runtime) as db:
            doors = places.door_labels(db, runtime.vault, SYSTEM, path=path)
            title = f"{places.place_name(db, path)}门牌码"
        if not doors:
            raise click.ClickException("这里还没有户，请先导入户册。")
        pictures = RoundCodes(runtime.port(DoorCodePrinter)) if is_round else None
        drawn = draw_doors(runtime, doors, out, title=title, pictures=pictures)
        click.echo(f"画好了：{out}，{drawn.labels} 张，{drawn.pages} 页，其中新发 {fresh} 个码。")
        _tell_unprintable(drawn, doors)
        if pictures is not None:
            _tell_rounds(drawn, pictures)
        if mini_program:
            click.echo(f"小程序码：{fetch_pictures(runtime, doors, out.with_suffix('.zip'))}")


class RoundCodes:
    """WeChat's round code of each door, until WeChat says no: then the rest are square, and the reason is kept."""

    def __init__(self, printer: DoorCodePrinter) -> None:
        self._printer = printer
        self.refusal: DoorCodeRefusal | None = None

    def picture(self, token: str) -> bytes | None:
        """The picture, or None for a square code. A token that WeChat does not take concerns one door only."""
        if self.refusal not in {None, DoorCodeRefusal.BAD_TOKEN}:
            return None
        found = self._printer.mini_program_code(token, DOOR_PAGE, _ON_PAPER)
        if isinstance(found, DoorCodeRefusal):
            self.refusal = found
            return None
        return found


def _tell_rounds(drawn: sheets.Drawn, pictures: RoundCodes) -> None:
    click.echo(f"其中小程序码 {drawn.pictures} 张，方码 {drawn.labels - drawn.pictures} 张；两种都能用微信扫。")
    if pictures.refusal is not None:
        click.echo(f"  {_SENTENCES[pictures.refusal]}")


def draw_doors(
    runtime: Runtime,
    doors: Sequence[places.DoorLabel],
    out: Path,
    *,
    title: str,
    pictures: RoundCodes | None = None,
) -> sheets.Drawn:
    """The PDF of these doors, in their order."""
    site = runtime.settings.web.public_url.rstrip("/")
    labels = (
        sheets.Label(
            url=f"{site}/d/{door.token}",
            village=door.village,
            group=door.group_name,
            number=door.number,
            head_masked=f"户主 {door.head_masked}" if door.head_masked else "",
            picture=pictures.picture(door.token) if pictures else None,
        )
        for door in track(doors, "画门牌码", transient=True)
    )
    return sheets.draw_labels(out, labels, title=title, page_per_village=True)


def _tell_unprintable(drawn: sheets.Drawn, doors: Sequence[places.DoorLabel]) -> None:
    for lacking in drawn.unprintable:
        door = doors[lacking.label - 1]
        click.echo(f"  {door.village} {door.number}：有字库里没有的字，印成了 〓，请用笔补上。")


def fetch_pictures(runtime: Runtime, doors: Sequence[places.DoorLabel], out: Path) -> Path:
    """Every door's round code as a picture in one archive, named by village, group and number; whole or not at all."""
    printer = runtime.port(DoorCodePrinter)
    unfinished = out.with_name(out.name + ".part")
    try:
        with zipfile.ZipFile(unfinished, "w") as archive:
            for door in track(doors, "取小程序码", transient=True):
                picture = printer.mini_program_code(door.token, DOOR_PAGE, _WIDTH)
                if isinstance(picture, DoorCodeRefusal):
                    raise click.ClickException(_SENTENCES[picture])
                archive.writestr(f"{_file_name(door)}.{'png' if picture[:4] == _PNG else 'jpg'}", picture)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return out


_PNG = b"\x89PNG"


def _file_name(door: places.DoorLabel) -> str:
    """A path inside the archive without anything that a file system dislikes; the number is unique in its village."""
    parts = (door.village, f"{door.group_name} {door.number}".strip())
    return "/".join("".join(c if c.isalnum() or c in " -_" else "_" for c in part) for part in parts)


@click.group("code")
def code() -> None:
    """门牌码：作废、换新。"""


@code.command("revoke")
@click.option("--village", callback=area_code, required=True, help="村代码")
@click.option("--reason", required=True)
@click.argument("number")
def revoke(village: str, reason: str, number: str) -> None:
    """作废一户的门牌码（丢了、被人抄了）；下次画门牌码时自动发新的。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        household_id = places.households_numbered(tx.db, path, [number]).get(number)
        if household_id is None:
            raise click.ClickException("这个村没有这个户号。")
        areas.revoke_code(tx, household_id, reason=reason)
    click.echo("作废了。请再运行 qr-sheets 画一张新的。")


COMMANDS = (qr_sheets, code)
