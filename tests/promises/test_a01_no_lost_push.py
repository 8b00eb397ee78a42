"""A1: push processes are killed again and again; no message is lost, and copies are few and labelled.

The web server hears WeChat's receipts, which settle what a dead process has left in doubt.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.notices.models import Inbound, Message
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from bot.push import IN_FLIGHT
from tests.promises.crowd import Reader, hand_out_phones, make_readers, teach_templates, tell
from tests.promises.outbox import Outbox
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(1_800)]


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    messages: int
    workers: int
    kills: int


FULL, SHORT = Size(messages=20_000, workers=4, kills=200), Size(messages=600, workers=2, kills=12)
TINY = Size(messages=150, workers=2, kills=3)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Three kinds of people: reminded in the mini-program; alarmed there; alarmed by the official account."""

    normal: list[Reader]
    alarmed: list[Reader]
    alarmed_oa: list[Reader]

    @classmethod
    def gather(cls, stack: Stack, runtime: Runtime, count: int) -> Crowd:
        """Three fifths are reminded, the others alarmed; everybody has a phone."""
        fifth = count // 5
        crowd = cls(
            make_readers(runtime, count - 2 * fifth, way="mp", kind="normal"),
            make_readers(runtime, fifth, way="mp", kind="alarm"),
            make_readers(runtime, fifth, way="oa", kind="alarm-oa"),
        )
        hand_out_phones(stack, [*crowd.normal, *crowd.alarmed], way="mp")
        hand_out_phones(stack, crowd.alarmed_oa, way="oa")
        return crowd

    def tell(self, runtime: Runtime) -> None:
        """One message to everybody."""
        groups = ((self.normal, "normal"), ([*self.alarmed, *self.alarmed_oa], "alarm"))
        with transaction(runtime, SYSTEM) as tx:
            for readers, urgency in groups:
                tell(tx, [reader.person_id for reader in readers], key="a1", urgency=urgency)


class Run(Outbox):
    """One run under fire."""

    def taken(self) -> int:
        """How many messages were ever taken by a worker."""
        with reading(self.runtime) as db:
            return db.scalar(select(func.count()).where(Message.attempt > 0)) or 0

    def kill_one(self, dice: random.Random, workers: Sequence[str]) -> None:
        """Kill a worker that is at work, and start another in its place."""
        victim = until(lambda: _one_of(dice, [name for name in workers if self.stack.is_ready(name)]))
        self.stack.kill(victim)
        self.stack.launch(victim)

    def under_fire(self, dice: random.Random, size: Size, *, kind: str) -> None:
        """Kill workers while messages leave: the next kill comes when the next share of them is taken."""
        workers = [f"{kind}{number}" for number in range(1, size.workers + 1)]
        self.stack.launch(*workers)
        for number in range(size.kills):
            share = size.messages * (number + dice.random()) / (size.kills + 1)
            until(lambda share=share: self.taken() >= share, seconds=120)  # type: ignore[misc]
            self.kill_one(dice, workers)

    def hear_all_receipts(self) -> None:
        """Wait until every receipt that WeChat has sent is acted on."""
        until(lambda: self.stack.ask_sandbox("pushes?limit=0")["waiting"] == 0, seconds=120, every=0.2)
        until(lambda: not self.unheard(), seconds=120, every=0.2)

    def unheard(self) -> int:
        """How many packets wait to be acted on."""
        with reading(self.runtime) as db:
            return db.scalar(select(func.count()).where(Inbound.state == "waiting")) or 0


def _one_of(dice: random.Random, names: Sequence[str]) -> str | None:
    return dice.choice(names) if names else None


