"""Row 12: how much a web process weighs after a thousand mixed requests, and how long it takes to start."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from statistics import median

from bench import callers, machine
from bench.house import Caller, House, Town, sign_in_members
from bench.load import BadAnswer, drive, get
from bench.report import Row, at_most
from bench.run import Run

_REQUESTS = 1000
_LOOKS = ("/feed", "/feed?area=town", "/duties/month", "/me", "/zone/households", "/inbox")


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    town = open_house().town("weight")
    with town.runtime() as runtime:
        members = sign_in_members(runtime)
    rounds = [_round(run, town, members) for _ in range(3)]
    row = Row(12, "weight", "a web process after 1,000 mixed requests")
    row.add(
        "resident memory of the process that answers",
        median(found.largest for found, _, _ in rounds),
        "MB",
        at_most(130),
    )
    row.add("with its parent", median(found.together for found, _, _ in rounds), "MB")
    row.add("before the first request", median(idle for _, idle, _ in rounds), "MB")
    row.add("start until it can serve", median(start for _, _, start in rounds), "s", at_most(2))
    return row


def _round(run: Run, town: Town, members: Sequence[Caller]) -> tuple[machine.Memory, float, float]:
    with town.api(workers=1, threads=8) as server:
        idle = machine.memory(server.pid).largest
        tally = drive(server.port, iter(_mixed(members)), connections=8, seconds=60)
        if set(tally.statuses) - {200, 201} or tally.answers != _REQUESTS:
            raise BadAnswer(f"{dict(tally.statuses)}: {tally.sample[:600]!r}")
        found = machine.memory(server.pid)
        run.say(f"{found.largest:.0f} MB after {tally.answers} requests, started in {server.start_seconds:.2f} s")
    return found, idle, server.start_seconds


def _mixed(members: Sequence[Caller]) -> list[bytes]:
    """A quarter are visits, the rest looks at everything a member looks at."""
    visits = callers.visits(members, "/api/v1/visits")[: _REQUESTS // 4]
    looks = [
        get(f"/api/v1{path}", callers.headers(member, number))
        for number, (path, member) in enumerate(zip(itertools.cycle(_LOOKS), members, strict=False))
    ][: _REQUESTS - len(visits)]
    requests = [*visits, *looks]
    random.shuffle(requests)
    return requests
