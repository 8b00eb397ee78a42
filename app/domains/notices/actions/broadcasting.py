"""Telling everybody of a place: written by somebody who may, checked as public text is, kept until it may go out, reminded once a day.

Words that the check is not sure of wait for somebody else's eye, as posts do; who wrote them may take them back until they go out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from app.domains.areas import queries as areas
from app.domains.areas.errors import AreaNotFound
from app.domains.audit import actions as audit
from app.domains.media import actions as media_actions
from app.domains.media import queries as media
from app.domains.media.rules import CheckState
from app.domains.notices import rules
from app.domains.notices.actions.telling import begin_reminding, begin_telling
from app.domains.notices.errors import (
    BroadcastNotFound,
    BroadcastTooLong,
    NoAccount,
    NobodyToTell,
    NotSentYet,
    NotYourWords,
    RemindedToday,
    SentAlready,
    ToldEnough,
)
from app.domains.notices.events import BroadcastHeld, BroadcastRefused, BroadcastReleased, UnreadReminded
from app.domains.notices.models import Broadcast
from app.domains.notices.preset import BroadcastLimits
from app.domains.notices.queries.audiences import audience_reach
from app.domains.notices.rules import Audience, BroadcastState
from app.kernel.access import require, scoped, unscoped
from app.kernel.transaction import Tx
from app.kernel.values import SHANGHAI, local_day


@dataclass(frozen=True, slots=True)
class Draft:
    """Words to everybody of a place, as they were written on a phone."""

    id: UUID
    area_path: str
    audience: Audience
    words: str = field(repr=False)
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A broadcast as its author is told of it."""

    id: UUID
    state: str
    people: int
    reachable: int


def write_broadcast(tx: Tx, draft: Draft) -> Written:
    """Keep a cadre's words to a place and ask for them to be checked; nobody is told before that."""
    author_id = tx.actor.person_id
    if author_id is None:
        raise NoAccount
    require(tx.actor, "notices.broadcast", within=draft.area_path)
    limits: BroadcastLimits = tx.runtime.presets["broadcast"]
    _check(tx, draft, limits, author_id=author_id)
    reach = audience_reach(
        tx.db, draft.area_path, draft.audience, now=tx.now, adult_age=limits.adult_age, without=author_id
    )
    if not reach.members:
        raise NobodyToTell(field="audience")
    _keep(tx, draft, author_id)
    media_actions.ask_checks(tx, f"{rules.BROADCAST_SUBJECT}{draft.id}", text=draft.words, file_ids=())
    return Written(draft.id, BroadcastState.checking, reach.members, reach.reachable)


def _check(tx: Tx, draft: Draft, limits: BroadcastLimits, *, author_id: UUID) -> None:
    if areas.area(tx.db, draft.area_path) is None:
        raise AreaNotFound(field="area_path")
    if len(draft.words) > limits.letters:
        raise BroadcastTooLong(limits.letters)
    tx.db.execute(select(func.pg_advisory_xact_lock(author_id.int % 2**63)))  # two at once count each other
    written = _written_today(tx, author_id)
    if rules.is_too_many(written, is_urgent=draft.is_urgent, most=limits.most_a_day, most_urgent=limits.urgent_a_day):
        raise ToldEnough


@unscoped("one's own broadcasts of the day, by who wrote them")
def _written_today(tx: Tx, author_id: UUID) -> list[bool]:
    midnight = datetime.combine(local_day(tx.now), time(), SHANGHAI)
    mine = select(Broadcast.is_urgent).where(Broadcast.author_id == author_id, Broadcast.written_at >= midnight)
    return list(tx.db.scalars(mine.where(Broadcast.state.not_in(rules.NEVER_SENT))))


def _keep(tx: Tx, draft: Draft, author_id: UUID) -> None:
    tx.add(
        Broadcast,
        id=draft.id,
        area_path=draft.area_path,
        audience=draft.audience,
        words=draft.words,
        is_urgent=draft.is_urgent,
        state=BroadcastState.checking,
        author_id=author_id,
        written_at=tx.now,
        sent_at=None,
        reminded_on=None,
        waits_since=None,
        refused_reason=None,
        told_up_to=None,
    )
    facts = {"audience": str(draft.audience), "is_urgent": draft.is_urgent}
    audit.record(
        tx,
        action="broadcast.write",
        subject="broadcast",
        subject_id=draft.id,
        area_path=draft.area_path,
        detail=facts,
    )


