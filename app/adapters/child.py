"""One program that the supervisor keeps running: how it is started, when it counts as ready, what it says, how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.leash import leashed
from app.adapters.rotating_log import RotatingLog

_REMEMBERED_LINES = 12
_LOUD_WORDS = ("WARNING", "ERROR", "CRITICAL", "Traceback")
_LOUD_LEVELS = {word.lower() for word in _LOUD_WORDS}
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ChildFailed(RuntimeError):
    """A program did not become ready; the sentence says which one, and its last lines why."""


class PortTaken(RuntimeError):
    """Somebody else listens where a child wants to listen; the sentence says how to change it."""


def is_important(line: str) -> bool:
    """True for what belongs on the terminal too: warnings and worse, from JSON logs and from plain ones."""
    with contextlib.suppress(ValueError):
        record = json.loads(line)
        if isinstance(record, dict):
            return str(record.get("level", "")).lower() in _LOUD_LEVELS
    return any(word in line for word in _LOUD_WORDS)


@dataclass(frozen=True)
class Child:
    """What to start, and how to know that it is up."""

    name: str
    argv: list[str]
    env: Mapping[str, str] = field(default_factory=dict)  # on top of the supervisor's own
    port: int | None = None  # on this machine's loopback; refused kindly when taken
    port_setting: str = ""  # how to change the port, as the message says it: 'config.toml 里的 web.port'
    ready_url: str | None = None  # ready when this answers 2xx …
    ready_line: str | None = None  # … or when a line of its output contains this
    patience: float = 60.0  # seconds until ready
    colour: str = "cyan"
    shows: Callable[[str], bool] = is_important


def require_free_port(port: int, *, name: str, setting: str) -> None:
    """Refuse with a kind sentence when port is taken on this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as reason:
            how = f"或修改 {setting}（例如改成 {port + 10}）" if setting else "或换一个端口"
            message = f"端口 {port} 已被别的程序占用，{name} 无法启动。请先关掉那个程序，{how}，再试一次。"
            raise PortTaken(message) from reason


class RunningChild:
    """A started child with its output being read; made by the supervisor."""

    def __init__(self, child: Child, log: Path, show: Callable[[Child, str], None]) -> None:
        """Start at once, in a process group of its own, dying with the thread that called (see leash)."""
        self.child = child
        self.started_at = time.monotonic()
        self._log = log
        self._show = show
        self._said_ready = threading.Event()
        self._last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._process = subprocess.Popen(
            leashed(child.argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **child.env},
            start_new_session=True,  # Ctrl-C is for the supervisor; and the whole group can be ended
        )
        self._reader = threading.Thread(target=self._read, name=f"output of {child.name}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._process.poll()

    @property
    def last_lines(self) -> str:
        """The end of what it said, for the message about its death."""
        self._reader.join(timeout=1)
        return "\n".join(self._last_lines)

    def wait_until_ready(self) -> None:
        """Return when it is up; raise ChildFailed when it died or took too long."""
        deadline = time.monotonic() + self.child.patience
        while not self._is_ready():
            if self.exit_code is not None:
                raise ChildFailed(
                    f"{self.child.name} 启动后退出了（代码 {self.exit_code}）：\n{self.last_lines}\n完整记录：{self._log}"
                )
            if time.monotonic() > deadline:
                raise ChildFailed(f"{self.child.name} 在 {self.child.patience:.0f} 秒内没有就绪，请查看 {self._log}")
            time.sleep(0.05)

    def stop(self, *, within: float) -> None:
        """Ask it to end, and end it and all it started when it takes longer."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=within)
        self.sweep_up()
        self._process.wait()
        self._reader.join(timeout=2)

    def sweep_up(self) -> None:
        """Kill whatever is left of the process group, so that no orphan holds a port or a lease."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _is_ready(self) -> bool:
        if self.child.ready_url:
            return _answers(self.child.ready_url)
        return self._said_ready.is_set() if self.child.ready_line else True

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output, RotatingLog(self._log) as log:
            for raw in output:
                line = raw.decode(errors="replace").rstrip()
                log.write(line)
                self._heed(line)

    def _heed(self, line: str) -> None:
        self._last_lines.append(line)
        if self.child.ready_line and self.child.ready_line in line:
            self._said_ready.set()
        if self.child.shows(line):
            self._show(self.child, line)


def _answers(url: str) -> bool:
    try:
        with _NO_PROXY.open(url, timeout=2) as answer:
            return bool(200 <= answer.status < 300)
    except (urllib.error.URLError, OSError):
        return False
