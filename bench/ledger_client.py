"""A process full of clients of a ledger: `python -m bench.ledger_client NAME THREADS SECONDS HOMES`, started by `bench.ledger`.

It says `ready`, waits for a line, works, and says how long each transfer took, in microseconds.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from random import Random
from uuid import UUID

from app.domains.points import actions as points
from app.domains.points.rules import TransferKind, fund_of
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.kernel.values import local_day, uuid7
from app.main import open_runtime
from bench.peers import ledgers
from bench.peers.ledgers import Transfer

VILLAGE = "419001/101/203/"


def home_id(number: int) -> UUID:
    """The household of a number, as `bench.ledger` has made it."""
    return UUID(int=number)


def lianxin(runtime: Runtime, homes: int) -> Transfer:
    """The product's own transfer, in a transaction of its own."""
    fund, day = fund_of(VILLAGE), local_day(runtime.clock.now())

    def transfer(dice: Random) -> None:
        home = home_id(dice.randint(1, homes))
        key = uuid7(runtime.clock.now())
        plan = points.Movement(key, TransferKind.award, fund, home, 1, VILLAGE, "deed", day, 1, household_id=home)
        with transaction(runtime, SYSTEM) as tx:
            points.move(tx, plan)

    return transfer


def main(name: str, threads: int, seconds: float, homes: int) -> None:
    """Work as one of the contestants."""
    if name == "lianxin":
        with open_runtime() as runtime:
            _run(lambda: lianxin(runtime, homes), threads, seconds=seconds)
    elif name == "hordak":
        from bench.peers import hordak  # Django is set up when it is imported

        _run(hordak.clients(homes), threads, seconds=seconds)
    else:
        make = {"pgledger": ledgers.pgledger, "orm": ledgers.orm}[name]
        _run(make(os.environ["BENCH_DATABASE"], homes), threads, seconds=seconds)


def _run(client: Callable[[], Transfer], threads: int, *, seconds: float) -> None:
    times: list[list[float]] = [[] for _ in range(threads)]
    transfers = [client() for _ in range(threads)]
    for number, transfer in enumerate(transfers):
        for _ in range(8):
            transfer(Random(number))
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.perf_counter() + seconds
    crowd = [threading.Thread(target=_work, args=(transfers[n], times[n], end)) for n in range(threads)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    print(json.dumps([round(took * 1e6) for mine in times for took in mine]), flush=True)


def _work(transfer: Transfer, times: list[float], end: float) -> None:
    dice = Random()
    while (started := time.perf_counter()) < end:
        transfer(dice)
        times.append(time.perf_counter() - started)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
