"""Telling everybody of a place: written by somebody who may, checked as public text is, sent once to each, reminded once a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.areas import queries as areas
from app.domains.areas.errors import AreaNotFound
from app.domains.audit import actions as audit
from app.domains.media import actions as media_actions
from app.domains.media import queries as media
from app.domains.media.rules import CheckState
from app.domains.notices import rules
from app.domains.notices.actions.queueing import Notice, queue_many
from app.domains.notices.errors import (
    BroadcastNotFound,
    BroadcastTooLong,
    NoAccount,
    NobodyToTell,
    NotSentYet,
    RemindedToday,
    ToldEnough,
)
from app.domains.notices.events import BroadcastHeld, BroadcastSent, UnreadReminded
from app.domains.notices.models import Broadcast, Recipient
from app.domains.notices.preset import BroadcastLimits
from app.domains.notices.queries.audiences import audience_reach, persons_in
from app.domains.notices.rules import Audience, BroadcastState, Urgency
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
    mine = select(Broadcast.is_urgent).where(
        Broadcast.author_id == author_id, Broadcast.written_at >= midnight, Broadcast.state != BroadcastState.held
    )
    return list(tx.db.scalars(mine))


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
    """Send a broadcast whose words have passed, hold one that may not be shown; either happens once."""
    broadcast = tx.db.scalars(select(Broadcast).where(Broadcast.id == broadcast_id).with_for_update()).one_or_none()
    if broadcast is None or broadcast.state != BroadcastState.checking:
        return
    states = {check.state for check in media.checks_of(tx.db, f"{rules.BROADCAST_SUBJECT}{broadcast_id}")}
    if states & {CheckState.held, CheckState.risky}:
        broadcast.state = BroadcastState.held
        written_on = local_day(broadcast.written_at)
        tx.emit(BroadcastHeld(broadcast.id, broadcast.area_path, broadcast.author_id, written_on))
    elif states == {CheckState.passed}:
        _send(tx, broadcast)


def _send(tx: Tx, broadcast: Broadcast) -> None:
    limits: BroadcastLimits = tx.runtime.presets["broadcast"]
    meant = persons_in(broadcast.area_path, Audience(broadcast.audience), now=tx.now, adult_age=limits.adult_age)
    people = [one for one in tx.db.scalars(meant) if one != broadcast.author_id]
    if people:
        rows = [{"broadcast_id": broadcast.id, "person_id": one} for one in people]
        tx.db.execute(insert(Recipient).on_conflict_do_nothing(), rows)
    queue_many(tx, _notices(tx, broadcast, people, key=rules.broadcast_key(broadcast.id)))
    broadcast.state, broadcast.sent_at, broadcast.told_count = BroadcastState.sent, tx.now, len(people)
    tx.emit(BroadcastSent(broadcast.id, broadcast.area_path, broadcast.audience, len(people)))


def remind_unread(tx: Tx, broadcast_id: UUID) -> int:
    """Tell those who have not read once more, once a day; how many there were."""
    broadcast = _reached(tx, broadcast_id)
    if broadcast.state != BroadcastState.sent:
        raise NotSentYet
    today = local_day(tx.now)
    if not rules.may_remind(broadcast.reminded_on, today):
        raise RemindedToday
    unread = select(Recipient.person_id).where(Recipient.broadcast_id == broadcast_id, Recipient.read_at.is_(None))
    people = tx.db.scalars(unread.order_by(Recipient.person_id)).all()
    key = rules.broadcast_key(broadcast_id, today)
    queue_many(tx, _notices(tx, broadcast, people, key=key, template="broadcast_again"))
    broadcast.reminded_on = today
    tx.emit(UnreadReminded(broadcast.id, broadcast.area_path, len(people)))
    return len(people)


def _reached(tx: Tx, broadcast_id: UUID) -> Broadcast:
    found = scoped(tx.actor, "notices.broadcast", Broadcast).where(Broadcast.id == broadcast_id).with_for_update()
    broadcast: Broadcast | None = tx.db.scalars(found).one_or_none()
    if broadcast is None:
        raise BroadcastNotFound
    return broadcast


def _notices(
    tx: Tx, broadcast: Broadcast, people: Iterable[UUID], *, key: str, template: str = "broadcast"
) -> Iterable[Notice]:
    values = {
        "place": areas.place_name(tx.db, broadcast.area_path),
        "who": areas.name_of(tx.db, tx.vault, broadcast.author_id),
        "words": broadcast.words,
    }
    urgency = str(Urgency.alarm if broadcast.is_urgent else Urgency.normal)
    page = f"pages/told/index?id={broadcast.id}"
    return [Notice(one, template, values, key, page, urgency) for one in people]
