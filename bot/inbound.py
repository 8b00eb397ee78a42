"""The listening worker: acts once on each packet that WeChat sent, and answers people who wrote.

Good receipts come in bursts as fast as messages go out, so they are acted on in sets; everything else one by one, each
in its own transaction. What the bot says to a person is said after the commit, once or not at all.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.domains.identity import queries as identity
from app.domains.identity.actions import followers
from app.domains.notices import actions as notices
from app.domains.notices.actions import Packet
from app.domains.notices.ports import Followers, Replies
from app.kernel import log
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from bot import hearing, metrics

_BATCH = 100
_IDLE_SECONDS = 0.3
_PUT_OFF = timedelta(seconds=1.5)


class InboundWorker:
    """Acts on stored packets until it is told to stop."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._left: list[Packet] = []  # taken, and the database went away before anything could be noted

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set."""
        while not stop.is_set():
            try:
                worked = self.work_once()
            except SQLAlchemyError:
                log.say("inbound", "cannot take packets", error=True)
                worked = 0
            if not worked:
                stop.wait(_IDLE_SECONDS)

    def work_once(self) -> int:
        """Take what waits and act on it; answers how many packets were taken."""
        self._put_off_left()
        count, left = self._take()
        for packet in left:
            self._act(packet)
        return count

    def _take(self) -> tuple[int, Sequence[Packet]]:
        """Take what waits and act on the receipts among it in one transaction; answers what is left to act on.

        So a process that is killed takes no receipt along: the others see it at once, not when a lease ends.
        """
        try:
            with transaction(self._runtime, SYSTEM) as tx:
                packets = notices.take_packets(tx, _BATCH)
                receipts = [packet for packet in packets if packet.event in hearing.RECEIPTS]
                done = self._receive(tx, receipts)
                late = [packet for packet in receipts if packet.id not in done and not self._settle(tx, packet)]
        except SQLAlchemyError:
            log.say("inbound", "receipts could not be acted on together", error=True)
            with transaction(self._runtime, SYSTEM) as tx:
                packets = notices.take_packets(tx, _BATCH)
            return len(packets), packets
        metrics.inbound.labels("receipt", "done").inc(len(receipts) - len(late))
        metrics.inbound.labels("receipt", "put_off").inc(len(late))
        return len(packets), [packet for packet in packets if packet.event not in hearing.RECEIPTS]

    def _receive(self, tx: Tx, packets: Sequence[Packet]) -> set[UUID]:
        """Act on good receipts in one statement; answers which are done. The others need a closer look."""
        if not packets:
            return set()
        told = {packet.id: hearing.receipts_in(tx, packet) for packet in packets}
        good = [one for receipts in told.values() for one in receipts if one.is_delivered]
        unknown = {one.provider_id for one in notices.deliver(tx, good)}
        done = [
            packet
            for packet in packets
            if all(one.is_delivered and one.provider_id not in unknown for one in told[packet.id])
        ]
        notices.finish_many(tx, done)
        return {packet.id for packet in done}

    @staticmethod
    def _settle(tx: Tx, packet: Packet) -> bool:
        """Act on a receipt of a loss, or of a message in doubt; False when it speaks of one that is not known yet."""
        try:
            hearing.receive_receipts(tx, packet)
        except hearing.NotYet:
            notices.put_off(tx, packet, _PUT_OFF)
            return False
        notices.finish_many(tx, [packet])
        return True

    def _act(self, packet: Packet) -> None:
        outcome = "done"
        try:
            self._link(packet)
            words = self._effects(packet)
            if words and packet.openid:
                self._runtime.port(Replies).reply(packet.app, packet.openid, words)
        except hearing.NotYet:
            outcome = "put_off"
            self._put_off(packet)
        except Exception:  # noqa: BLE001
            # a worker's edge: one packet that cannot be acted on must not stop the others
            log.say("inbound", "packet failed", error=True, id=packet.id, kind=packet.event, attempt=packet.attempt)
            outcome = "failed"
            self._put_off(packet)
        known = packet.event if packet.event in hearing.HANDLERS else "other"
        metrics.inbound.labels(known, outcome).inc()

    def _effects(self, packet: Packet) -> str | None:
        """Everything that follows from a packet, with its mark as done, in one transaction."""
        handler = hearing.HANDLERS.get(packet.event)
        with transaction(self._runtime, SYSTEM) as tx:
            if not notices.finish(tx, packet):
                return None
            return handler(tx, packet) if handler else None

    def _link(self, packet: Packet) -> None:
        """Learn which of our accounts a follower is; WeChat is asked with no transaction open."""
        if packet.app != hearing.OFFICIAL_ACCOUNT or packet.event not in hearing.SHOWS_FOLLOWER or not packet.openid:
            return
        with reading(self._runtime) as db:
            known = identity.account_with_openid(db, self._runtime.vault, packet.openid, is_official=True)
        unionid = None if known else self._runtime.port(Followers).unionid_of(packet.openid)
        if unionid:
            with transaction(self._runtime, SYSTEM) as tx:
                followers.link_follower(tx, openid=packet.openid, unionid=unionid)

    def _put_off(self, packet: Packet) -> None:
        try:
            with transaction(self._runtime, SYSTEM) as tx:
                notices.put_off(tx, packet, _PUT_OFF)
        except SQLAlchemyError:
            log.say("inbound", "packet waits for the database", id=packet.id)
            self._left.append(packet)

    def _put_off_left(self) -> None:
        """The database is back: what we still hold need not wait for its lease to end."""
        if not self._left:
            return
        with transaction(self._runtime, SYSTEM) as tx:
            for packet in self._left:
                notices.put_off(tx, packet, _PUT_OFF)
        self._left = []
