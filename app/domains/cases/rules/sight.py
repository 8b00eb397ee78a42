"""Who sees what of a case: audiences become groups of fields; what is not named is not seen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from app.domains.cases.preset.model import CaseKind
from app.domains.cases.preset.words import AREA, SUPERVISOR, ZONE_OFFICE, fill
from app.domains.cases.rules import ACTIVE, Seat
from app.kernel.values import mask_name


class Sitting(NamedTuple):
    """One person in one place of a case."""

    party: str
    person_id: UUID
    state: Seat
    office: str


def is_mine(sitting: Sitting, person_id: UUID | None, stands_for: Collection[UUID]) -> bool:
    """Whether a place is the person's own, or that of an absent keeper for whom he stands in."""
    return sitting.person_id == person_id or (sitting.office == ZONE_OFFICE and sitting.person_id in stands_for)


def places_of(
    sittings: Collection[Sitting], person_id: UUID | None, stands_for: Collection[UUID] = ()
) -> frozenset[str]:
    """The places in which somebody is active; nobody who is kept out of a case has one."""
    if is_kept_out(sittings, person_id):
        return frozenset()
    return frozenset(s.party for s in sittings if s.state in ACTIVE and is_mine(s, person_id, stands_for))


def is_kept_out(sittings: Collection[Sitting], person_id: UUID | None) -> bool:
    """Whether somebody is complained of, so that the case does not exist for him."""
    return any(s.state is Seat.kept_out and s.person_id == person_id for s in sittings)


def groups_seen(eyes: Mapping[str, tuple[str, ...]], places: Collection[str], *, through_area: bool) -> frozenset[str]:
    """The groups of fields that somebody in these places may see."""
    audiences = [*places, *([AREA] if through_area else [])]
    return frozenset(group for audience in audiences for group in eyes.get(audience, ()))


def is_strict(sittings: Collection[Sitting], *, is_area_seen: bool) -> bool:
    """Whether names are guarded in this case: its category is strict, or somebody is complained of."""
    return not is_area_seen or any(s.state is Seat.kept_out for s in sittings)


def called(name: str, kind: CaseKind, party: str, *, strict: bool) -> str:
    """Whoever answers by his office answers by his whole name; villagers, and whoever was drawn to judge, are masked."""
    return name if not strict and _is_by_office(kind, party) else mask_name(name)


def _is_by_office(kind: CaseKind, party: str) -> bool:
    source = fill(kind.party[party].fill) if party in kind.party else None
    if source is None or source.way != "field":
        return party == SUPERVISOR or (source is not None and source.way == "route")
    return kind.form[source.form][source.field].type in {"unit", "units"}
