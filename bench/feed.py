"""Row 2: a page of thirty posts of one's town, names masked where the reader is a stranger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from app.main import create_app
from bench import callers, contest, statements
from bench.house import Caller, House, Town, sign_in_members
from bench.load import drive
from bench.report import Row, at_least
from bench.run import Run, Turn, compete, watched
from bench.stage import Server

_LOOKS = 1024
_CONNECTIONS = 16
_OURS, _THEIRS = "/api/v1/feed?area=town", "/feed"


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    town = open_house().town("feed")
    with town.runtime() as runtime:
        members = sign_in_members(runtime)
    script = _script(town, members, run.folder / "feed.sql")
    with ExitStack() as stack:
        servers = contest.enter(run, town, stack)
        plays = {name: _player(run, members, server=server) for name, server in servers.items()}
        plays["pgbench"] = lambda: Turn(statements.pgbench(town, script, seconds=run.seconds))
        for play in plays.values():
            play()
        found = compete(run, plays)
    return _row(found)


def _script(town: Town, members: Sequence[Caller], path: Path) -> Path:
    """The statements of a look at the feed, taken down from the product."""
    looks = []
    with town.runtime() as runtime:
        client = create_app(runtime).test_client()
        for number, member in enumerate(members[:_LOOKS]):
            with statements.taken_down(runtime.engine) as steps:
                bearer = {
                    "Authorization": f"Bearer {member.token}",
                    "X-Forwarded-For": f"10.9.{number >> 8}.{number & 255}",
                }
                answer = client.get(_OURS, headers=bearer)
            assert answer.status_code == 200, answer.text
            assert len(answer.get_json()["posts"]) == 30
            looks.append(steps)
    path.write_text(statements.script_of(looks), encoding="utf-8")
    return path


def _player(run: Run, members: Sequence[Caller], *, server: Server) -> Callable[[], Turn]:
    requests = callers.looks(members, _OURS if server.name == "lianxin" else _THEIRS)
    return lambda: watched(server, lambda: drive(server.port, requests, connections=_CONNECTIONS, seconds=run.seconds))


def _row(found: dict[str, Turn]) -> Row:
    row = Row(2, "feed", "a page of 30 posts of the town, with masks")
    ours = found["lianxin"]
    row.add("pages", ours.rate, "/s")
    row.add("CPU of the app a page", ours.cpu_us, "µs")
    row.add("p50 at 16 connections", ours.p50_ms, "ms")
    row.add("p99", ours.p99_ms, "ms")
    row.add("pgbench, the same statements", found["pgbench"].rate, "/s")
    row.add("× pgbench", ours.rate / found["pgbench"].rate, "×", at_least(0.20, 0.30))
    contest.compare(row, found, {"drf": at_least(4, 6), "fastapi": at_least(4, 5)})
    return row
