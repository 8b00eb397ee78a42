"""The whole product as its users meet it: real processes over HTTP, a fake WeChat, a clock that is moved, kill -9 at hand."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests

from app.adapters.desk import toml_of
from app.commands.run import api_argv
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.main import build_runtime
from app.settings import Database, load

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 180.0
_ALL_HAVE_SEEN_IT = 0.06  # seconds; the sandbox looks at the clock's file every 50 ms


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(what: Callable[[], Any], *, seconds: float = _PATIENCE, every: float = 0.05) -> Any:
    """Wait for something to become true; the last answer is returned."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > deadline:
            message = f"waited {seconds} s for {what}"
            raise AssertionError(message)
        time.sleep(every)
    return found


class Stack:
    """Starts, stops and kills the product's processes; every process reads one config file."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        *,
        start_at: datetime,
        redis_url: str = "",
        api_workers: int = 1,
        proxies: int = 0,
    ) -> None:
        self.folder, self.api_workers, self.proxies = folder, api_workers, proxies
        self.clock = MovableClock(folder / "clock.json")
        self.clock.set(start_at)
        self.port, self.sandbox_port = free_port(), free_port()
        self.config = folder / "config.toml"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lives: dict[str, int] = {}  # where in its log the present life of a process begins
        self._write_config(database, redis_url)

    # -- addresses

    @property
    def url(self) -> str:
        """The API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> str:
        """The fake WeChat."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    # -- processes

    def start(self, *names: str) -> None:
        """Start processes by name and wait until they are ready: sandbox, api, worker, scheduler (a second one is worker2)."""
        self.launch(*names)
        for name in names:
            until(partial(self.is_ready, name))

    def launch(self, *names: str) -> None:
        """Start processes and do not wait for them."""
        for name in names:
            log = (self.folder / f"{name}.log").open("ab")
            self._lives[name] = log.tell()
            env = {**os.environ, "LIANXIN_CONFIG": str(self.config)}
            argv = self._argv(name.rstrip("0123456789"))
            self._processes[name] = subprocess.Popen(argv, cwd=ROOT, env=env, stdout=log, stderr=log)
            log.close()

    def is_ready(self, name: str) -> bool:
        """Whether a process has come up; fails when it has ended instead."""
        return self._is_up() if name == "api" else " ready" in self._said(name) or self._has_ended(name)

    def kill(self, name: str) -> None:
        """kill -9: no goodbye; its children die with it."""
        process = self._processes.pop(name)
        for pid in (process.pid, *_children(process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End everything that is still running."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
        for name in list(self._processes):
            self.kill(name)

    def kill_all(self) -> None:
        """kill -9 everything that is still running."""
        for name in list(self._processes):
            self.kill(name)

    def pid_of(self, name: str) -> int:
        """The process id, for who wants to measure or stop it."""
        return self._processes[name].pid

    def log_of(self, name: str) -> str:
        """All a process has said."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    # -- time and data

    def forward(self, **length: float) -> None:
        """Move the clock for all processes, as in days=3."""
        self.clock.set(self.clock.now() + timedelta(**length))
        time.sleep(_ALL_HAVE_SEEN_IT)

    @contextlib.contextmanager
    def inside(self) -> Iterator[Runtime]:
        """A runtime over the same database, to prepare rows and to look at them."""
        runtime = build_runtime(load(self.config))
        try:
            yield runtime
        finally:
            runtime.engine.dispose()

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `python -m app …` and do not wait for it, for who wants to kill it."""
        quiet = subprocess.DEVNULL
        env = {**os.environ, "LIANXIN_CONFIG": str(self.config)}
        return subprocess.Popen([sys.executable, "-m", "app", *words], cwd=ROOT, env=env, stdout=quiet, stderr=quiet)

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `python -m app …` as an operator would."""
        env = {**os.environ, "LIANXIN_CONFIG": str(self.config)}
        argv = [sys.executable, "-m", "app", *words]
        done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def ask_sandbox(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the sandbox's control interface: POST with a body, GET without."""
        url = f"{self.sandbox}/__ctl/{path}"
        answer = requests.get(url, timeout=60) if body is None else requests.post(url, json=body, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def phone(self, **person: Any) -> str:
        """Give somebody a phone; returns its openid."""
        self.ask_sandbox("phones", person)
        return str(person["openid"])

    def sign_in(self, openid: str) -> Phone:
        """Sign in on a phone, as the mini-program does."""
        code = self.ask_sandbox(f"phones/{openid}/login-code", {})["code"]
        answer = requests.post(f"{self.url}/api/v1/session", json={"code": code}, timeout=60)
        assert answer.status_code in {200, 201}, answer.text
        return Phone(self, openid, answer.json()["token"])

    def on_screen(self, openid: str, kind: str = "") -> list[dict[str, Any]]:
        """What lies on a phone's screen."""
        wanted = f"?kind={kind}" if kind else ""
        found: list[dict[str, Any]] = self.ask_sandbox(f"phones/{openid}/messages{wanted}")["messages"]
        return found

    # -- how

    def _argv(self, kind: str) -> list[str]:
        python = [sys.executable, "-m"]
        if kind == "api":
            return api_argv(self.port, workers=self.api_workers)
        if kind == "sandbox":
            ports = ["--port", str(self.sandbox_port), "--clock-file", str(self.clock.path)]
            return [
                *python,
                "sandbox",
                *ports,
                "--callback-mp",
                f"{self.url}/wechat/mp",
                "--callback-oa",
                f"{self.url}/wechat/oa",
                "--h5-base",
                f"{self.url}/m/",
            ]
        if kind == "clockwork":
            return [*python, "tests.promises.clockwork"]
        return [*python, "bot", kind]

    def _said(self, name: str) -> str:
        """What the process has said in its present life."""
        with (self.folder / f"{name}.log").open("rb") as log:
            log.seek(self._lives[name])
            return log.read().decode("utf-8", errors="replace")

    def _is_up(self) -> bool:
        if self._has_ended("api"):
            raise AssertionError(self.log_of("api")[-3000:])
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        return False

    def _has_ended(self, name: str) -> bool:
        ended = self._processes[name].poll() is not None
        if ended:
            raise AssertionError(self.log_of(name)[-3000:])
        return False

    def _write_config(self, database: Database, redis_url: str) -> None:
        mini = {"app_id": "wxsandboxminiprog1", "secret": "sandbox-mini-program-secret-0001", "token": "sandboxmp"}
        official = {"app_id": "wxsandboxofficial1", "secret": "sandbox-official-acc-secret-0001", "token": "sandboxoa"}
        tree = {
            "mode": "test",
            "database": {"url": database.url, "owner_url": database.owner_url},
            "web": {"port": self.port, "public_url": self.url, "proxies": self.proxies},
            "wechat": {
                "base_url": self.sandbox,
                "mini_program": {**mini, "aes_key": "sandboxMiniProgramsandboxMiniProgramsandbo0"},
                "official_account": {**official, "aes_key": "sandboxOfficialAcctsandboxOfficialAcctsand0"},
            },
            "sms": {"url": f"{self.sandbox}/sms/send", "key": "sandbox-sms-key"},
            "redis": {"url": redis_url},
            "crypto": {"current": "k1", "index_key": "33" * 32, "keys": {"k1": "11" * 32}},
            "storage": {"folder": str(self.folder / "files")},
            "log": {"level": "DEBUG"},
            "demo": {"clock_file": str(self.clock.path), "sandbox_url": self.sandbox},
        }
        self.config.write_text(toml_of(tree), encoding="utf-8")


class Phone:
    """Somebody's mini-program: calls the API with his token."""

    def __init__(self, stack: Stack, openid: str, token: str) -> None:
        self.stack, self.openid, self.token = stack, openid, token

    def get(self, path: str, **query: Any) -> requests.Response:
        """Look."""
        return requests.get(self._url(path), params=query, headers=self._headers, timeout=60)

    def post(self, path: str, body: Any = None, **how: Any) -> requests.Response:
        """Do."""
        return requests.post(self._url(path), json=body, headers=self._headers, timeout=60, **how)

    def upload(self, path: str, content: bytes, kind: str) -> requests.Response:
        """Send a file as it is."""
        return requests.post(self._url(path), data=content, headers={**self._headers, "Content-Type": kind}, timeout=60)

    def put(self, path: str, body: Any) -> requests.Response:
        """Replace."""
        return requests.put(self._url(path), json=body, headers=self._headers, timeout=60)

    def delete(self, path: str) -> requests.Response:
        """Take away."""
        return requests.delete(self._url(path), headers=self._headers, timeout=60)

    def screen(self, kind: str = "") -> list[dict[str, Any]]:
        """What lies on this phone's screen."""
        return self.stack.on_screen(self.openid, kind)

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _url(self, path: str) -> str:
        return f"{self.stack.url}/api/v1/{path.lstrip('/')}"


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [grandchild for child in found for grandchild in (*_children(int(child)), int(child))]
