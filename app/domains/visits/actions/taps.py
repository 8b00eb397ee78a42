"""The villager's own word on a visit: one tap that says yes, they were here, or no."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, cast, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from app.domains.areas.models import Household
from app.domains.visits.errors import VisitNotFound
from app.domains.visits.events import VisitTapped
from app.domains.visits.models import Tap, Visit
from app.kernel.access import reach
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx


def tap_visit(tx: Tx, visit_id: UUID, *, says_yes: bool, made_at: datetime) -> Visit:
    """Keep the household's word on a visit; when two taps differ, the one made last counts, in whatever order they came."""
    if tx.actor.person_id is None:
        raise Forbidden
    mine = reach(tx.actor, "visits.confirm", Household)
    visit = tx.db.scalars(
        select(Visit).join(Household, Household.id == Visit.household_id).where(Visit.id == visit_id, mine)
    ).one_or_none()
    if visit is None:
        raise VisitNotFound
    said = insert(Tap).values(
        visit_id=visit_id, person_id=tx.actor.person_id, says_yes=says_yes, at=min(made_at, tx.now)
    )
    new = said.excluded
    is_later = tuple_(new.at, cast(new.says_yes, Integer)) > tuple_(Tap.at, cast(Tap.says_yes, Integer))
    tx.db.execute(
        said.on_conflict_do_update(
            index_elements=["visit_id"],
            set_={"person_id": new.person_id, "says_yes": new.says_yes, "at": new.at},
            where=is_later,
        )
    )
    tx.emit(VisitTapped(visit_id, visit.household_id, visit.area_path, says_yes))
    return visit
