"""Row 5: one push worker, messages that each take WeChat 50 ms, counted against what so many in flight could do at best.

The fake WeChat counts what it accepted under each message's id, so that what is lost or doubled shows.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import repeat
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import requests
from sqlalchemy import text

from app.domains.identity.models import Account
from app.domains.notices import actions as notices
from app.domains.notices.actions import Notice
from app.kernel.access import SYSTEM
from app.kernel.bulk import copy_rows
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from bench import machine, stage
from bench.house import House, Town
from bench.load import drive, post
from bench.report import Row, at_least, at_most
from bench.run import Run

_FEW, _MANY = 32, 200
_IDEAL = _FEW / 0.050  # the same at 200 in flight: there every call takes longer
_TEMPLATE, _VALUES = "visit_reminder", {"month": "11 月", "left": "9", "due": "2026年11月30日"}
_PATH = "/cgi-bin/message/template/send"
_ANYTHING = post("/cgi-bin/stable_token", b'{"grant_type": "client_credential", "appid": "none", "secret": "none"}')


class Sent(NamedTuple):
    """What a worker did with a pile of messages."""

    rate: float
    cpu_us: float
    lost: int
    doubled: int


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    town = open_house().town("push")
    with ExitStack() as stack:
        runtime = stack.enter_context(town.runtime())
        stack.enter_context(town.sandbox())
        readers = _give_phones(town, runtime)
        found = {in_flight: _rounds(run, town, runtime, readers, in_flight=in_flight) for in_flight in (_FEW, _MANY)}
        ceilings = {in_flight: _ceiling(run, town, in_flight) for in_flight in (_FEW, _MANY)}
    return _row(found, ceilings)


def _rounds(run: Run, town: Town, runtime: Runtime, readers: list[UUID], *, in_flight: int) -> list[Sent]:
    _ask(town, "latency", {"p50_ms": in_flight / _IDEAL * 1000})
    sent = []
    for number in range(3):
        sent.append(_push(run, town, runtime, readers, in_flight=in_flight))
        run.say(f"{in_flight} in flight, round {number + 1}: {sent[-1].rate:,.0f}/s, {sent[-1].cpu_us:,.0f} µs CPU")
    return sent


def _push(run: Run, town: Town, runtime: Runtime, readers: list[UUID], *, in_flight: int) -> Sent:
    """Queue a pile for a worker that waits for it, and see it through."""
    count = (2 if run.is_short else 5) * len(readers)
    _ask(town, "copies", {"on": True, "by": "client_msg_id"})
    argv = [sys.executable, "-m", "bot", "push", "--in-flight", str(in_flight)]
    log = run.folder / f"push-{in_flight}.log"
    log.unlink(missing_ok=True)
    with stage.running(argv, log=log, env=town.env) as worker:
        _wait(lambda: " ready" in log.read_text(), seconds=30)
        time.sleep(0.5)
        before = machine.cpu_seconds(worker.pid)
        with transaction(runtime, SYSTEM) as tx:
            notices.queue_many(tx, _pile(readers, count))
        _wait(lambda: _open_ones(runtime) == 0, seconds=300)
        spent = machine.cpu_seconds(worker.pid) - before
    seen = _ask(town, "copies")
    return Sent(
        _rate(runtime, count), spent / count * 1e6, count - seen["messages"], seen["accepted"] - seen["messages"]
    )


def _pile(readers: list[UUID], count: int) -> Iterator[Notice]:
    """Alarms, because those leave at any hour."""
    batch = uuid4().hex
    for number in range(count):
        reader = readers[number % len(readers)]
        yield Notice(reader, _TEMPLATE, _VALUES, f"bench:{batch}:{number:06d}", urgency="alarm")


def _open_ones(runtime: Runtime) -> int:
    with reading(runtime) as db:
        open_ones = "SELECT count(*) FROM notices_message WHERE state IN ('waiting', 'sending')"
        return int(db.execute(text(open_ones)).scalar_one())


def _rate(runtime: Runtime, count: int) -> float:
    """Messages a second between the twentieth and the last twentieth of the newest pile, where the worker runs full."""
    with reading(runtime) as db:
        newest = text("SELECT state, ended_at FROM notices_message ORDER BY ended_at DESC LIMIT :count")
        rows = db.execute(newest, {"count": count}).all()
    assert {row.state for row in rows} == {"sent"}, {row.state for row in rows}
    ended = sorted(row.ended_at for row in rows)
    first, last = count // 20, count - count // 20
    return (last - first) / float((ended[last - 1] - ended[first - 1]).total_seconds())


def _give_phones(town: Town, runtime: Runtime) -> list[UUID]:
    """Every member follows the official account."""
    with reading(runtime) as db:
        members = list(db.scalars(text("SELECT person_id FROM members_member ORDER BY 1")))
    with transaction(runtime, SYSTEM) as tx:
        copy_rows(tx.db, Account, columns=_ACCOUNT, rows=(_account(tx, person) for person in members))
    phones = [{"oa_openid": _openid(person), "follows_oa": True, "name": "党员", "shown": False} for person in members]
    _ask(town, "phones", {"phones": phones})
    _ask(town, "templates", {"templates": runtime.presets["messages"].on_wechat()})
    _ask(town, "settings", {"push_events": False})
    return members


_ACCOUNT = ("id", "kind", "person_id", "oa_openid_index", "oa_openid_sealed", "state", "created_at")


def _account(tx: Tx, person: UUID) -> tuple[Any, ...]:
    account, openid = uuid4(), _openid(person)
    index = tx.vault.index("identity_account.oa_openid", openid)
    sealed = tx.vault.seal(f"identity_account.oa_openid:{account}", openid)
    return account, "wechat", person, index, sealed, "active", tx.now


def _openid(person: UUID) -> str:
    return f"oBench{person.hex[:22]}"


def _ceiling(run: Run, town: Town, in_flight: int) -> float:
    """What the fake WeChat itself answers at most, asked by the bare generator."""
    _ask(town, "latency", {"p50_ms": in_flight / _IDEAL * 1000})
    return drive(town.sandbox_port, repeat(_ANYTHING), connections=in_flight, seconds=run.seconds).rate


def _ask(town: Town, path: str, body: dict[str, Any] | None = None) -> Any:
    url = f"http://127.0.0.1:{town.sandbox_port}/__ctl/{path}"
    answer = requests.get(url, timeout=30) if body is None else requests.post(url, json=body, timeout=30)
    answer.raise_for_status()
    return answer.json()


def _wait(is_so: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s")
        time.sleep(0.2)


def _row(found: dict[int, list[Sent]], ceilings: dict[int, float]) -> Row:
    row = Row(5, "push", "push: 1 worker, 32 in flight × 50 ms; ideal 640 messages a second")
    for in_flight, least in ((_FEW, 0.95), (_MANY, 0.85)):
        rate = median(sent.rate for sent in found[in_flight])
        row.add(f"{in_flight} in flight", rate, "/s")
        row.add("  of ideal", rate / _IDEAL, "", at_least(least))
        row.add("  of what the fake WeChat answers the bare generator", rate / ceilings[in_flight], "")
        row.add("  CPU a message", median(sent.cpu_us for sent in found[in_flight]), "µs", at_most(250))
    every = [sent for rounds in found.values() for sent in rounds]
    row.add("lost", sum(sent.lost for sent in every), "", at_most(0))
    row.add("doubled", sum(sent.doubled for sent in every), "", at_most(0))
    row.notes.append("at 200 in flight every call takes 312.5 ms, so that the ideal is 640 a second there too.")
    return row
