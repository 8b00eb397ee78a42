"""Who takes part in the visit and in the feed: the product and its peers, each started as one would in earnest."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from bench import stage
from bench.house import KEY, Town
from bench.machine import free_port
from bench.report import Bound, Row
from bench.run import Run, Turn
from bench.stage import Server

TITLES = {
    "drf": "Django + DRF on gunicorn",
    "fastapi": "FastAPI + async ORM on uvicorn",
    "flask": "Flask + ORM on granian",
}
_PROGRAMS = {
    "drf": (stage.gunicorn, "bench.peers.drf:application"),
    "fastapi": (stage.uvicorn, "bench.peers.async_orm:app"),
    "flask": (stage.granian, "bench.peers.flask_orm:app"),
}


def enter(run: Run, town: Town, stack: ExitStack) -> dict[str, Server]:
    """Start all of them on one database; they end with the stack."""
    servers = {"lianxin": stack.enter_context(town.api())}
    env = {"BENCH_DATABASE": town.url, "BENCH_KEY": KEY}
    for name, (how, target) in _PROGRAMS.items():
        port = free_port()
        log = run.folder / f"{town.name}-{name}.log"
        started = stage.serving(name, how(target, port), port=port, ready="/hello", log=log, env=env)
        servers[name] = stack.enter_context(started)
    return servers


def path(server: Server, subject: str) -> str:
    """Where a server answers for a subject."""
    return f"/api/v1{subject}" if server.name == "lianxin" else subject


def compare(row: Row, found: Mapping[str, Turn], bounds: Mapping[str, Bound]) -> None:
    """Put the peers into a row, each with what it did and how many times the product did that."""
    for name, title in TITLES.items():
        row.add(title, found[name].rate, "/s")
        row.add("  its CPU", found[name].cpu_us, "µs")
        row.add(f"× {title}", found["lianxin"].rate / found[name].rate, "×", bounds.get(name))
