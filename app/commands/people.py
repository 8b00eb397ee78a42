"""What an operator does with people: roles given and taken back, who has which, staff accounts, binding slips."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy.orm import Session

from app.adapters.sheets.slips import SlipText, draw_slips
from app.domains.areas import queries as areas
from app.domains.areas.actions import officials
from app.domains.areas.errors import AreaNotFound
from app.domains.areas.rules.divisions import BadCode
from app.domains.identity import actions as identity
from app.domains.identity import queries as identities
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import SHANGHAI, local_day, mask_name
from app.main import open_runtime


def path_given(code: str) -> str:
    """The area path behind what an operator types: a division code, or a path."""
    if code.endswith("/"):
        return code
    try:
        return areas.path_of(code)
    except BadCode as bad:
        raise click.BadParameter("要 12 位区划代码，如 419001101203", param_hint="区划代码") from bad


def area_code(_context: click.Context, _parameter: click.Parameter, code: str | None) -> str | None:
    """The callback of every option that takes an area: its form is looked at before anything is opened."""
    if code:
        path_given(code)
    return code


def place_given(db: Session, code: str) -> str:
    """The area path behind a code that must name a place on file: a slip of the hand is not answered by an empty list."""
    path = path_given(code)
    if areas.area(db, path) is None:
        raise AreaNotFound
    return path


def person_given(tx: Tx, person: str | None, phone: str | None) -> UUID:
    """The one person an operator means, by id or by phone number."""
    if person:
        try:
            return UUID(person)
        except ValueError as bad:
            raise click.BadParameter("要写人员编号；不知道就用 --phone", param_hint="--person") from bad
    if not phone:
        raise click.UsageError("请用 --phone 或 --person 说明是谁")
    return person_with_phone(tx, phone)


def person_with_phone(tx: Tx, phone: str) -> UUID:
    """The one person who has this number on file; when there are several they are listed, so that one can be named."""
    found = areas.persons_with_phone(tx.db, tx.vault, phone)
    if not found:
        raise click.ClickException(
            "这个手机号登记了 0 个人：请核对号码，或者用 person find 按姓名找他的人员编号；"
            "不在户册里的干部用 staff add --name --area。"
        )
    if len(found) > 1:
        shown = "\n".join(_shown(tx, one) for one in found)
        raise click.ClickException(f"这个手机号登记了 {len(found)} 个人，请用人员编号说明是哪一位：\n{shown}")
    return found[0].person_id


def _shown(tx: Tx, one: areas.PersonFacts) -> str:
    name = mask_name(areas.name_of(tx.db, tx.vault, one.person_id))
    return f"  {one.person_id}  {name}  {areas.place_name(tx.db, one.area_path)}  {one.birth_year or ''}".rstrip()


class Day(click.DateTime):
    """A day as an operator types it, and one that can be reckoned with."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The day; who means for ever leaves the option out."""
        day = super().convert(value, param, ctx)
        if day.year not in _YEARS:
            self.fail(f"年份要在 {_YEARS.start} 和 {_YEARS.stop - 1} 之间；长期的就不写这一项", param, ctx)
        return day


_YEARS = range(2000, 2101)
_PHONE = click.option("--phone", help="登记的手机号，代替人员编号")


@click.command("grant")
@_PHONE
@click.option("--person", help="人员编号")
@click.option("--until", type=Day(), help="到哪一天为止（含当天）")
@click.argument("role")
@click.argument("area", callback=area_code)
def give_role(*, phone: str | None, person: str | None, until: datetime | None, role: str, area: str) -> None:
    """给人一个角色：grant --phone 138… village_cadre 419001101203。"""
    last = until.replace(tzinfo=SHANGHAI) + timedelta(days=1) if until else None
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        if role not in (known := runtime.presets["roles"]):
            listed = "、".join(f"{key}（{one.name}）" for key, one in known.items())
            raise click.BadParameter(f"没有这个角色，可以写 {listed}", param_hint="ROLE")
        who, grant_id = person_given(tx, person, phone), tx.new_id()
        identity.grant_role(tx, grant_id=grant_id, person_id=who, role=role, area_path=path_given(area), until=last)
    click.echo(f"办好了，下一次打开小程序就有。收回用：revoke {grant_id}")


