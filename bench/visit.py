"""Row 1: logging a visit over HTTP, against programs that do the same work, and against PostgreSQL doing it alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from app.main import create_app
from bench import callers, contest, statements
from bench.house import Caller, House, Town, make_morning, sign_in_members
from bench.load import drive
from bench.report import Row, at_least, at_most
from bench.run import Run, Turn, compete, watched
from bench.stage import Server

_DEEDS = 1024
_CONNECTIONS = 16


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    town = open_house().town("visits")
    with town.runtime() as runtime:
        members = sign_in_members(runtime)
    script = _script(town, members, run.folder / "visit.sql")
    with ExitStack() as stack:
        servers = contest.enter(run, town, stack)
        plays = {name: _player(run, town, members, server=server) for name, server in servers.items()}
        plays["pgbench"] = lambda: _replay(run, town, script)
        for play in plays.values():
            play()
        found = compete(run, plays)
    return _row(found, steps=script.read_text().count(";\n"))


def _script(town: Town, members: Sequence[Caller], path: Path) -> Path:
    """The statements of a visit, taken down from the product."""
    deeds: list[list[statements.Step]] = []
    with town.runtime() as runtime:
        client = create_app(runtime).test_client()
        for caller, body in islice(callers.visit_bodies(members), _DEEDS):
            with statements.taken_down(runtime.engine) as steps:
                bearer = {
                    "Authorization": f"Bearer {caller.token}",
                    "X-Forwarded-For": f"10.9.{len(deeds) >> 8}.{len(deeds) & 255}",
                }
                answer = client.post("/api/v1/visits", data=body, content_type="application/json", headers=bearer)
            assert answer.status_code == 201, answer.text
            deeds.append(steps)
    path.write_text(statements.script_of(deeds), encoding="utf-8")
    return path


def _player(run: Run, town: Town, members: Sequence[Caller], *, server: Server) -> Callable[[], Turn]:
    def play() -> Turn:
        make_morning(town)
        requests = callers.visits(members, contest.path(server, "/visits"))
        return watched(
            server,
            lambda: drive(server.port, iter(requests), connections=_CONNECTIONS, seconds=run.seconds),
            status=201,
        )

    return play


def _replay(run: Run, town: Town, script: Path) -> Turn:
    make_morning(town)
    return Turn(statements.pgbench(town, script, seconds=run.seconds))


def _row(found: dict[str, Turn], *, steps: int) -> Row:
    row = Row(1, "visit", "log a visit: token → zone → visit, duty, audit, receipt → commit")
    ours = found["lianxin"]
    row.add("visits", ours.rate, "/s")
    row.add("CPU of the app a visit", ours.cpu_us, "µs", at_most(800, 450))
    row.add("p50 at 16 connections", ours.p50_ms, "ms")
    row.add("p99", ours.p99_ms, "ms")
    row.add("pgbench, the same statements", found["pgbench"].rate, "/s")
    row.add("× pgbench", ours.rate / found["pgbench"].rate, "×", at_least(0.20, 0.30))
    contest.compare(row, found, {"drf": at_least(4, 6), "fastapi": at_least(3, 4.5)})
    row.notes.append(f"{steps} round trips to PostgreSQL a visit; 2 processes × 4 threads, pgbench 8 clients.")
    return row
