"""What a phone has written without signal is delivered item by item: one transaction and one receipt each.

Any order, any prefix, any repetition ends in the same rows. An item whose parent has not arrived is parked for five days and
stays visible; it is done as soon as the parent is there, by whatever way and from whomever that comes. The single routes deliver in the same way, so that an item may come
by either way, twice, and gets the same receipt.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.domains.identity import queries as identities
from app.kernel import log, parking
from app.kernel.access import ANONYMOUS, Actor
from app.kernel.errors import Conflict, Forbidden, NotFound, Refusal
from app.kernel.receipts import OtherContent, Parked, Receipt, context, keep, matching
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, glancing, reading, transaction
from app.web.answers import encoded
from app.web.forms import Form, Shape

KINDS: dict[str, Deed] = {}  # every kind of item that is taken; each subject adds its own
RECEIVED, WAITING, CONFLICT = "received", parking.WAITING, "conflict"
_MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Deed:
    """One kind of item: its form, what it does, how it stands now, and which refusal says that its parent is not here (yet)."""

    form: type[Form]
    work: Callable[[Tx, Item], Shape]
    now: Callable[[Session, Actor, Item], Shape]
    missing: type[NotFound] | None = None
    target: str = "visit_id"  # under which key an item of the queue names its parent
    needs_target: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a phone has written; `target` is what it is about, `arrived_at` when it first reached us."""

    id: UUID
    kind: str
    form: Any = field(repr=False)
    target: UUID | None = None
    depends_on: UUID | None = None
    arrived_at: datetime | None = None

    def packed(self) -> bytes:
        """The content, equal for equal items."""
        return orjson.dumps([self.kind, self.target, self.depends_on, self.form.model_dump(mode="json")])

    def fingerprint(self) -> bytes:
        """What two items must share to be the same; on what it waited does not matter."""
        content = orjson.dumps([self.target, self.form.model_dump(mode="json")])
        return hashlib.sha256(content).digest()


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of an item: received (with the answer), waiting, or conflict (with the refusal).

    The answer is the same to the byte for 72 hours; later it says how the deed stands now.
    """

    id: UUID
    state: str
    answer: bytes | None = field(default=None, repr=False)
    refusal: Refusal | None = None


class WaitedTooLong(Conflict):
    """The parent of a parked item never came."""

    code = "sync.waited_too_long"
    sentence = "这一条等的那一件一直没传上来，请打开看看，需要的话重新记一次。"


class NotStored(Conflict):
    """The item is understood, and the database would not take it: our fault, told once in the log."""

    code = "sync.not_stored"
    sentence = "这一条没存上，是我们的问题。内容还在手机里，请告诉村里。"


class Counter:
    """Where a phone's items are handed in: one person, one runtime, the kinds that are taken."""

    def __init__(self, here: Runtime, who: Actor, deeds: Mapping[str, Deed]) -> None:
        self._here = here
        self._who = who
        self._deeds = deeds

    def take(self, item: Item) -> Delivered:
        """Do an item, or park it, or say why not."""
        delivered = self._take(item)
        parent = item.depends_on or item.target
        if delivered.state == WAITING and parent and self._has_arrived(parent):  # it came while this was being parked
            return self._take(item)
        return delivered

    def _take(self, item: Item) -> Delivered:
        if item.depends_on is not None and not self._has_arrived(item.depends_on):
            return self._park(item, item.depends_on)
        return self._attempt(item)

    def settle(self) -> list[Delivered]:
        """Do what was parked and can be done now; what that brings may let others go on."""
        settled: list[Delivered] = []
        for _ in range(_MOST_ROUNDS):
            done = [self.release(row) for row in self._ripe({one.id for one in settled})]
            if not done:
                break
            settled += done
        return settled

    def follow(self, parents: Collection[UUID]) -> None:
        """Do what anybody had parked for these items, each with the rights that its owner has now, and what waits for that."""
        tried: set[UUID] = set()
        for _ in range(_MOST_ROUNDS):
            rows = [row for row in self._children(parents) if row.id not in tried]
            tried.update(row.id for row in rows)
            done = [self._counter_of(row).release(row) for row in rows]
            parents = {one.id for one in done if one.state == RECEIVED}
            if not parents:
                break

    def _children(self, parents: Collection[UUID]) -> Sequence[Parked]:
        with glancing(self._here) as link:
            if not parents or not parking.are_awaited(link, parents):
                return []
        with reading(self._here) as db:
            return parking.waiting_for(db, parents, self._here.clock.now())

    def _counter_of(self, parked: Parked) -> Counter:
        """The owner's counter; whoever has closed his account may do nothing any more."""
        if parked.account_id == self._who.account_id:
            return self
        roles = self._here.presets["roles"]
        with reading(self._here) as db:
            owner = identities.actor_behind(db, parked.account_id, self._here.clock.now(), roles=roles)
        return Counter(self._here, owner or ANONYMOUS, self._deeds)

    def waiting(self) -> Sequence[Parked]:
        """What of this account still waits, and what was refused or waited too long, the newest first."""
        with reading(self._here) as db:
            return parking.parked_by(db, self._who.account_id)

    def _attempt(self, item: Item) -> Delivered:
        deed = self._deeds[item.kind]
        try:
            with transaction(self._here, self._who) as tx:
                said = encoded(deed.work(tx, item))
                keep(
                    tx,
                    item.id,
                    route=item.kind,
                    body_hash=item.fingerprint(),
                    status=201,
                    answer=said.decode(),
                )
        except (IntegrityError, DataError, Refusal) as failed:
            return self._again(item, failed)
        return Delivered(item.id, RECEIVED, said)

    def _again(self, item: Item, failed: IntegrityError | DataError | Refusal) -> Delivered:
        """It failed: because it was done before, because its parent is missing, or for good."""
        with reading(self._here) as db:
            found = db.get(Receipt, item.id)
        if found is not None:
            return self._replay(item, found)
        deed = self._deeds[item.kind]
        if deed.missing and isinstance(failed, deed.missing) and item.target:
            return self._park(item, item.target)
        return Delivered(item.id, CONFLICT, refusal=_refusal_of(failed))

    def _replay(self, item: Item, found: Receipt) -> Delivered:
        try:
            receipt = matching(found, route=item.kind, body_hash=item.fingerprint(), account_id=self._who.account_id)
        except OtherContent as other:
            return Delivered(item.id, CONFLICT, refusal=other)
        sealed = receipt.answer_sealed
        said = self._here.vault.open(context(item.id), sealed).encode() if sealed else self._current(item)
        return Delivered(item.id, RECEIVED, said)

    def _current(self, item: Item) -> bytes:
        """How the deed stands now; whoever has lost sight of it since is only told that it was done."""
        try:
            with reading(self._here) as db:
                return encoded(self._deeds[item.kind].now(db, self._who, item))
        except NotFound:
            return orjson.dumps({"id": item.id})

    def _has_arrived(self, item_id: UUID) -> bool:
        with reading(self._here) as db:
            return parking.has_arrived(db, item_id)

    def _park(self, item: Item, waits_for: UUID) -> Delivered:
        """Keep an item until its parent comes; the same item again changes nothing."""
        if self._who.account_id is None:
            return Delivered(item.id, CONFLICT, refusal=Forbidden())
        with transaction(self._here, self._who) as tx:
            until = tx.now + timedelta(days=tx.runtime.presets["visits"].offline_days)
            content = item.packed().decode()
            parked = parking.park(tx, item.id, kind=item.kind, waits_for=waits_for, content=content, until=until)
            return self._parked_as(item, parked, tx.now)

    def _parked_as(self, item: Item, parked: Parked, now: datetime) -> Delivered:
        same = parked.account_id == self._who.account_id and self._unpacked(parked).fingerprint() == item.fingerprint()
        if not same or parked.kind != item.kind:
            return Delivered(item.id, CONFLICT, refusal=OtherContent(field="id"))
        if parked.expires_at <= now:
            return Delivered(item.id, CONFLICT, refusal=WaitedTooLong())
        return Delivered(item.id, WAITING)

    def _unpacked(self, parked: Parked) -> Item:
        kind, target, depends_on, body = orjson.loads(
            self._here.vault.open(parking.sealed_in(parked.id), parked.body_sealed)
        )
        form = self._deeds[kind].form.model_validate(body)
        parents = [UUID(each) if each else None for each in (target, depends_on)]
        return Item(parked.id, kind, form, parents[0], parents[1], parked.parked_at)

    def _ripe(self, done: set[UUID]) -> Sequence[Parked]:
        with reading(self._here) as db:
            rows = parking.ripe_for(db, self._who.account_id, self._here.clock.now())
        return [row for row in rows if row.id not in done]

    def release(self, parked: Parked) -> Delivered:
        """Try a parked item whose parent is there; if it is refused now, that is final and stays visible."""
        delivered = self._attempt(self._unpacked(parked))
        if delivered.refusal is not None:
            outcome = {"code": delivered.refusal.code, "message": delivered.refusal.sentence}
            with transaction(self._here, self._who) as tx:
                parking.refuse(tx, parked.id, outcome)
        return delivered


def _refusal_of(failed: IntegrityError | DataError | Refusal) -> Refusal:
    if isinstance(failed, Refusal):
        return failed
    if getattr(failed.orig, "sqlstate", "") in {"23505", "23P01"}:
        return Conflict()
    log.say("sync", "not stored", level=logging.ERROR, error=True, code=getattr(failed.orig, "sqlstate", ""))
    return NotStored()
