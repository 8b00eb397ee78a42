"""Who is drawn: by lot among an office, without those who are too near to the case."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID


class Candidate(NamedTuple):
    """Somebody who may be drawn: his own household, and the keeper in whose zone it lies."""

    person_id: UUID
    household_id: UUID | None = None
    keeper_id: UUID | None = None


class Near(NamedTuple):
    """Who is too near: persons, their households (kin), and the keepers whose zone is concerned."""

    person_ids: frozenset[UUID]
    household_ids: frozenset[UUID]
    keeper_ids: frozenset[UUID]


def drawn(candidates: Collection[Candidate], near: Near, *, seed: UUID) -> UUID | None:
    """The one on whom the lot falls; the same seed and people give the same one, and nobody can choose the seed."""
    fit = [candidate for candidate in candidates if not is_near(candidate, near)]
    return min((candidate.person_id for candidate in fit), key=lambda person: _lot(seed, person), default=None)


def is_near(candidate: Candidate, near: Near) -> bool:
    """Whether somebody took part, is of a household that did, or is of the zone or keeps it."""
    return (
        candidate.person_id in near.person_ids
        or candidate.person_id in near.keeper_ids
        or (candidate.household_id is not None and candidate.household_id in near.household_ids)
        or (candidate.keeper_id is not None and candidate.keeper_id in near.keeper_ids)
    )


def _lot(seed: UUID, person: UUID) -> bytes:
    return hashlib.sha256(seed.bytes + person.bytes).digest()