@click.command("revoke")
@click.argument("grant", type=click.UUID)
def take_role_back(grant: UUID) -> None:
    """收回一个角色，马上生效；编号用 roster 看。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        identity.revoke_role(tx, grant_id=grant)
    click.echo("收回了，这个人的下一次操作就不再有。")


@click.command("roster")
@click.argument("area", required=False, callback=area_code)
def show_roster(area: str | None) -> None:
    """谁在哪里有什么角色，到什么时候。"""
    table = Table("编号", "人", "角色", "地方", "到")
    with open_runtime() as runtime:
        with reading(runtime) as db:
            path = place_given(db, area) if area else f"{runtime.settings.county}/"
        for held in _held(runtime, path):
            until = local_day(held.until - timedelta(microseconds=1)).isoformat() if held.until else "长期"
            table.add_row(str(held.grant_id), held.masked_name, held.role_name, held.place, until)
    Console().print(table)


def _held(runtime: Runtime, path: str) -> list[identities.Held]:
    with reading(runtime) as db:
        now, roles = runtime.clock.now(), runtime.presets["roles"]
        return list(identities.roster(db, SYSTEM, path=path, now=now, roles=roles, vault=runtime.vault, limit=100_000))


@click.group("staff")
def staff() -> None:
    """工作账号：用密码和动态码在电脑上登录的人。"""


@staff.command("add")
@click.argument("username")
@_PHONE
@click.option("--person", help="人员编号")
@click.option("--name", help="姓名；名册里没有的干部用它，和 --area 一起")
@click.option("--area", callback=area_code, help="在哪里任职，12 位区划代码")
def add_staff(username: str, *, phone: str | None, person: str | None, name: str | None, area: str | None) -> None:
    """开一个工作账号，打印一次性密码和动态码的二维码。"""
    if bool(name) != bool(area):
        raise click.UsageError("--name 和 --area 要一起写")
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        if name and area:
            who = officials.register_official(tx, name=name, area_path=path_given(area), phone=phone)
        else:
            who = person_given(tx, person, phone)
        first = identity.add_staff(tx, username=username, person_id=who)
    _show(first)
    click.echo(f"还没有角色，接着用：grant --person {who} 角色 区划代码")


@staff.command("passwd")
@click.argument("username")
def new_secrets(username: str) -> None:
    """密码或手机丢了：重发一次性密码和动态码，旧的马上作废，被锁的也解开。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        first = identity.reset_staff(tx, username=username)
    _show(first)


def _show(first: identity.FirstSecrets) -> None:
    import qrcode

    drawn, code = io.StringIO(), qrcode.QRCode(border=2)
    code.add_data(first.otpauth_uri)
    code.print_ascii(out=drawn, invert=True)
    click.echo(f"一次性密码：{first.password}\n动态码（用手机上的验证器扫下面的码，或手工添加）：\n{first.otpauth_uri}")
    click.echo(drawn.getvalue())
    click.echo("这些只显示这一次。第一次登录后要先改密码。")


@click.command("slips")
@click.option("--village", "village", callback=area_code, required=True, help="村的 12 位区划代码")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def print_slips(village: str, out: Path) -> None:
    """给一个村每户户主打印一张绑定纸条（旧纸条同时作废）。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        path = place_given(tx.db, village)
        heads = identities.unbound_heads(tx.db, path)
        if not heads:
            raise click.ClickException("这里没有要开纸条的户主：还没有户册，或者都已经认过人了。")
        names = areas.names_of(tx.db, tx.vault, [head.person_id for head in heads])
        place, until = areas.place_name(tx.db, path), local_day(tx.now + identity.SLIP_LASTS).isoformat()
        slips = [
            SlipText(
                door=f"{place}{head.group_name}{head.number}号",
                masked_name=mask_name(names[head.person_id]),
                code=identity.issue_slip(tx, person_id=head.person_id).code,
                until=until,
            )
            for head in track(heads, "开纸条")
        ]
        # before the older ones end: paper that is out stays good
        pages = draw_slips(out, slips, title=f"{place}绑定纸条")
    click.echo(f"{len(slips)} 张纸条，{pages} 页：{out}。请当面交给户主本人。")


COMMANDS = (give_role, take_role_back, show_roster, staff, print_slips)