@unscoped("called when a check is decided: the machine itself sends or holds the broadcast")
def settle_broadcast(tx: Tx, broadcast_id: UUID) -> None:
    """Send a broadcast whose words have passed, hold one that is in doubt, refuse what may never be said; either happens once."""
    broadcast = tx.db.scalars(select(Broadcast).where(Broadcast.id == broadcast_id).with_for_update()).one_or_none()
    if broadcast is None or broadcast.state != BroadcastState.checking:
        return
    states = {check.state for check in media.checks_of(tx.db, f"{rules.BROADCAST_SUBJECT}{broadcast_id}")}
    if CheckState.risky in states:
        _refuse(tx, broadcast, rules.NOT_FOR_EVERYBODY)
    elif CheckState.held in states:
        broadcast.state, broadcast.waits_since = BroadcastState.held, tx.now
        tx.emit(BroadcastHeld(broadcast.id, broadcast.area_path, broadcast.author_id, local_day(broadcast.written_at)))
    elif states == {CheckState.passed}:
        begin_telling(tx, broadcast)


def release_broadcast(tx: Tx, broadcast_id: UUID) -> str:
    """Somebody else has looked at a held broadcast and lets it go out; what it is now."""
    broadcast = _waiting(tx, broadcast_id)
    if broadcast.state == BroadcastState.held:
        media_actions.release_checks(tx, f"{rules.BROADCAST_SUBJECT}{broadcast_id}")
        begin_telling(tx, broadcast)
        tx.emit(BroadcastReleased(broadcast.id, broadcast.area_path))
    return broadcast.state


def refuse_broadcast(tx: Tx, broadcast_id: UUID, *, reason: str) -> str:
    """Somebody else has looked at a held broadcast and keeps it in; who wrote it is told why. What it is now."""
    broadcast = _waiting(tx, broadcast_id)
    if broadcast.state == BroadcastState.held:
        _refuse(tx, broadcast, reason)
    return broadcast.state


def withdraw_broadcast(tx: Tx, broadcast_id: UUID) -> str:
    """Who wrote it does not want it to go out any more; what it is now."""
    broadcast = _reached(tx, broadcast_id)
    if broadcast.author_id != tx.actor.person_id:
        raise NotYourWords
    if broadcast.state == BroadcastState.sent:
        raise SentAlready
    if rules.may_withdraw(broadcast.state):
        broadcast.state, broadcast.waits_since = BroadcastState.withdrawn, None
        _record(tx, "broadcast.withdraw", broadcast)
    return broadcast.state


def remind_unread(tx: Tx, broadcast_id: UUID) -> int:
    """Tell those who have not read once more, once a day; how many there are."""
    broadcast = _reached(tx, broadcast_id)
    if broadcast.state != BroadcastState.sent or broadcast.told_up_to is not None:
        raise NotSentYet
    if not rules.may_remind(broadcast.reminded_on, local_day(tx.now)):
        raise RemindedToday
    count = begin_reminding(tx, broadcast)
    tx.emit(UnreadReminded(broadcast.id, broadcast.area_path, count))
    return count


def _refuse(tx: Tx, broadcast: Broadcast, reason: str) -> None:
    broadcast.state, broadcast.waits_since, broadcast.refused_reason = BroadcastState.refused, None, reason
    written_on = local_day(broadcast.written_at)
    tx.emit(BroadcastRefused(broadcast.id, broadcast.area_path, broadcast.author_id, reason, written_on))


def _reached(tx: Tx, broadcast_id: UUID) -> Broadcast:
    return _locked(tx, scoped(tx.actor, "notices.broadcast", Broadcast).where(Broadcast.id == broadcast_id))


def _waiting(tx: Tx, broadcast_id: UUID) -> Broadcast:
    """One that somebody else has to look at: nobody lets his own words go out."""
    found = scoped(tx.actor, "feed.hold", Broadcast).where(Broadcast.id == broadcast_id)
    return _locked(tx, found.where(Broadcast.author_id != tx.actor.person_id))


def _locked(tx: Tx, found: Select[Any]) -> Broadcast:
    broadcast: Broadcast | None = tx.db.scalars(found.with_for_update()).one_or_none()
    if broadcast is None:
        raise BroadcastNotFound
    return broadcast


def _record(tx: Tx, action: str, broadcast: Broadcast) -> None:
    audit.record(
        tx, action=action, subject="broadcast", subject_id=broadcast.id, area_path=broadcast.area_path, detail={}
    )
