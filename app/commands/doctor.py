"""What `doctor` looks at: one function per question, each with an answer a person can act on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import click
import redis
from sqlalchemy import Connection, text

from app.adapters.database import MIGRATIONS, engine_for
from app.domains.notices import queries as notices
from app.domains.points import queries as points
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.kernel.values import local_day
from app.settings import Settings

_VERSION = text("SELECT version_num FROM alembic_version")
_TABLES = text("SELECT count(*) FROM pg_tables WHERE schemaname = :schema")
_LEAST_MB = 1_000
_LATE = timedelta(minutes=5)
_SILENT = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    result: str
    is_well: bool = True
    advice: str = ""


def examine(runtime: Runtime) -> Iterator[Finding]:
    """Every check of a system whose database answers."""
    yield Finding("数据库", f"连得上，表结构 {_head()}")
    yield from (look(runtime) for look in _LOOKS)


def require_database(settings: Settings) -> None:
    """Nothing can be looked at or saved unless the database answers and has this version's tables."""
    with _looking_at(settings) as connection:
        found = connection.execute(_VERSION).scalar()
    if found is None or not _head().startswith(found):
        raise click.ClickException(
            f"数据库的表是 {found} 版，程序要 {_head()}：请先运行 python -m app migrate，再来一次。"
        )


def require_empty(settings: Settings) -> None:
    """An archive comes back into a database without tables, so that nothing is ever written over."""
    with _looking_at(settings) as connection:
        count = connection.execute(_TABLES, {"schema": settings.database.schema}).scalar()
    if count:
        raise click.ClickException(
            "这个数据库里已经有表：恢复要在一个空的数据库里做，请新建一个，写进 config.toml 再来。"
        )


@contextmanager
def _looking_at(settings: Settings) -> Iterator[Connection]:
    engine = engine_for(settings.database, url=settings.database.owner_url, pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _head() -> str:
    return (MIGRATIONS / "head").read_text(encoding="utf-8").strip()


def _files(runtime: Runtime) -> Finding:
    folder = Path(runtime.settings.storage.folder)
    folder.mkdir(parents=True, exist_ok=True)
    left = shutil.disk_usage(folder).free // 1_000_000
    if left < _LEAST_MB:
        return Finding("文件夹", f"只剩 {left} MB", is_well=False, advice="腾地方或换大的磁盘；满了照片就收不进来")
    if os.access(folder, os.W_OK):
        return Finding("文件夹", "能写")
    return Finding("文件夹", "写不进去", is_well=False, advice=f"给运行的用户写 {folder} 的权限")


def _calendar(runtime: Runtime) -> Finding:
    coming = local_day(runtime.clock.now() + timedelta(days=45)).year
    if runtime.calendar.knows(coming):
        return Finding("工作日表", f"{coming} 年的有")
    advice = "国务院公布后用 python -m app import calendar 导入；在那之前按周一到周五算"
    return Finding("工作日表", f"{coming} 年的还没有", is_well=False, advice=advice)


def _redis(runtime: Runtime) -> Finding:
    url = runtime.settings.redis.url
    if not url:
        return Finding("Redis", "没有配置，用本机内存，不影响使用")
    try:
        redis.Redis.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None).ping()
    except redis.RedisError:
        return Finding("Redis", "连不上", is_well=False, advice="看 redis.url；在那之前用本机内存，不丢数据")
    return Finding("Redis", "连得上")


def _setup(runtime: Runtime) -> Finding:
    """What of the examples was left as it is shipped: on a desk that is right, in earnest nothing would arrive."""
    if runtime.settings.mode != "production":
        return Finding("正式运行要填的", "演示环境，不用填")
    left = list(_left_as_shipped(runtime))
    if left:
        return Finding("正式运行要填的", "；".join(left), is_well=False, advice="照 DEPLOY.md 第 5 节填好，重启各进程")
    return Finding("正式运行要填的", "都填了")


def _left_as_shipped(runtime: Runtime) -> Iterator[str]:
    settings, messages = runtime.settings, runtime.presets["messages"]
    if ".example." in settings.web.public_url:
        yield "config.toml 的 web.public_url 还是示例"
    apps = {"mini_program": settings.wechat.mini_program, "official_account": settings.wechat.official_account}
    yield from (
        f"config.toml 的 wechat.{name}.app_id 还是示例" for name, app in apps.items() if _is_example(app.app_id)
    )
    sides = (side for one in messages.templates.values() for side in (one.subscribe, one.official) if side)
    if count := sum(side.id.startswith("example-") for side in sides):
        yield f"messages.toml 里 {count} 个模板编号还是示例"


def _is_example(app_id: str) -> bool:
    return len(set(app_id.removeprefix("wx"))) == 1


def _outbox(runtime: Runtime) -> Finding:
    with reading(runtime) as db:
        late = notices.waiting_longer_than(db, runtime.clock.now() - _LATE)
    if late:
        return Finding(
            "待发消息", f"{late} 条等了五分钟以上", is_well=False, advice="看推送进程（python -m bot worker）是否在运行"
        )
    return Finding("待发消息", "没有积压")


def _dead(runtime: Runtime) -> Finding:
    with reading(runtime) as db:
        count = notices.dead_count(db)
    if count:
        return Finding("没送到的消息", f"{count} 条", is_well=False, advice="python -m app letters 看是哪些，可以重发")
    return Finding("没送到的消息", "没有")


def _lanes(runtime: Runtime) -> Finding:
    with reading(runtime) as db:
        resting = notices.lanes_in_trouble(db, runtime.clock.now())
    if resting:
        return Finding("通道", "、".join(resting), is_well=False, advice="看微信后台的密钥、IP 白名单和模板")
    return Finding("通道", "都通")


def _clockwork(runtime: Runtime) -> Finding:
    with reading(runtime) as db:
        beat = notices.last_heartbeat(db)
    if beat is None or runtime.clock.now() - beat > _SILENT:
        return Finding("定时进程", "三分钟没有动静", is_well=False, advice="启动 python -m bot scheduler")
    return Finding("定时进程", "在走")


def _ledger(runtime: Runtime) -> Finding:
    with reading(runtime) as db:
        found = points.health(db)
    if found.is_well:
        return Finding("积分账", f"{found.accounts} 户头 {found.transfers} 笔，总和为零，账实相符")
    result = (
        f"总和 {found.total}，不平的 {found.unbalanced} 笔，余额不符 {found.drifting} 户，"
        f"断号 {found.gaps} 户，负数 {found.negative} 户"
    )
    return Finding("积分账", result, is_well=False, advice="停止记分，保留数据库，用最近的备份对照，再联系维护的人")


_UNHEARD = {
    True: "没有手机号、也没有关注公众号的党员，请村里补上手机号",
    False: "没有配短信，只有关注了公众号、或者在小程序里点过允许通知的人收得到：请他们关注，或者把 config.toml 的 [sms] 配上",
}


def _reach(runtime: Runtime) -> Finding:
    with reading(runtime) as db:
        reach = notices.reachability(db, f"{runtime.settings.county}/")
    advice = "" if reach.reachable == reach.members else _UNHEARD[bool(runtime.settings.sms.url)]
    return Finding("现在找得到的党员", f"{reach.reachable} / {reach.members}", is_well=not advice, advice=advice)


Look = Callable[[Runtime], Finding]
_LOOKS: tuple[Look, ...] = (
    _files,
    _setup,
    _calendar,
    _redis,
    _outbox,
    _dead,
    _lanes,
    _clockwork,
    _ledger,
    _reach,
)
