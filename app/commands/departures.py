"""`python -m app person leave …` and `forget`: who moved away or died, and what is forgotten of those who are gone."""

from __future__ import annotations

from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

from app.commands.people import area_code, person_given, place_given
from app.domains.areas import actions as areas
from app.domains.areas import queries as places
from app.domains.members import queries as members
from app.domains.retention import sweeps
from app.domains.retention.preset import Retention
from app.kernel.access import SYSTEM
from app.kernel.transaction import reading, transaction
from app.kernel.values import mask_name
from app.main import open_runtime


@click.group("person")
def person() -> None:
    """名册上的人：查编号，迁走、去世。"""


@person.command("find")
@click.option("--village", callback=area_code, required=True, help="村代码")
@click.argument("name")
def find(village: str, name: str) -> None:
    """按姓名找一个村里的人，给出人员编号。"""
    table = Table("人员编号", "姓名", "组", "户号", "出生年", "与户主关系")
    with open_runtime() as runtime, reading(runtime) as db:
        path = place_given(db, village)
        for one in places.persons_called(db, runtime.vault, SYSTEM, path=path, name=name):
            year = str(one.birth_year or "")
            table.add_row(str(one.person_id), mask_name(name), one.group_name, one.number, year, one.relation or "")
        missing = f"{places.place_name(db, path)}的名册上没有叫这个名字的人。"
    Console().print(table if table.row_count else missing)


@person.command("leave")
@click.option("--phone", help="登记的手机号，代替人员编号")
@click.option("--person", "who", help="人员编号")
@click.option("--reason", required=True, help="迁走、去世……")
@click.option("--head", type=click.UUID, help="他是户主、家里还有人时：以后谁是户主（人员编号）")
def leave(*, phone: str | None, who: str | None, reason: str, head: UUID | None) -> None:
    """一个人迁走或去世：从名册上划去，绑定和角色马上结束；过了留存的日子自动忘掉。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        person_id = person_given(tx, who, phone)
        if members.is_member(tx.db, person_id):
            raise click.ClickException("他还在党员名册上，请先办 member leave。")
        areas.let_person_leave(tx, person_id, reason=reason, head_id=head)
        days = tx.runtime.presets["retention"].moved_days
    click.echo(f"记下了。{days} 天以后自动去掉他的姓名、电话和身份证号，账本和留痕里只剩编号。")


@click.command("forget")
@click.option("--dry-run", is_flag=True, help="只看有多少人到了日子、还有谁因为什么留着")
def forget(*, dry_run: bool) -> None:
    """忘掉已经走了、又过了留存日子的人（每天夜里自动做，这里可以马上做）。"""
    with open_runtime() as runtime:
        policy: Retention = runtime.presets["retention"]
        done = sweeps.look(runtime) if dry_run else sweeps.forget(runtime)
    click.echo(f"到了日子、{'可以忘掉' if dry_run else '忘掉了'}的：{done.persons} 人。")
    if not dry_run:
        click.echo(f"空了的户 {done.households} 户，注销的账号 {done.accounts} 个。")
    for hold, count in done.held.items():
        click.echo(f"  先留着 {count} 人：{policy.holds[hold].name}（{policy.holds[hold].why}）")


COMMANDS = (person, forget)
