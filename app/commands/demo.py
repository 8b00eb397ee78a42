"""`python -m app demo …`: the demo town, more towns for benchmarks, and a token to try the API with."""

from __future__ import annotations

import time

import click
import requests
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.demo import cast, seed, story
from app.domains.areas import actions as areas
from app.domains.duties import sweeps as duties
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import open_runtime
from app.settings import Settings


class OnlyOnADesk(click.ClickException):
    """A demo command in production."""

    def __init__(self) -> None:
        super().__init__("演示数据只能在演示环境里做，正式环境不行。")


_SCALE = click.IntRange(1, 10)


@click.group("demo", invoke_without_command=True)
@click.option("--scale", type=_SCALE, help="一共要几个镇；与 demo grow --scale 相同")
@click.pass_context
def demo(context: click.Context, scale: int | None) -> None:
    """演示镇：建起来、扩大、取一个登录令牌。"""
    if context.invoked_subcommand is None and scale is None:
        click.echo(context.get_help())
    elif context.invoked_subcommand is None:
        _grow(scale or 1)
    elif scale is not None:
        raise click.UsageError("--scale 写在 demo 后面就够了，或写在 demo grow 后面。")


@demo.command("grow")
@click.option("--scale", type=_SCALE, default=1, show_default=True, help="一共要几个镇")
def grow(scale: int) -> None:
    """把演示数据扩大到几个镇（压力测试用）。"""
    _grow(scale)


def _grow(scale: int) -> None:
    with open_runtime() as runtime:
        _only_on_a_desk(runtime)
        _fill(runtime, scale)


@demo.command("token")
@click.argument("who", metavar="WHO", type=click.Choice([role.key for role in cast.ROLES]))
def token(who: str) -> None:
    """以演示人物的身份登录，打印令牌（要先 make run）。"""
    with open_runtime() as runtime:
        _only_on_a_desk(runtime)
        try:
            click.echo(_token_of(runtime.settings, cast.openid(who, "mp")))
        except (requests.RequestException, KeyError) as away:
            raise click.ClickException("演示没有在运行：请先在另一个窗口 make run，等它说“已经在运行”。") from away


def _token_of(settings: Settings, openid: str) -> str:
    """Sign in as that phone does: a code from the fake WeChat, a token from the API."""
    asked = requests.post(f"{settings.demo.sandbox_url}/__ctl/phones/{openid}/login-code", json={}, timeout=5)
    code = {"code": asked.json()["code"]}
    answer = requests.post(f"{settings.web.public_url}/api/v1/session", json=code, timeout=5)
    answer.raise_for_status()
    token: str = answer.json()["token"]
    return token


def prepare(runtime: Runtime) -> None:
    """What `run` needs before the first start: divisions, the town, this month's duties, and what happened so far."""
    _fill(runtime, 1)
    duties.open_due_periods(runtime)
    seed.begin_now(runtime)
    click.echo("留村这几个月的事：吹哨、代办、善行、点赞……（半分钟左右）")
    story.tell(runtime)


def import_areas(runtime: Runtime) -> None:
    """The shipped divisions of the county."""
    with transaction(runtime, SYSTEM) as tx:
        areas.import_divisions(tx)


def _fill(runtime: Runtime, scale: int) -> None:
    import_areas(runtime)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress:
        for path in seed.towns(runtime)[:scale]:
            _fill_town(runtime, path, progress)


def _fill_town(runtime: Runtime, path: str, progress: Progress) -> None:
    if seed.is_seeded(runtime, path):
        return
    with reading(runtime) as db:
        name = seed.town_name(db, path)
    step, started = progress.add_task(f"{name} 走访", total=seed.expected_visits()), time.monotonic()
    count = seed.seed_town(runtime, path, progress=lambda _what, done: progress.advance(step, done))
    progress.update(step, completed=count, total=count)
    progress.console.print(f"{name}：{count} 次走访，每秒 {count / (time.monotonic() - started):.0f} 次")


def _only_on_a_desk(runtime: Runtime) -> None:
    if runtime.settings.mode == "production":
        raise OnlyOnADesk


COMMANDS = (demo,)