@dataclass(frozen=True, slots=True)
class Found:
    """What a run has come to: the rows, and how often each person was told."""

    crowd: Crowd
    rows: dict[UUID, Any]
    copies: dict[str, int]
    drained: float

    @classmethod
    def at_the_end(cls, run: Run, crowd: Crowd, *, drained: float) -> Found:
        """Everything, read when all is over."""
        return cls(crowd, run.rows(), run.copies(), drained)

    def told(self, readers: Sequence[Reader]) -> dict[UUID, int]:
        """How often each of these people was told."""
        return {reader.person_id: self.copies.get(reader.openid, 0) for reader in readers}

    @property
    def everybody(self) -> dict[UUID, int]:
        """How often each person was told."""
        return self.told([*self.crowd.normal, *self.crowd.alarmed, *self.crowd.alarmed_oa])

    @property
    def lost(self) -> list[UUID]:
        """Messages that are called sent and that nobody has seen."""
        return [person for person, count in self.everybody.items() if self.rows[person].state == "sent" and not count]

    @property
    def double(self) -> Counter[str]:
        """Messages that were seen twice, by urgency."""
        return Counter(self.rows[person].urgency for person, count in self.everybody.items() if count > 1)

    @property
    def unknown(self) -> list[UUID]:
        """Messages of which nobody knows whether they have arrived."""
        return [person for person, row in self.rows.items() if row.state == "unknown"]

    def says(self) -> str:
        """The figures in a line."""
        arrived = sum(bool(self.everybody[person]) for person in self.unknown)
        kinds = Counter(self.rows[person].urgency for person in self.unknown)
        return (
            f"lost {len(self.lost)}, states {dict(Counter(row.state for row in self.rows.values()))}, unknown "
            f"{dict(kinds)} (of which {arrived} had arrived), seen twice {dict(self.double)}, most copies "
            f"{max(self.everybody.values())}, drained {self.drained:.1f} s after the last kill"
        )

    def keeps_the_promise(self, size: Size, *, in_doubt_a_kill: int) -> None:
        """Nothing lost, copies few, doubts bounded by the kills."""
        assert len(self.rows) == size.messages
        assert self.lost == []
        assert {row.state for row in self.rows.values()} <= {"sent", "unknown"}
        assert max(self.everybody.values()) <= 2
        assert self.double["normal"] == 0
        assert self.double["alarm"] <= size.kills * in_doubt_a_kill
        assert len(self.unknown) <= size.kills * in_doubt_a_kill
        assert max(self.told(self.crowd.alarmed_oa).values()) == 1  # WeChat honours client_msg_id: not seen twice
        assert size is not FULL or self.drained <= 60


def under_fire(stack: Stack, dice: random.Random, size: Size, *, kind: str) -> Found:
    """A crowd is told something while the processes that push are killed; what it has come to."""
    stack.ask_sandbox("settings", {"enforce_credits": False})
    stack.ask_sandbox("latency", {"p50_ms": 40, "jitter_ms": 20})
    stack.ask_sandbox("copies", {"on": True, "by": "touser"})
    with stack.inside() as runtime:
        teach_templates(stack, runtime)
        run, crowd = Run(stack, runtime), Crowd.gather(stack, runtime, size.messages)
        crowd.tell(runtime)
        started = time.monotonic()
        run.under_fire(dice, size, kind=kind)
        last_kill = time.monotonic()
        run.drain()
        drained, took = time.monotonic() - last_kill, time.monotonic() - started
        run.hear_all_receipts()
        found = Found.at_the_end(run, crowd, drained=drained)
    print(
        f"A1: {size.messages} messages, {size.workers} x {kind}, {size.kills} x kill -9 in {took:.0f} s: {found.says()}"
    )
    return found


def test_a1_push_processes_are_killed_and_no_push_is_lost(stack: Stack, dice: random.Random, *, full: bool) -> None:
    size = FULL if full else SHORT
    stack.start("sandbox", "api", "scheduler", "inbound")
    found = under_fire(stack, dice, size, kind="push")
    # the short form kills a process before it has sent a first batch, so all that it had begun may be in doubt
    found.keeps_the_promise(size, in_doubt_a_kill=1 if full else IN_FLIGHT)


def test_a1_workers_that_also_listen_are_killed_and_no_push_is_lost(
    stack: Stack, dice: random.Random, *, full: bool
) -> None:
    """A worker that dies takes receipts with it for a while, so more is in doubt: what was in the air at each kill."""
    size = FULL if full else TINY
    stack.start("sandbox", "api", "scheduler")
    found = under_fire(stack, dice, size, kind="worker")
    found.keeps_the_promise(size, in_doubt_a_kill=IN_FLIGHT)
