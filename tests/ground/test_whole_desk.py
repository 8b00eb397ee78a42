"""`make run` as a newcomer types it: links that open, a visit that is still there the next day, Ctrl-C that ends it all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

import psutil
import pytest
import requests

from app.adapters.places import CLONE
from app.kernel.clock import SystemClock
from app.kernel.values import uuid7
from tests.stack import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
_STARTED = "按 Ctrl-C 停止"
_PATIENCE = 300.0


class Window:
    """The window in which somebody has typed `make run`."""

    def __init__(self, data: Path, port: int, sandbox_port: int) -> None:
        self.data, self.api = data, f"http://127.0.0.1:{port}"
        options = f"--data '{data}' --port {port} --sandbox-port {sandbox_port}"
        self._make = subprocess.Popen(
            ["make", "--no-print-directory", "run", f"ARGS={options}"],
            cwd=CLONE,
            env={key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        self.shown = ""

    def _listen(self) -> None:
        assert self._make.stdout is not None
        with self._make.stdout as printed:
            for line in printed:
                self._lines.put(line)
        self._lines.put("")

    def read_until_started(self) -> None:
        """Read what is printed until it says that everything runs."""
        while _STARTED not in self.shown:
            try:
                line = self._lines.get(timeout=_PATIENCE)
            except Empty:
                line = ""
            self.shown += line
            assert line, self.shown

    def link(self, whose: str) -> str:
        """The printed address of one phone or page."""
        found = re.search(rf"{whose}\s+(http\S+)", self.shown)
        assert found, self.shown
        return found[1]

    def processes(self) -> list[psutil.Process]:
        """Everything that the window has started."""
        return psutil.Process(self._make.pid).children(recursive=True)

    def press_ctrl_c(self) -> int:
        """What Ctrl-C does: everybody in the window hears it; answers how make has ended."""
        os.killpg(self._make.pid, signal.SIGINT)
        return self._make.wait(timeout=_PATIENCE)

    def kill(self) -> None:
        """Leave nothing behind, whatever has happened."""
        if self._make.poll() is None:
            for process in self.processes():
                process.kill()
            self._make.kill()
        self._make.wait()
        self._listener.join()


@contextmanager
def make_run(data: Path, port: int, sandbox_port: int) -> Iterator[Window]:
    """Type `make run`; at the end press Ctrl-C, and nothing is left running."""
    window = Window(data, port, sandbox_port)
    try:
        window.read_until_started()
        yield window
        started = window.processes()
        assert len(started) > 6  # make's shell, the supervisor, sandbox, API, worker, scheduler, PostgreSQL
        window.press_ctrl_c()
        _, left = psutil.wait_procs(started, timeout=60)
        assert left == []
    finally:
        window.kill()


def token(window: Window, who: str) -> str:
    """What `make app ARGS="demo token …"` prints for the API's page."""
    argv = ["make", "--no-print-directory", "app", f"ARGS=demo token {who}"]
    env = {**os.environ, "LIANXIN_CONFIG": str(window.data / "config.toml")}
    done = subprocess.run(argv, cwd=CLONE, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()[-1]


def test_make_run_brings_the_whole_desk_and_ctrl_c_ends_it_and_the_next_start_has_kept_everything(
    reachable: Path,
) -> None:
    ports = free_port(), free_port()
    visit = str(uuid7(SystemClock().now()))
    with make_run(reachable / "desk", *ports) as window:
        for whose in ("王桂兰的手机", "赵建国的手机", "孟德胜的手机", "梁巧云的手机"):
            opened = requests.get(window.link(whose), timeout=60)
            assert (opened.status_code, opened.url.split("?")[0]) == (200, f"{window.api}/m/")
        for page in (window.link("沙盒"), window.link("接口说明")):
            assert requests.get(page, timeout=60).status_code == 200
        member = {"Authorization": f"Bearer {token(window, 'member')}"}
        zone = requests.get(f"{window.api}/api/v1/zone/households", headers=member, timeout=60).json()
        now = SystemClock().now().isoformat()
        said = {"id": visit, "household_id": zone["households"][0]["id"], "visited_at": now, "themes": ["personal"]}
        logged = requests.post(f"{window.api}/api/v1/visits", json=said, headers=member, timeout=60)
        assert logged.status_code == 201, logged.text
    with make_run(reachable / "desk", *ports) as window:
        kept = requests.get(f"{window.api}/api/v1/visits/{visit}", headers=member, timeout=60)
        assert kept.status_code == 200, kept.text
