"""Two cases that are one: the other goes on, with everybody who raised either, and all of them are told."""

from __future__ import annotations

from uuid import UUID

from app.domains.cases.actions.matter import Matter, load_matter
from app.domains.cases.errors import NotTheSame
from app.domains.cases.events import CaseJoined
from app.domains.cases.queries.near import is_near
from app.domains.cases.rules import Happened, Seat


def join(matter: Matter, into: UUID) -> None:
    """Merge a case into another that is near, of its category and open; its reporters go along.

    Two that are merged into each other at once would wait for each other: the database ends one of them, which is told to look again.
    """
    other = load_matter(matter.tx, into) if into != matter.case.id else None
    if other is None or _tells_on(matter, other) or not is_near(matter.case, other.case, matter.kind):
        raise NotTheSame(field="form.into")
    opener = next(name for name, party in matter.kind.party.items() if party.fill == "opener")
    raised = matter.persons(opener)
    matter.case.merged_into = other.case.id
    entry_id = other.write(Happened.joined, detail={"number": matter.case.number})
    for party in (name for name in matter.kind.party if name in matter.kind.close.word_of):
        other.seat(party, matter.persons(party, {Seat.holds}), Seat.holds)
    other.entry_id = entry_id
    other.tell("merged", {*raised, *other.persons(opener)})
    matter.tx.emit(CaseJoined(other.about(), tuple(other.tellings), other_id=matter.case.id))


def _tells_on(matter: Matter, other: Matter) -> bool:
    """Whether merging would put a complaint before the one complained of, who may be merging himself: they must be the same in both."""
    return _kept_out(matter) != _kept_out(other)


def _kept_out(matter: Matter) -> set[UUID]:
    return {party.person_id for party in matter.parties if party.state == Seat.kept_out}
