"""`python -m app letters`: messages that reached nobody, and sending them again."""

from __future__ import annotations

from uuid import UUID

import click
from rich.console import Console
from rich.table import Table

from app.domains.notices import actions, queries
from app.kernel.access import SYSTEM
from app.kernel.transaction import reading, transaction
from app.kernel.values import SHANGHAI
from app.main import open_runtime


@click.group("letters")
def letters() -> None:
    """没送到的消息：看一看，再送一次。"""


@letters.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="最多列几条")
def show(limit: int) -> None:
    """列出没送到、或不知道送到没有的消息，最早的在前。"""
    table = Table("编号", "模板", "通道", "状态", "微信的代码", "什么时候")
    with open_runtime() as runtime, reading(runtime) as db:
        for letter in queries.dead_letters(db, limit=limit):
            ended = letter.ended_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") if letter.ended_at else ""
            table.add_row(
                str(letter.message_id),
                letter.template,
                letter.channel or "",
                letter.state,
                letter.last_code or "",
                ended,
            )
    Console().print(table if table.row_count else "没有没送到的消息。")


@letters.command("retry")
@click.argument("ids", nargs=-1, required=True, type=click.UUID)
def retry(ids: tuple[UUID, ...]) -> None:
    """把这些消息再送一次。"""
    with open_runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        count = actions.send_again(tx, ids)
    click.echo(f"{count} 条排上了，推送进程会马上再送。")
    if others := len(set(ids)) - count:
        click.echo(f"另外 {others} 条没有动：已经送到、还在送，或者没有这个编号。")


COMMANDS = (letters,)
