"""Questions about broadcasts: those of one's area with how many have read, who has not, and one as it was told to me."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.areas.models import Household, Person
from app.domains.notices.models import Broadcast, Message, Recipient
from app.domains.notices.queries.operation import is_heard
from app.domains.notices.rules import BROADCAST_SUBJECT, BroadcastState
from app.kernel.access import Actor, scoped, unscoped
from app.kernel.crypto import Vault

_MAY_WRITE = "notices.broadcast"


@dataclass(frozen=True, slots=True)
class Broadcasted:
    """A broadcast as those see it who may write to its place."""

    id: UUID
    place: str
    audience: str
    words: str = field(repr=False)
    is_urgent: bool
    state: str
    author: str = field(repr=False)
    written_at: datetime
    sent_at: datetime | None
    told_count: int
    read_count: int
    reminded_on: date | None
    is_mine: bool
    is_telling: bool
    refused_reason: str | None


@dataclass(frozen=True, slots=True)
class Unheard:
    """Somebody who was told and has not read it, how the message went, and whether anything would reach him now."""

    person_id: UUID
    name: str = field(repr=False)
    area_path: str
    group_name: str
    number: str
    household_id: UUID | None
    is_reachable: bool
    channel: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A broadcast as somebody was told it."""

    id: UUID
    place: str
    author: str = field(repr=False)
    words: str = field(repr=False)
    is_urgent: bool
    sent_at: datetime | None
    read_at: datetime | None


def broadcasts_of(
    db: Session, vault: Vault, *, actor: Actor, after: tuple[datetime, UUID] | None = None, limit: int = 30
) -> Sequence[Broadcasted]:
    """The broadcasts of one's area, the newest first, a page after the given one."""
    found = scoped(actor, _MAY_WRITE, Broadcast, Broadcast, _read_count())
    if after is not None:
        found = found.where(tuple_(Broadcast.written_at, Broadcast.id) < after)
    rows = db.execute(found.order_by(Broadcast.written_at.desc(), Broadcast.id.desc()).limit(limit))
    return _broadcasted(db, vault, rows.all(), actor=actor)


def broadcast_for(db: Session, vault: Vault, *, actor: Actor, broadcast_id: UUID) -> Broadcasted | None:
    """One broadcast of one's area; None when there is none."""
    found = scoped(actor, _MAY_WRITE, Broadcast, Broadcast, _read_count()).where(Broadcast.id == broadcast_id)
    return next(iter(_broadcasted(db, vault, db.execute(found).all(), actor=actor)), None)


def unread_of(
    db: Session,
    vault: Vault,
    *,
    actor: Actor,
    broadcast_id: UUID,
    after: UUID | None = None,
    limit: int = 30,
) -> Sequence[Unheard]:
    """Who was told and has not read it, a page after the given person."""
    reached = scoped(actor, _MAY_WRITE, Broadcast, Broadcast.id).where(Broadcast.id == broadcast_id)
    unread = _unread(db, str(broadcast_id)).where(Recipient.broadcast_id.in_(reached))
    if after is not None:
        unread = unread.where(Recipient.person_id > after)
    rows = db.execute(unread.order_by(Recipient.person_id).limit(limit)).all()
    names = areas.names_of(db, vault, {row[0] for row in rows})
    return [Unheard(row[0], names[row[0]], *row[1:]) for row in rows]


@unscoped("one's own: by who was told")
def told_of(db: Session, vault: Vault, *, person_id: UUID, broadcast_id: UUID) -> Told | None:
    """A broadcast for somebody who was told; None when he was not."""
    mine = (
        select(Broadcast, Recipient.read_at)
        .join(Recipient, Recipient.broadcast_id == Broadcast.id)
        .where(Broadcast.id == broadcast_id, Recipient.person_id == person_id, Broadcast.state == BroadcastState.sent)
    )
    row = db.execute(mine).first()
    if row is None:
        return None
    one, read_at = row
    place, author = areas.place_name(db, one.area_path), areas.name_of(db, vault, one.author_id)
    return Told(one.id, place, author, one.words, one.is_urgent, one.sent_at, read_at)


def _read_count() -> Any:
    read = select(func.count()).where(Recipient.broadcast_id == Broadcast.id, Recipient.read_at.is_not(None))
    return read.scalar_subquery()


@unscoped("the columns only; the question that uses them has reached the broadcast")
def _unread(db: Session, broadcast_id: str) -> Select[UUID, str, str, str, UUID | None, bool, str | None]:
    """How each unread message went is read off the first one, as long as it is kept."""
    first = and_(Message.key == f"{BROADCAST_SUBJECT}{broadcast_id}", Message.person_id == Recipient.person_id)
    columns = (Person.area_path, Household.group_name, Household.number, Person.household_id)
    return (
        select(Recipient.person_id, *columns, is_heard(db), Message.channel)
        .join(Person, Person.id == Recipient.person_id)
        .outerjoin(Household, Household.id == Person.household_id)
        .outerjoin(Message, first)
        .where(Recipient.read_at.is_(None))
    )


@unscoped("which are being told, for the clock that goes on with them")
def being_told(db: Session) -> Sequence[UUID]:
    """The broadcasts that have people left to be told; what is urgent first, then what was written first."""
    left = select(Broadcast.id).where(Broadcast.told_up_to.is_not(None))
    return db.scalars(left.order_by(Broadcast.is_urgent.desc(), Broadcast.written_at, Broadcast.id)).all()


def _broadcasted(db: Session, vault: Vault, rows: Sequence[Any], *, actor: Actor) -> Sequence[Broadcasted]:
    names = areas.names_of(db, vault, {one.author_id for one, _ in rows})
    places = areas.place_names(db, {one.area_path for one, _ in rows})
    return [
        Broadcasted(
            one.id,
            places.get(one.area_path, ""),
            one.audience,
            one.words,
            one.is_urgent,
            one.state,
            names.get(one.author_id, ""),
            one.written_at,
            one.sent_at,
            one.told_count,
            read_count,
            one.reminded_on,
            one.author_id == actor.person_id,
            one.told_up_to is not None,
            one.refused_reason,
        )
        for one, read_count in rows
    ]
