"""Row 4: a transfer out of one hot fund by 32 clients, against PostgreSQL alone and against other ways to keep a ledger.

Everybody moves one point from the same fund to one of a thousand accounts, each transfer committed by itself; the fund's row is
what all wait for. Clients are two processes of sixteen threads; pgbench calls exactly the product's function.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from app.domains.points import actions as points
from app.domains.points import queries
from app.domains.points.rules import fund_of
from app.kernel.access import SYSTEM
from app.kernel.transaction import reading, transaction
from bench.house import SCHEMA, House, Town
from bench.ledger_client import VILLAGE, home_id
from bench.peers import ledgers
from bench.report import Row, at_least, at_most
from bench.run import Run, Turn, compete
from bench.stage import ROOT

_HOMES, _PROCESSES, _THREADS = 1_000, 2, 16
_CLIENTS = _PROCESSES * _THREADS
_RATE = re.compile(r"tps = ([0-9.]+)")
_AREA = text("""
INSERT INTO areas_area (path, code, name, level, is_local) VALUES (:path, '419001101203', '山口村', 'village', false)
""")
_HOUSEHOLDS = text("""
INSERT INTO areas_household (id, area_path, number, group_name, flags, state, created_at)
SELECT lpad(to_hex(n), 32, '0')::uuid, :path, n::text, '1组', '{}', 'active', now() FROM generate_series(1, :homes) AS n
""")
# Exactly what the product says, with the ids drawn by pgbench.
_SCRIPT = """\\set home random(1, {homes})
SELECT from_balance, to_balance, is_replay FROM points_move(
    uuidv7(), 'award', '{fund}'::uuid, lpad(to_hex(:home::bigint), 32, '0')::uuid, 1, now(), '{path}',
    lpad(to_hex(:home::bigint), 32, '0')::uuid, NULL, 'deed', '', '', '', NULL, 1, '', 'bench', current_date, NULL, NULL, NULL);
"""
TITLES = {
    "pgledger": "pgledger's design (written by us after it)",
    "orm": "SQLAlchemy ORM",
    "hordak": "django-hordak (keeps no balance)",
}
_GOALS = {"pgledger": at_least(2.5), "hordak": at_least(4.5)}


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    town = open_house().empty("ledger")
    _fill(town)
    script = run.folder / "ledger.sql"
    script.write_text(_SCRIPT.format(homes=_HOMES, fund=fund_of(VILLAGE), path=VILLAGE), encoding="utf-8")
    plays: dict[str, Callable[[], Turn]] = {name: _player(run, town, name) for name in ("lianxin", *TITLES)}
    plays["pgbench"] = lambda: Turn(_pgbench(run, town, script))
    found = compete(run, plays)
    return _row(found, _checked(town))


def _fill(town: Town) -> None:
    with town.runtime() as runtime, transaction(runtime, SYSTEM) as tx:
        tx.db.execute(_AREA, {"path": VILLAGE})
        tx.db.execute(_HOUSEHOLDS, {"path": VILLAGE, "homes": _HOMES})
        homes = {home_id(number): VILLAGE for number in range(1, _HOMES + 1)}
        points.open_accounts(tx, homes, villages=[VILLAGE])
    with town.connect("owner") as connection:
        for tables in (ledgers.PGLEDGER, ledgers.ORM):
            connection.execute(tables.replace("{homes}", str(_HOMES)).encode())
        _make_hordak(town)
        connection.execute("ANALYZE lianxin.points_account, lianxin.areas_household, pgledger.account, orm.account")


def _make_hordak(town: Town) -> None:
    owner = town.server.url(town.name, "owner").replace("+psycopg", "")
    argv = [sys.executable, "-m", "bench.peers.hordak", str(_HOMES)]
    subprocess.run(argv, cwd=ROOT, env={**os.environ, "BENCH_DATABASE": owner}, check=True)


def _player(run: Run, town: Town, name: str) -> Callable[[], Turn]:
    """Two processes of clients that begin at the same moment."""
    argv = [sys.executable, "-m", "bench.ledger_client", name, str(_THREADS), str(run.seconds), str(_HOMES)]
    env = {**os.environ, **town.env, "BENCH_DATABASE": town.url}

    def play() -> Turn:
        clients = [
            subprocess.Popen(argv, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(_PROCESSES)
        ]
        for client in clients:
            assert client.stdout
            assert client.stdout.readline() == "ready\n", name
        for client in clients:
            assert client.stdin
            client.stdin.write("go\n")
            client.stdin.flush()
        times = sorted(took for client in clients for took in json.loads(client.communicate()[0]))
        return Turn(
            rate=len(times) / run.seconds,
            p50_ms=times[len(times) // 2] / 1000,
            p99_ms=times[int(len(times) * 0.99)] / 1000,
        )

    return play


def _pgbench(run: Run, town: Town, script: Path) -> float:
    how = ["-n", "-M", "prepared", "-c", str(_CLIENTS), "-j", "2", "-T", str(max(1, round(run.seconds)))]
    done = subprocess.run(
        [str(town.server.program("pgbench")), *how, "-f", str(script), town.url],
        env={**os.environ, "PGOPTIONS": f"-csearch_path={SCHEMA} -ctimezone=UTC"},
        capture_output=True,
        text=True,
        check=False,
    )
    rate = _RATE.search(done.stdout)
    assert rate, done.stderr[-800:]
    return float(rate[1])


def _checked(town: Town) -> queries.Health:
    """What the ledger looks like afterwards; the peers' sums must be nought too."""
    with town.connect("owner") as connection:
        for name, ask in ledgers.SUMS.items():
            row = connection.execute(ask.encode()).fetchone()
            assert row is not None, name
            assert row[0] == 0, name
    with town.runtime() as runtime, reading(runtime) as db:
        return queries.health(db)


def _row(found: dict[str, Turn], health: queries.Health) -> Row:
    row = Row(4, "ledger", f"a transfer out of one hot fund, {_CLIENTS} clients")
    ours = found["lianxin"]
    row.add("transfers", ours.rate, "/s")
    row.add("p50", ours.p50_ms, "ms")
    row.add("p99", ours.p99_ms, "ms", at_most(100))
    row.add("pgbench, the product's function", found["pgbench"].rate, "/s")
    row.add("× pgbench", ours.rate / found["pgbench"].rate, "×", at_least(0.9))
    for name, title in TITLES.items():
        row.add(title, found[name].rate, "/s")
        row.add("  its p99", found[name].p99_ms, "ms")
        row.add(f"× {title}", ours.rate / found[name].rate, "×", _GOALS.get(name))
    row.add("faults in the ledger afterwards", sum(map(abs, map(int, health[2:]))), "", at_most(0))
    row.notes.append(f"{health.transfers:,} transfers by all turns, replayed: sum 0, no negative, no drift.")
    return row
