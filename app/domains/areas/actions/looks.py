"""Somebody opens what is on file about a household that is not his own: those who live there can see that he did."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.domains.areas.models import Household, Person
from app.domains.areas.rules.states import State
from app.domains.audit import actions as audit
from app.kernel.access import reach, unscoped
from app.kernel.transaction import Tx


@unscoped("only ids, of a household that the actor may read")
def note_look(tx: Tx, household_id: UUID) -> None:
    """Keep who has opened a household, once a day however often he looks; nobody is told that he looked at his own."""
    if tx.actor.household_id == household_id:
        return
    living = select(Person.id, Household.area_path).join(Household, Household.id == Person.household_id)
    seen = living.where(
        Household.id == household_id, Person.state == State.active, reach(tx.actor, "households.read", Household)
    )
    paths = {row.id: row.area_path for row in tx.db.execute(seen)}
    audit.record_once_a_day(tx, action="households.opened", subject="household", subject_id=household_id, about=paths)
