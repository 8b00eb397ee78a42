"""python -m bot worker | push | inbound | media | scheduler: the processes that run beside the web."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from prometheus_client import start_http_server

from app.kernel import log
from app.kernel.runtime import Runtime
from app.main import FOR_THE_OPERATOR, open_runtime, what_to_do
from bot import media_worker, scheduler
from bot.inbound import InboundWorker
from bot.push import IN_FLIGHT, PushWorker

_MEDIA_IDLE_SECONDS = 0.5
Loop = Callable[[threading.Event], None]


def _media(runtime: Runtime) -> Loop:
    def run(stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                worked = media_worker.work_once(runtime)
            except Exception:  # noqa: BLE001
                # an edge of the process: what failed is tried again when its lease ends
                log.say("media", "work failed", error=True)
                worked = 0
            if not worked:
                stop.wait(_MEDIA_IDLE_SECONDS)

    return run


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    yield stop


def _run(name: str, loops: Callable[[Runtime], list[Loop]], metrics_port: int) -> None:
    """Run loops side by side until told to stop; when one of them dies, all end, so that the supervisor starts anew."""
    with open_runtime() as runtime, _until_told() as stop:
        if metrics_port:
            start_http_server(metrics_port, addr="127.0.0.1")
        threads = [threading.Thread(target=_guarded, args=(loop, stop)) for loop in loops(runtime)]
        for thread in threads:
            thread.start()
        click.echo(f"{name} ready")
        sys.stdout.flush()
        for thread in threads:
            thread.join()


def _guarded(loop: Loop, stop: threading.Event) -> None:
    try:
        loop(stop)
    except BaseException:
        log.say("worker", "loop died", error=True)
        raise
    finally:
        stop.set()


_IN_FLIGHT = click.option("--in-flight", default=IN_FLIGHT, show_default=True, help="同时在送的消息数")
_METRICS = click.option("--metrics-port", default=0, help="在本机这个端口给出 /metrics，0 为不开")


@click.group(help="连心在网页接口之外的进程。")
def cli() -> None:
    """The one entry."""


@cli.command("worker")
@_IN_FLIGHT
@_METRICS
def worker(in_flight: int, metrics_port: int) -> None:
    """推送、收听、照片审核，一个进程里全都做。"""

    def loops(runtime: Runtime) -> list[Loop]:
        return [PushWorker(runtime, in_flight=in_flight).run, InboundWorker(runtime).run, _media(runtime)]

    _run("worker", loops, metrics_port)


@cli.command("push")
@_IN_FLIGHT
@_METRICS
def push(in_flight: int, metrics_port: int) -> None:
    """只推送。"""
    _run("push", lambda runtime: [PushWorker(runtime, in_flight=in_flight).run], metrics_port)


@cli.command("inbound")
@_METRICS
def inbound(metrics_port: int) -> None:
    """只处理微信发来的消息。"""
    _run("inbound", lambda runtime: [InboundWorker(runtime).run], metrics_port)


@cli.command("media")
@_METRICS
def media(metrics_port: int) -> None:
    """只整理照片、送审内容。"""
    _run("media", lambda runtime: [_media(runtime)], metrics_port)


@cli.command("scheduler")
@_METRICS
def clock(metrics_port: int) -> None:
    """定时：到点的事按时办。"""
    _run("scheduler", lambda runtime: [lambda stop: scheduler.run(runtime, stop)], metrics_port)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one process; a wrong configuration is a sentence on standard error."""
    try:
        cli.main(None if argv is None else list(argv), prog_name="python -m bot", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except FOR_THE_OPERATOR as fault:
        sentence = what_to_do(fault)
        if sentence is None:
            raise
        click.echo(sentence, err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
