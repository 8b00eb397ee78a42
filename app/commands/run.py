"""`python -m app run`: everything of a desk in one window, the demo town made on the first start."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlencode

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.adapters.child import Child, ChildFailed, PortTaken
from app.adapters.database import migrate
from app.adapters.desk import Desk, write_config
from app.adapters.embedded import EmbeddedPostgres
from app.adapters.places import data_folder
from app.adapters.postgres_binaries import PostgresUnusable
from app.adapters.supervisor import AlreadyRunning, Supervisor
from app.commands.demo import prepare
from app.demo.cast import hand_out_phones, openid
from app.demo.seed import is_seeded
from app.main import open_runtime
from app.settings import load

_FORWARD = {"OMP_NUM_THREADS": "1"}


@click.command("run")
@click.option("--port", default=8000, show_default=True, help="接口的端口")
@click.option("--sandbox-port", default=8001, show_default=True, help="沙盒（假微信）的端口")
@click.option("--data", type=click.Path(path_type=Path), help="数据放在哪里")
def run(port: int, sandbox_port: int, data: Path | None) -> None:
    """在本机启动全套演示：数据库、接口、推送、定时、假微信。Ctrl-C 停止。"""
    desk = Desk((data or data_folder()).absolute(), port, sandbox_port)
    try:
        with Supervisor(desk.data) as supervisor:
            _bring_up(supervisor, desk)
            _welcome(desk)
            supervisor.watch()
    except (AlreadyRunning, ChildFailed, PortTaken, PostgresUnusable) as stopped:
        raise click.ClickException(str(stopped)) from stopped


def _bring_up(supervisor: Supervisor, desk: Desk) -> None:
    """Whatever need not wait for another starts beside it: the sandbox beside the database, the phones beside the rest."""
    server = EmbeddedPostgres(desk.data / "postgres")
    with _steps() as steps:
        step = steps.add_task("启动数据库和沙盒")
        supervisor.launch(_sandbox(desk))
        supervisor.keep_database(server)
        write_config(desk, server)
        os.environ["LIANXIN_CONFIG"] = str(desk.config)
        steps.update(step, description="核对表结构")
        migrate(load(desk.config).database)
        with open_runtime() as runtime:
            if is_new := not is_seeded(runtime):
                steps.stop()
                prepare(runtime)
                steps.start()
            supervisor.wait()
            steps.update(step, description="启动接口、推送和定时")
            _start(supervisor, desk, is_new=is_new)
            hand_out_phones(runtime)
        supervisor.wait()


def _start(supervisor: Supervisor, desk: Desk, *, is_new: bool) -> None:
    """A new desk has news to tell at once: WeChat's answers to them must find the API at home."""
    supervisor.launch(_api(desk))
    if is_new:
        supervisor.wait()
    supervisor.launch(_worker(), _scheduler())


def _steps() -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=Console(stderr=True)
    )


def _sandbox(desk: Desk) -> Child:
    callbacks = ["--callback-mp", f"{desk.url}/wechat/mp", "--callback-oa", f"{desk.url}/wechat/oa"]
    callbacks += ["--h5-base", f"{desk.url}/m/"]
    files = ["--clock-file", str(desk.clock), "--state-file", str(desk.data / "sandbox.json")]
    argv = [sys.executable, "-m", "sandbox", "--port", str(desk.sandbox_port), *callbacks, *files]
    return Child(
        "沙盒", argv, port=desk.sandbox_port, port_setting="--sandbox-port", ready_line="sandbox ready", colour="yellow"
    )


def api_argv(port: int, *, workers: int = 1, threads: int = 4) -> list[str]:
    """How the web server is started, here and in the units of DEPLOY.md."""
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "app.main:application"]
    sizes = ["--workers", str(workers), "--blocking-threads", str(threads), "--backpressure", "64"]
    return [*granian, "--host", "127.0.0.1", "--port", str(port), *sizes, "--no-access-log", "--log-level", "warning"]


def _api(desk: Desk) -> Child:
    ready = f"{desk.url}/readyz"
    return Child(
        "接口",
        api_argv(desk.port),
        env=_FORWARD,
        port=desk.port,
        port_setting="--port",
        ready_url=ready,
        colour="green",
    )


def _worker() -> Child:
    return Child(
        "推送", [sys.executable, "-m", "bot", "worker"], env=_FORWARD, ready_line="worker ready", colour="magenta"
    )


def _scheduler() -> Child:
    argv = [sys.executable, "-m", "bot", "scheduler"]
    return Child("定时", argv, env=_FORWARD, ready_line="scheduler ready", colour="blue")


def _welcome(desk: Desk) -> None:
    click.echo(
        f"""
连心已经在运行。请打开：

  王桂兰的手机  {_phone(desk, "villager")}
                村民：谁联系我家，来没来我说了算
  赵建国的手机  {_phone(desk, "member")}
                联户党员：我联的户，记一次走访
  孟德胜的手机  {_phone(desk, "village")}
                村支书：这个月走到哪了，哪件事过了时间
  梁巧云的手机  {_phone(desk, "clerk")}
                村文书、代办员：善行先给她看，材料交到她手上
  沙盒          {desk.sandbox_url}/
                十三部手机的微信，七位评议员的也在。拨快时钟，看提醒怎样到手机上；点“回一句”发“我的户”试试。
  接口说明      {desk.url}/api/v1/rapidoc
                登录令牌：另开一个窗口，make app ARGS="demo token member"
                （villager、member、village、town、clerk、council1 到 council7、officer 都可以）

数据在 {desk.data}，再次 make run 会接着用。按 Ctrl-C 停止。
"""
    )


def _phone(desk: Desk, key: str) -> str:
    """The client as one of the cast holds it; the fake WeChat signs him in on the way."""
    query = urlencode({"phone": openid(key, "mp"), "redirect_uri": f"{desk.url}/m/"})
    return f"{desk.sandbox_url}/connect/login?{query}"


COMMANDS = (run,)
