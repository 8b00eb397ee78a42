"""A villager asks whoever is waited on to hurry: one message, one line in the timeline, at most so often as the kind allows."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from app.domains.cases.actions.matter import Matter, matter_of, says_when
from app.domains.cases.actions.moving import places_in
from app.domains.cases.errors import NothingToUrge, NotYourMove, UrgedLately
from app.domains.cases.events import CaseUrged
from app.domains.cases.preset.words import URGED
from app.domains.cases.queries.timeline import urged_at
from app.domains.cases.rules import Happened
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx


def urge_case(tx: Tx, case_id: UUID, *, urge_id: UUID) -> datetime:
    """Ask whoever is waited on to hurry; answers from when on one may again."""
    if tx.actor.person_id is None:
        raise Forbidden
    matter = matter_of(tx, case_id)
    urge = matter.kind.urge
    party = next((one for one in urge.by if one in places_in(matter)), None) if urge else None
    if urge is None or party is None:
        raise NotYourMove
    persons = _waited_on(matter)
    pause = timedelta(hours=urge.hours)
    last = urged_at(tx.db, case_id)
    if last is not None and tx.now < last + pause:
        raise UrgedLately(f"刚催过了，{says_when(last + pause).removesuffix('前')}以后还能再催。着急就打电话。")
    matter.write(Happened.urged, entry_id=urge_id, by_party=party, by_person_id=tx.actor.person_id)
    matter.tell(URGED, persons)
    tx.emit(CaseUrged(matter.about(), tuple(matter.tellings)))
    return tx.now + pause


def _waited_on(matter: Matter) -> list[UUID]:
    """Who could hurry now; nobody when the case has ended or waits for the word of those whose matter it is."""
    waits_on = matter.kind.stage[matter.case.stage].waits_on
    if waits_on is None or waits_on in matter.kind.close.word_of:
        raise NothingToUrge
    return matter.persons(waits_on)
