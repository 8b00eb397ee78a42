"""A cadre decides about lines that were held back because they look like somebody on file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import update

from app.domains.areas.actions.rolls import bring_in
from app.domains.areas.errors import BadFile, DuplicateNotFound
from app.domains.areas.models import Duplicate
from app.domains.areas.queries.rolls import households_on_file
from app.domains.areas.rules.plans import Plan, households_of
from app.domains.areas.rules.states import DuplicateState
from app.domains.audit import actions as audit
from app.kernel.access import scoped, unscoped
from app.kernel.transaction import Tx


def drop_duplicates(tx: Tx, duplicate_ids: Collection[UUID]) -> None:
    """These lines are the persons on file: nothing is to be taken in."""
    _decide(tx, _proposals(tx, duplicate_ids), DuplicateState.dropped)


def take_duplicates(tx: Tx, duplicate_ids: Collection[UUID]) -> int:
    """These lines are other people than those on file: take them in. How many persons were added."""
    rows = _proposals(tx, duplicate_ids)
    texts = [tx.vault.open(f"areas_duplicate.row:{row.id}", row.row_sealed) for row in rows]
    households = {household.key: household for household in households_of(texts)}
    known = households_on_file(tx.db, households)
    plan = Plan()
    for key, household in households.items():
        if key in known:
            plan.joining += [(known[key], household.path, person) for person in household.persons]
        elif household.head is not None:
            plan.new_households.append(household)
        else:
            raise BadFile("有一户的户主还没有定下来：请把户主和家人一起选上。")
    bring_in(tx, plan, batch_id=rows[0].batch_id)
    _decide(tx, rows, DuplicateState.taken)
    return plan.new_persons


def _proposals(tx: Tx, duplicate_ids: Collection[UUID]) -> Sequence[Duplicate]:
    """The undecided proposals with these ids, all of them, of one import."""
    wanted = set(duplicate_ids)
    found = scoped(tx.actor, "households.write", Duplicate).where(
        Duplicate.id.in_(wanted), Duplicate.state == DuplicateState.proposed
    )
    rows = tx.db.scalars(found.order_by(Duplicate.id).with_for_update()).all()
    if not rows or len(rows) < len(wanted) or len({row.batch_id for row in rows}) > 1:
        raise DuplicateNotFound
    return rows


@unscoped("the rows were reached and locked just before")
def _decide(tx: Tx, rows: Sequence[Duplicate], state: DuplicateState) -> None:
    ids = [row.id for row in rows]
    decided = {"state": state.value, "decided_at": tx.now, "decided_by": tx.actor.person_id}
    tx.db.execute(update(Duplicate).where(Duplicate.id.in_(ids)).values(**decided))
    audit.record(
        tx,
        action=f"duplicates.{state}",
        subject="batch",
        subject_id=rows[0].batch_id,
        area_path=rows[0].area_path,
        detail={"count": len(ids)},
    )
