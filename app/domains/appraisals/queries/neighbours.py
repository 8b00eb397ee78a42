"""Whom somebody may nominate: people of his own village whom he can call by their whole name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.domains.appraisals import rules
from app.domains.areas import queries as areas
from app.kernel.access import Actor
from app.kernel.crypto import Vault
from app.kernel.values import local_day


class Neighbour(NamedTuple):
    """Somebody of the village, without anything personal: who asks has said the name himself."""

    person_id: UUID
    household_id: UUID
    group_name: str


def neighbours_named(db: Session, vault: Vault, actor: Actor, *, name: str, now: datetime) -> Sequence[Neighbour]:
    """Those of the actor's village with exactly this name; never minors, never his own household."""
    today, found = local_day(now), []
    for path in dict.fromkeys(map(areas.village_of, actor.paths("appraisals.nominate"))):
        for person in areas.people_named(db, vault, path, name=name):
            home = areas.household_facts(db, person.household_id) if person.household_id else None
            is_other = home is not None and home.household_id != actor.household_id
            if home and is_other and not rules.is_minor(person.birth_year, today):
                found.append(Neighbour(person.person_id, home.household_id, home.group_name))
    return found
