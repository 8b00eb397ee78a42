"""Who stands behind a word such as clerk@village at an appraisal's place, without those whose own house it is."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from app.domains.appraisals.models import Appraisal
from app.domains.areas import queries as areas
from app.domains.identity import queries as identity
from app.kernel.transaction import Tx


def place_of(path: str, level: str) -> str:
    """The path of the level that an office names, seen from a village."""
    town = areas.parent_of(path) or path
    return {"village": path, "town": town, "county": areas.parent_of(town) or town}[level]


def officers(tx: Tx, office: str, appraisal: Appraisal) -> dict[UUID, UUID | None]:
    """Who fills an office for this appraisal, with the household of each; its own household is left out."""
    role, _, level = office.partition("@")
    found = identity.holders(tx.db, role, path=place_of(appraisal.area_path, level), now=tx.now)
    facts = [areas.person_facts(tx.db, person) for person in found]
    return {
        each.person_id: each.household_id
        for each in facts
        if each is not None and each.household_id != appraisal.household_id
    }


def all_officers(tx: Tx, offices: Iterable[str], appraisal: Appraisal) -> tuple[UUID, ...]:
    """Everybody in these offices, each once."""
    return tuple(dict.fromkeys(person for office in offices for person in officers(tx, office, appraisal)))
