"""What an operator asks: does anything wait too long, what died, which lanes rest, whom would an alarm reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domains.areas.models import Household, Person
from app.domains.identity.models import Account
from app.domains.notices.models import Credit, Heartbeat, Lane, Message, Try
from app.domains.notices.rules import MessageState
from app.kernel.access import below, unscoped
from app.kernel.runtime import HAS_SMS

SCHEDULER = "scheduler"
_DEAD = (MessageState.failed, MessageState.unknown)


class DeadLetter(NamedTuple):
    """A message that did not arrive, or of which nobody knows; whom it concerns is looked up by its person."""

    message_id: UUID
    person_id: UUID
    template: str
    urgency: str
    state: str
    channel: str | None
    created_at: datetime
    ended_at: datetime | None
    last_code: str | None


class Reach(NamedTuple):
    """Of so many members, how many a message would reach now by some channel other than the inbox."""

    members: int
    reachable: int


def waiting_longer_than(db: Session, moment: datetime) -> int:
    """How many messages have been due since before this moment and still wait."""
    late = select(func.count()).where(Message.state == MessageState.waiting, Message.next_at < moment)
    return db.scalar(late) or 0


def dead_count(db: Session) -> int:
    """How many messages failed or are in doubt."""
    return db.scalar(select(func.count()).where(Message.state.in_(_DEAD))) or 0


def dead_letters(db: Session, *, after: tuple[datetime, UUID] | None = None, limit: int = 30) -> Sequence[DeadLetter]:
    """Messages that failed or are in doubt, the oldest first, a page after the given one."""
    last_code = (
        select(Try.code)
        .where(Try.message_id == Message.id)
        .order_by(Try.at.desc(), Try.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    dead = select(
        Message.id,
        Message.person_id,
        Message.template,
        Message.urgency,
        Message.state,
        Message.channel,
        Message.created_at,
        Message.ended_at,
        last_code,
    ).where(Message.state.in_(_DEAD))
    if after is not None:
        at, message_id = after
        dead = dead.where(or_(Message.ended_at > at, and_(Message.ended_at == at, Message.id > message_id)))
    return [DeadLetter(*row) for row in db.execute(dead.order_by(Message.ended_at, Message.id).limit(limit))]


def lanes_in_trouble(db: Session, now: datetime) -> Sequence[str]:
    """Channels and templates that rest now, or that need an operator until a message has gone through again.

    With the provider's reason: `wechat_subscribe (40164)`.
    """
    troubled = or_(Lane.needs_operator, Lane.rests_until > now)
    resting = select(Lane.channel, Lane.reason).where(Lane.rests_until.is_not(None), troubled)
    return [f"{channel} ({reason})" for channel, reason in db.execute(resting.order_by(Lane.channel))]


def last_heartbeat(db: Session, name: str = SCHEDULER) -> datetime | None:
    """When the scheduler (or another worker) last said that it lives."""
    return db.scalar(select(Heartbeat.at).where(Heartbeat.name == name))


@unscoped("counts only: whether an alarm would be heard")
def reachability(db: Session, area_path: str) -> Reach:
    """How many of the keepers of a place's households a message would reach now."""
    keepers = (
        select(Household.keeper_id)
        .where(below(Household.area_path, area_path), Household.state == "active", Household.keeper_id.is_not(None))
        .distinct()
        .subquery()
    )
    heard = func.count().filter(is_heard(db))
    counted = select(func.count(), heard).select_from(keepers).join(Person, Person.id == keepers.c.keeper_id)
    return Reach(*db.execute(counted).one())


@unscoped("asked by the machine itself, before it relies on these persons being told")
def reachable(db: Session, person_ids: Collection[UUID], *, template: str | None = None) -> frozenset[UUID]:
    """Which of these persons a message (of this template) would reach now by some channel other than the inbox."""
    found = select(Person.id).where(Person.id.in_(list(person_ids)), Person.state == "active", is_heard(db, template))
    return frozenset(db.scalars(found))


def is_heard(db: Session, template: str | None = None) -> ColumnElement[bool]:
    """Whether a person follows the official account, has allowed messages of the mini-program, or has a phone number.

    A number alone helps only a house that can send an SMS, and a yes to one template lets no other through: else an alarm
    would wait for somebody who never hears it.
    """
    allowed = exists().where(Credit.account_id == Account.id, or_(Credit.count > 0, Credit.is_long_term))
    if template is not None:
        allowed = allowed.where(Credit.template == template)
    on_wechat = exists().where(
        Account.person_id == Person.id,
        Account.state == "active",
        or_(Account.oa_openid_sealed.is_not(None), and_(Account.mp_openid_sealed.is_not(None), allowed)),
    )
    return or_(Person.phone_sealed.is_not(None), on_wechat) if db.info[HAS_SMS] else on_wechat
