"""Starting the programs that are compared, each in its own process group, and ending them for certain."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import machine

ROOT = Path(__file__).resolve().parents[1]
WORKERS, THREADS = 2, 4
_PATIENCE = 60.0


class NotStarted(Exception):
    """A program did not come up; the text is the end of what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A program that listens."""

    name: str
    port: int
    pid: int
    start_seconds: float

    def cpu_seconds(self) -> float:
        """What it has used so far, with its workers."""
        return machine.cpu_seconds(self.pid)


@contextlib.contextmanager
def serving(
    name: str, argv: Sequence[str], *, port: int, ready: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A program that listens on a port, from its first good answer on until the block is left."""
    started = time.perf_counter()
    with running(argv, log=log, env=env) as process:
        while not _answers(port, ready):
            if process.poll() is not None or time.perf_counter() - started > _PATIENCE:
                raise NotStarted(f"{name}: {log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.01)
        yield Server(name, port, process.pid, time.perf_counter() - started)


@contextlib.contextmanager
def running(
    argv: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program and all that it starts, ended when the block is left."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv, cwd=ROOT, env={**os.environ, **(env or {})}, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def granian(target: str, port: int) -> list[str]:
    """A WSGI program behind the server that the product uses."""
    sizes = ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--backpressure", "64"]
    quiet = ["--no-access-log", "--log-level", "warning", "--working-dir", str(ROOT)]
    where = ["--host", "127.0.0.1", "--port", str(port)]
    return [sys.executable, "-m", "granian", "--interface", "wsgi", target, *where, *sizes, *quiet]


def gunicorn(target: str, port: int) -> list[str]:
    """A WSGI program as it is usually served: processes with threads."""
    sizes = ["--worker-class", "gthread", "--workers", str(WORKERS), "--threads", str(THREADS), "--keep-alive", "60"]
    where = ["--bind", f"127.0.0.1:{port}", "--chdir", str(ROOT), "--log-level", "warning"]
    return [sys.executable, "-m", "gunicorn", target, *where, *sizes]


def uvicorn(target: str, port: int) -> list[str]:
    """An ASGI program as it is usually served: uvloop, httptools, processes."""
    sizes = ["--workers", str(WORKERS), "--loop", "uvloop", "--http", "httptools"]
    where = ["--host", "127.0.0.1", "--port", str(port), "--app-dir", str(ROOT)]
    return [sys.executable, "-m", "uvicorn", target, *where, *sizes, "--no-access-log", "--log-level", "warning"]
