"""The push worker: one desk that takes messages and writes down results in batches, many senders that only wait.

The desk is the only thread with a database session, so no transaction is ever open while something is sent. A message
is committed as `sending` before its sender sees it. Whether it was really begun stands in the journal, for whoever goes
on after this process was killed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.domains.notices import actions as notices
from app.domains.notices.actions import Job, Report
from app.domains.notices.ports import Channels, Outcome, SendResult
from app.kernel import log
from app.kernel.access import SYSTEM
from app.kernel.crypto import BrokenSeal
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from bot import metrics
from bot.journal import Journal, journal_folder, left_behind

IN_FLIGHT = 32
_ANSWER_BUDGET = 20.0  # what a call may take at worst; a lease that ends earlier is not used
_DRAIN_SECONDS = 10.0
_IDLE_SECONDS = 0.25
_GATHER_SECONDS = 0.05  # results that wait for company stand in the journal meanwhile
_PAUSE_AFTER_TROUBLE = 0.5
_LOOK_FOR_DEAD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Order:
    """A job for a sender, until when it may still be started, and its slot in the journal."""

    job: Job
    start_before: float
    slot: int | None

    @property
    def whom(self) -> tuple[UUID, str]:
        """WeChat refuses two calls at once to one person (43108)."""
        return self.job.person_id, self.job.taken.tried.channel


@dataclass(frozen=True, slots=True)
class _Ended:
    """What is to be written down about an order."""

    report: Report
    slot: int | None


class PushWorker:
    """Sends what is due until it is told to stop."""

    def __init__(self, runtime: Runtime, *, in_flight: int = IN_FLIGHT) -> None:
        self._runtime = runtime
        self._channels = runtime.port(Channels)
        self._lease: float = runtime.presets["notices"].lease_seconds
        self._in_flight = in_flight
        self._ahead = in_flight - 1
        self._folder = journal_folder(runtime.settings)
        self._journal = Journal(self._folder, 2 * (in_flight + self._ahead))
        self._ready: SimpleQueue[_Order | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[_Order, SendResult | None]] = SimpleQueue()
        self._held: dict[tuple[UUID, str], deque[_Order]] = {}
        self._ended: list[_Ended] = []
        self._open = 0
        self._dry_until = 0.0
        self._look_at = 0.0
        self._closing = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, then let what is under way come to its end."""
        senders = [threading.Thread(target=self._send_all, name=f"push-{n}") for n in range(self._in_flight)]
        for sender in senders:
            sender.start()
        try:
            while not stop.is_set():
                self._turn(stop)
        finally:
            self._drain()
            for _ in senders:
                self._ready.put(None)
            for sender in senders:
                sender.join(timeout=1)
            self._journal.close(keep=bool(self._open or self._ended))

    # ------------------------------------------------------------------ the desk

    def _turn(self, stop: threading.Event) -> None:
        self._collect(_GATHER_SECONDS if self._open else 0.0)
        metrics.in_flight.set(self._open)
        self._bury_the_dead()
        try:
            self._write_down()
            taken = self._take_more()
        except SQLAlchemyError:
            # results wait in the journal, and nothing more is begun until they are written down
            log.say("push", "the database is away", error=True, count=len(self._ended))
            stop.wait(_PAUSE_AFTER_TROUBLE)
            return
        if not taken and not self._open:
            stop.wait(_IDLE_SECONDS)

    def _collect(self, patience: float) -> None:
        """Gather results until a batch can be taken, or until patience ends: the more share a statement, the better."""
        deadline = time.monotonic() + patience
        with suppress(Empty):
            while True:
                wait = 0.0 if self._may_take() else max(0.0, deadline - time.monotonic())
                self._settle(*self._done.get(timeout=wait))

    def _settle(self, order: _Order, result: SendResult | None) -> None:
        self._open -= 1
        self._ended.append(_Ended(Report(order.job.taken, result), order.slot))
        waiting = self._held[order.whom]
        if waiting:
            self._ready.put(waiting.popleft())
        else:
            del self._held[order.whom]

    def _write_down(self) -> None:
        if not self._ended:
            return
        with transaction(self._runtime, SYSTEM) as tx:
            notices.record(tx, [ended.report for ended in self._ended])
        for ended in self._ended:
            self._journal.free(ended.slot)
        self._ended = []

    def _bury_the_dead(self) -> None:
        """Write down what workers of this machine knew when they were killed."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_FOR_DEAD_SECONDS
        try:
            with left_behind(self._folder) as reports, transaction(self._runtime, SYSTEM) as tx:
                notices.record(tx, reports)
        except SQLAlchemyError:
            log.say("push", "a dead worker's journal waits", error=True)
            return
        if reports:
            log.say("push", "a dead worker's messages taken over", count=len(reports))

    def _room(self) -> int:
        return self._in_flight + self._ahead - self._open

    def _may_take(self) -> bool:
        """Whether there is room for a batch that is worth its statements, and something may be due."""
        return self._room() > self._ahead // 2 and time.monotonic() >= self._dry_until

    def _take_more(self) -> bool:
        room, started = self._room(), time.monotonic()
        if not self._may_take():
            return False
        orders: list[_Order] = []
        try:
            with transaction(self._runtime, SYSTEM) as tx:
                jobs = notices.take(tx, room)
                # noted before the commit: a row that says `sending` has its slot, whenever this process may die
                before = started + self._lease - _ANSWER_BUDGET
                orders += [_Order(job, before, self._journal.open(job.taken)) for job in jobs]
        except SQLAlchemyError:
            # perhaps the commit went through and only its answer was lost: then they go back untouched
            self._ended += [_Ended(Report(order.job.taken, None), order.slot) for order in orders]
            raise
        if not orders:
            self._dry_until = started + _IDLE_SECONDS
        for order in orders:
            self._hand_out(order)
        return bool(orders)

    def _hand_out(self, order: _Order) -> None:
        self._open += 1
        if order.whom in self._held:
            self._held[order.whom].append(order)
        else:
            self._held[order.whom] = deque()
            self._ready.put(order)

    def _drain(self) -> None:
        self._closing.set()
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._open and time.monotonic() < deadline:
            self._collect(0.1)
        while self._ended and time.monotonic() < deadline:
            try:
                self._write_down()
            except SQLAlchemyError:
                time.sleep(0.1)

    # ------------------------------------------------------------------ the senders

    def _send_all(self) -> None:
        while (order := self._ready.get()) is not None:
            self._done.put((order, self._send(order)))

    def _send(self, order: _Order) -> SendResult | None:
        """The channel's answer; None when it was never asked, because the lease or the worker is about to end."""
        if self._closing.is_set() or time.monotonic() > order.start_before:
            return None
        channel = order.job.taken.tried.channel
        started = time.perf_counter()
        result = self._ask(channel, order)
        metrics.count_push(channel, result.outcome, seconds=time.perf_counter() - started)
        self._journal.end(order.slot, result)
        return result

    def _ask(self, channel: str, order: _Order) -> SendResult:
        message_id = order.job.taken.message_id
        try:
            message = notices.outgoing(self._runtime, order.job)
        except (BrokenSeal, KeyError):
            log.say("push", "message cannot be opened", id=message_id, channel=channel)
            return SendResult(Outcome.REFUSED_MESSAGE, code="unopened")
        self._journal.start(order.slot)
        try:
            return self._channels[channel].send(message)
        except Exception:  # noqa: BLE001
            # a worker's edge: a channel that breaks its promise not to raise must not take the worker along
            log.say("push", "channel failed", error=True, id=message_id, channel=channel)
            return SendResult(Outcome.UNKNOWN, code="failed")
