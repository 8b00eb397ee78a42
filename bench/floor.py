"""Row 3: what a request costs before any of our code runs: hello on the product's server, on gunicorn, and on nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from itertools import repeat

from bench import stage
from bench.load import drive, get
from bench.machine import free_port
from bench.report import Row, at_least, at_most
from bench.run import Run, Turn, compete, watched

_HELLO = get("/hello")
_CONNECTIONS = 16


def measure(run: Run, _open_house: object) -> Row:
    """The row; it needs no house."""
    row = Row(3, "floor", "the server's own cost: hello, 2 processes × 4 threads")
    with ExitStack() as stack:
        contest = {name: _contestant(run, stack, name, argv) for name, argv in _argvs().items()}
        found = compete(run, contest)
    ours, theirs = found["granian"], found["gunicorn gthread"]
    row.add("granian: CPU a request", ours.cpu_us, "µs", at_most(150))
    row.add("granian: requests", ours.rate, "/s")
    row.add("gunicorn gthread: CPU a request", theirs.cpu_us, "µs")
    row.add("gunicorn gthread: requests", theirs.rate, "/s")
    row.add("× gunicorn gthread", ours.rate / theirs.rate, "×", at_least(2.5))
    row.add("the load generator's own ceiling", found["nothing"].rate, "/s")
    return row


def _argvs() -> dict[str, tuple[int, list[str]]]:
    ports = [free_port() for _ in range(3)]
    return {
        "granian": (ports[0], stage.granian("bench.peers.hello:app", ports[0])),
        "gunicorn gthread": (ports[1], stage.gunicorn("bench.peers.hello:app", ports[1])),
        "nothing": (ports[2], [sys.executable, "-m", "bench.peers.nothing", str(ports[2])]),
    }


def _contestant(run: Run, stack: ExitStack, name: str, how: tuple[int, list[str]]) -> Callable[[], Turn]:
    port, argv = how
    log = run.folder / f"hello-{name.split(maxsplit=1)[0]}.log"
    server = stack.enter_context(stage.serving(name, argv, port=port, ready="/hello", log=log))
    drive(port, repeat(_HELLO), connections=_CONNECTIONS, seconds=0.5)
    return lambda: watched(server, lambda: drive(port, repeat(_HELLO), connections=_CONNECTIONS, seconds=run.seconds))
