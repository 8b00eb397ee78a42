"""A broadcast goes out in rounds of so many people, each a transaction of its own: a whole town at once would keep others waiting.

The last person of a round is kept with it, so whoever dies in the middle of a round has told nobody of it, and the next goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert

from app.domains.areas import queries as areas
from app.domains.areas.models import Person
from app.domains.notices import rules
from app.domains.notices.actions.queueing import Notice, queue_many
from app.domains.notices.events import BroadcastSent
from app.domains.notices.models import Broadcast, Recipient
from app.domains.notices.preset import BroadcastLimits
from app.domains.notices.queries.audiences import persons_in
from app.domains.notices.rules import Audience, BroadcastState, Urgency
from app.kernel.access import unscoped
from app.kernel.transaction import Tx
from app.kernel.values import local_day

_NOBODY_YET = UUID(int=0)


def begin_telling(tx: Tx, broadcast: Broadcast) -> None:
    """The words may go out: the first round is told with this, the others follow by themselves."""
    broadcast.state, broadcast.sent_at, broadcast.waits_since = BroadcastState.sent, tx.now, None
    _begin(tx, broadcast)


def begin_reminding(tx: Tx, broadcast: Broadcast) -> int:
    """Those who have not read are told once more, in rounds too; how many there are."""
    unread = select(func.count()).select_from(Recipient)
    count = tx.db.scalar(unread.where(Recipient.broadcast_id == broadcast.id, Recipient.read_at.is_(None)))
    broadcast.reminded_on = local_day(tx.now)
    _begin(tx, broadcast)
    return count or 0


@unscoped("called by the clock: the machine itself goes on with what was begun")
def tell_on(tx: Tx, broadcast_id: UUID) -> int:
    """One round more of a broadcast that is being told; how many people it was, 0 when another tells it or nobody is left."""
    open_one = select(Broadcast).where(Broadcast.id == broadcast_id, Broadcast.told_up_to.is_not(None))
    broadcast = tx.db.scalars(open_one.with_for_update(skip_locked=True)).one_or_none()
    return _tell_round(tx, broadcast) if broadcast else 0


def _begin(tx: Tx, broadcast: Broadcast) -> None:
    broadcast.told_up_to = _NOBODY_YET
    _tell_round(tx, broadcast)


def _tell_round(tx: Tx, broadcast: Broadcast) -> int:
    limits: BroadcastLimits = tx.runtime.presets["broadcast"]
    is_first = broadcast.reminded_on is None
    left = _meant(tx, broadcast, limits) if is_first else _unread(broadcast)
    people = tx.db.scalars(left.limit(limits.people_a_round)).all()
    if is_first:
        _keep_recipients(tx, broadcast, people)
    queue_many(tx, _notices(tx, broadcast, people))
    broadcast.told_up_to = people[-1] if len(people) == limits.people_a_round else None
    if is_first and broadcast.told_up_to is None:
        tx.emit(BroadcastSent(broadcast.id, broadcast.area_path, broadcast.audience, broadcast.told_count))
    return len(people)


@unscoped("ids only: the machine tells these persons")
def _meant(tx: Tx, broadcast: Broadcast, limits: BroadcastLimits) -> Select[UUID]:
    meant = persons_in(broadcast.area_path, Audience(broadcast.audience), now=tx.now, adult_age=limits.adult_age)
    return meant.where(Person.id > broadcast.told_up_to, Person.id != broadcast.author_id)


def _unread(broadcast: Broadcast) -> Select[UUID]:
    unread = select(Recipient.person_id).where(Recipient.broadcast_id == broadcast.id, Recipient.read_at.is_(None))
    return unread.where(Recipient.person_id > broadcast.told_up_to).order_by(Recipient.person_id)


def _keep_recipients(tx: Tx, broadcast: Broadcast, people: Sequence[UUID]) -> None:
    if people:
        rows = [{"broadcast_id": broadcast.id, "person_id": one} for one in people]
        tx.db.execute(insert(Recipient).on_conflict_do_nothing(), rows)
    broadcast.told_count += len(people)


def _notices(tx: Tx, broadcast: Broadcast, people: Iterable[UUID]) -> Iterable[Notice]:
    """Under a key for the telling, and one for the reminder of a day: each person is told once by each."""
    values = {
        "place": areas.place_name(tx.db, broadcast.area_path),
        "who": areas.name_of(tx.db, tx.vault, broadcast.author_id),
        "words": broadcast.words,
    }
    template = "broadcast" if broadcast.reminded_on is None else "broadcast_again"
    key = rules.broadcast_key(broadcast.id, broadcast.reminded_on)
    urgency = str(Urgency.alarm if broadcast.is_urgent else Urgency.normal)
    page = f"pages/told/index?id={broadcast.id}"
    return [Notice(one, template, values, key, page, urgency) for one in people]
