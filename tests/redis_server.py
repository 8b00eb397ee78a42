"""A real redis-server of a test's own: on a free port, in a folder that is gone afterwards; it can hang, die and forget."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import redis

from app.adapters.leash import leashed
from tests.stack import free_port, until


class RedisServer:
    """One redis-server; it keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the product finds it."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Bring it up, on the same port as before."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: make test installs it"
        keeps_nothing = ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        where = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(leashed([program, *where, *keeps_nothing]), stdout=log, stderr=log)
        until(self.answers)

    def answers(self) -> bool:
        """Whether it answers now."""
        with self.client() as client, contextlib.suppress(redis.RedisError):
            return bool(client.ping())
        return False

    def client(self) -> redis.Redis:
        """A connection that does not wait long."""
        return redis.Redis.from_url(self.url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None)

    def forget_everything(self) -> None:
        """FLUSHALL."""
        with self.client() as client:
            client.flushall()

    def fill_up(self) -> None:
        """It has no memory left: every write is refused."""
        with self.client() as client:
            client.config_set("maxmemory", "1")

    def empty(self) -> None:
        """It has memory again."""
        with self.client() as client:
            client.config_set("maxmemory", "0")

    def count_keys(self) -> int:
        """How much it holds now."""
        with self.client() as client:
            return int(client.dbsize())

    def hang(self) -> None:
        """It takes connections and never answers."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """It answers again."""
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)

    def stop(self) -> None:
        """It is gone: connections are refused."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A redis-server for the length of a test."""
    folder = Path(tempfile.mkdtemp(prefix="lianxin-redis-"))
    server = RedisServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
