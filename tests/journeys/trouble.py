"""What goes wrong on the way: a phone that sends again until it is answered, a process that dies in the middle."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import LiteralString

import psycopg
import requests
from psycopg.sql import SQL, Identifier

from app.settings import Database
from tests.stack import Stack, until

_DICE = random.Random(20261102)
BUSY = frozenset({502, 503, 504})
Send = Callable[[], requests.Response]


def insist(send: Send, *, seconds: float = 90.0) -> requests.Response:
    """Send the same thing again until somebody answers, as the queue on a phone does."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = send()
        except requests.RequestException:
            assert time.monotonic() < deadline, "nobody answers"
        else:
            if answer.status_code not in BUSY:
                return answer
            assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)


def cut_off(stack: Stack, send: Send, *, also: tuple[str, ...] = (), within: float = 0.03) -> requests.Response:
    """The API is killed while it is at work on this request, and others with it; the phone sends again and is answered."""
    sender = threading.Thread(target=_try, args=(send,))
    sender.start()
    time.sleep(_DICE.uniform(0, within))
    for name in ("api", *also):
        stack.kill(name)
    sender.join()
    stack.start("api", *also)
    return insist(send)


def _try(send: Send) -> None:
    with suppress(requests.RequestException):
        send()


def replace_killed(stack: Stack, *names: str) -> None:
    """kill -9, and what watches over the processes starts them again."""
    for name in names:
        stack.kill(name)
    stack.start(*names)


def kill_at(stack: Stack, database: Database, table: str, *words: str) -> None:
    """An operator's command is killed while it waits to write into this table; what it had begun is undone."""
    with psycopg.connect(database.owner_url.replace("+psycopg", ""), autocommit=True) as watcher:
        others = _pids(watcher, "SELECT pid FROM pg_stat_activity")
        with watcher.transaction():
            watcher.execute(SQL("LOCK TABLE {} IN SHARE MODE").format(Identifier(database.schema, table)))
            command = stack.begin(*words)
            try:
                until(lambda: _stopped(watcher) - others or command.poll() is not None)
                doomed = _stopped(watcher) - others
            finally:
                command.kill()
                command.wait()
            assert doomed, "the command ended before it came to this table"
        until(lambda: not doomed & _pids(watcher, "SELECT pid FROM pg_stat_activity"))


def _stopped(watcher: psycopg.Connection) -> set[int]:
    """Who stands before a locked table."""
    return _pids(watcher, "SELECT pid FROM pg_locks WHERE NOT granted")


def _pids(watcher: psycopg.Connection, asked: LiteralString) -> set[int]:
    return {int(pid) for (pid,) in watcher.execute(asked)}
