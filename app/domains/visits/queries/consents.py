"""Whether a household lets its pictures be seen: the newest word of each of its people, where one no is a no."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.domains.areas.models import Person
from app.domains.identity.models import Account, Consent
from app.domains.visits.rules import PICTURES
from app.kernel.access import unscoped


@unscoped("asked for a household that the visitor has just been to")
def refuses_pictures(db: Session, household_id: UUID) -> bool:
    """Whether anybody of a household has said no, on his own phone, to its pictures being seen."""
    newest = (
        select(Consent.is_given)
        .join(Account, Account.id == Consent.account_id)
        .join(Person, Person.id == Account.person_id)
        .where(Person.household_id == household_id, Consent.purpose == PICTURES)
        .ext(distinct_on(Account.person_id))
        .order_by(Account.person_id, Consent.at.desc(), Consent.id.desc())
    )
    return False in db.scalars(newest).all()
