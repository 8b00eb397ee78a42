"""Which offices that a case may come to are empty, or held only by people whom no message reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.preset.words import ZONE_OFFICE, office
from app.domains.cases.queries.seats import Asking, Place, step_at
from app.domains.cases.rules.ladder import Why


class Vacancy(NamedTuple):
    """An office of a place that cannot answer, and why."""

    area_path: str
    place: str
    role: str
    why: Why


def offices_of(kinds: Iterable[CaseKind]) -> Sequence[str]:
    """Every office that a case of these kinds may be sent to by itself."""
    kinds = list(kinds)
    routes = [said for kind in kinds for category in kind.category.values() for said in category.route]
    rungs = [rung.who for kind in kinds for rung in kind.ladder]
    return [said for said in dict.fromkeys([*routes, *rungs]) if said != ZONE_OFFICE]


def vacancies(db: Session, kinds: Iterable[CaseKind], *, path: str, now: datetime) -> Iterator[Vacancy]:
    """Empty and unreachable offices at and below a place, in the order of the places."""
    seats = [(said, found) for said in offices_of(kinds) if (found := office(said)) is not None]
    for place in areas.areas_below(db, path):
        for said, seat in seats:
            if seat.level != place.level:
                continue
            step = step_at(db, said, Asking(Place(place.path, UUID(int=0)), now))
            if not step.able:
                yield Vacancy(place.path, areas.short_name(place.name), seat.role, step.why_not)
