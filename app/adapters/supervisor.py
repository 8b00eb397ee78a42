"""Keeps a few programs and the embedded database running together on one machine, and ends them together.

    with Supervisor(data_dir, say=click.echo) as supervisor:   # refuses to run twice on one data folder
        supervisor.keep_database(server)                       # started now, stopped last
        …migrate, seed…
        supervisor.start(Child("api", […], port=8000, ready_url="http://127.0.0.1:8000/healthz"))
        supervisor.watch()                                     # until Ctrl-C or SIGTERM; brings back what dies

Leaving the block stops the children in reverse order and then the database. Use it from the main thread: signals arrive there,
and the children are leashed to it (see leash), so that even kill -9 of the supervisor leaves no orphan on Linux.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

import click

from app.adapters.child import Child, RunningChild, require_free_port
from app.adapters.lockfile import AlreadyHeld, LockFile
from app.adapters.places import make_folder

_LOOK_EVERY = 0.2
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between a death and the next try
_STABLE_AFTER = 60.0  # a child that lived so long starts again with the first pause


class AlreadyRunning(RuntimeError):
    """Another supervisor keeps this data folder; the sentence names its process."""


class Database(Protocol):
    """What the supervisor needs of the embedded database."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def restart(self) -> None: ...

    @property
    def is_running(self) -> bool: ...


class _Kept:
    """A child that is to run, whether it does at this moment or not."""

    def __init__(self, running: RunningChild) -> None:
        self.running = running
        self.deaths = 0
        self.back_at: float | None = None

    def note_death(self, now: float) -> float:
        """Count one more death and say after how many seconds to try again."""
        if now - self.running.started_at > _STABLE_AFTER:
            self.deaths = 0
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self.deaths)
        self.deaths += 1
        self.back_at = now + pause
        return float(pause)


class Supervisor:
    """The parent of everything that `run` starts."""

    def __init__(
        self,
        data_dir: Path,
        *,
        log_dir: Path | None = None,
        say: Callable[[str], None] = click.echo,
        stop_within: float = 10.0,
    ) -> None:
        """Nothing happens before the block is entered; all children together get stop_within seconds to end."""
        self._data_dir = Path(data_dir)
        self._log_dir = log_dir or self._data_dir / "log"
        self._print = say
        self._stop_within = stop_within
        self._lock = LockFile(self._data_dir / "supervisor.lock")
        self._kept: list[_Kept] = []
        self._database: Database | None = None
        self._was_asked_to_stop = False
        self._must_not_be_interrupted = False
        self._old_handlers: dict[signal.Signals, object] = {}

    # -- the block

    def __enter__(self) -> Self:
        make_folder(self._data_dir)
        try:
            self._lock.take()
        except AlreadyHeld as held:
            message = f"连心已经在运行（进程 {held.holder}，数据在 {self._data_dir}）。请先在那个窗口按 Ctrl-C，或直接使用它。"
            raise AlreadyRunning(message) from None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._old_handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Stop everything; being asked to stop is no error."""
        self._must_not_be_interrupted = True
        try:
            self._stop_all()
        finally:
            self._lock.release()
            for number, handler in self._old_handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
        return kind is KeyboardInterrupt and self._was_asked_to_stop

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        first_time, self._was_asked_to_stop = not self._was_asked_to_stop, True
        if first_time and not self._must_not_be_interrupted:
            raise KeyboardInterrupt

    # -- what the block does

    def keep_database(self, database: Database) -> None:
        """Start the database now, bring it back when it dies, stop it last."""
        self._database = database
        database.start()

    def start(self, *children: Child) -> None:
        """Start children side by side and return when all are ready."""
        self.launch(*children)
        self.wait()

    def launch(self, *children: Child) -> None:
        """Start children side by side and go on with something else."""
        for child in children:
            if child.port is not None:
                require_free_port(child.port, name=child.name, setting=child.port_setting)
        for child in children:
            self._launch(child)

    def wait(self) -> None:
        """Return when everything that was launched is ready."""
        for kept in self._kept:
            kept.running.wait_until_ready()

    def watch(self) -> None:
        """Keep everything running until the person or the system asks to stop."""
        while True:
            self._look_after_database()
            for kept in self._kept:
                self._look_after(kept)
            time.sleep(_LOOK_EVERY)

    def pid_of(self, name: str) -> int:
        """The process id of a child, for whoever wants to see it survive a kill."""
        return next(kept.running.pid for kept in self._kept if kept.running.child.name == name)

    # -- keeping

    def _launch(self, child: Child, kept: _Kept | None = None) -> RunningChild:
        """Start and remember in one go: a signal in between waits, or the child would be forgotten."""
        self._must_not_be_interrupted = True
        try:
            running = RunningChild(child, self._log_dir / f"{child.name}.log", self._show)
            if kept:
                kept.running, kept.back_at = running, None
            else:
                self._kept.append(_Kept(running))
        finally:
            self._must_not_be_interrupted = False
        if self._was_asked_to_stop:
            raise KeyboardInterrupt
        return running

    def _look_after(self, kept: _Kept) -> None:
        now = time.monotonic()
        child = kept.running.child
        if kept.back_at is not None:
            if now >= kept.back_at:
                self._launch(child, kept)
        elif (code := kept.running.exit_code) is not None:
            kept.running.sweep_up()
            pause = kept.note_death(now)
            self._show(
                child, f"意外退出（代码 {code}），{pause:g} 秒后重新启动。记录在 {self._log_dir / child.name}.log"
            )

    def _look_after_database(self) -> None:
        if self._database and not self._database.is_running:
            self._say(click.style("数据库意外退出，正在恢复…", fg="yellow"))
            self._database.restart()

    def _show(self, child: Child, line: str) -> None:
        self._say(f"{click.style(f'{child.name:>9} │', fg=child.colour)} {line}")

    def _say(self, text: str) -> None:
        """A closed terminal must stop neither a child's output from being read nor the ending."""
        with contextlib.suppress(OSError, ValueError):
            self._print(text)

    # -- ending

    def _stop_all(self) -> None:
        if self._kept:
            self._say("正在停止…")
        deadline = time.monotonic() + self._stop_within
        while self._kept:
            share = (deadline - time.monotonic()) / len(self._kept)
            self._kept.pop().running.stop(within=max(0.5, share))
        if self._database:
            self._database.stop()
            self._say("已停止，数据已保存。")
