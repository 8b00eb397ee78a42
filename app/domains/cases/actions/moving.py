"""Somebody, or the clock, makes a move: it is his turn, its conditions are met, the case goes into its next stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.areas.errors import PersonNotFound
from app.domains.cases.actions import timers
from app.domains.cases.actions.effects import Doing, carry_out, check_needs
from app.domains.cases.actions.matter import Matter, matter_of
from app.domains.cases.errors import (
    CaseNotFound,
    MovedOn,
    NoSuchMove,
    NotYourMove,
    OwnHand,
    OwnWord,
    TakenByOther,
    WrongForm,
)
from app.domains.cases.events import CaseMoved
from app.domains.cases.preset.model import Move
from app.domains.cases.preset.words import CLOCK, SAME, word
from app.domains.cases.rules import LIVE, TASK, Happened, Seat
from app.domains.cases.rules.forms import EMPTY, Filled, filled
from app.domains.cases.rules.sight import called, is_mine, is_strict, places_of
from app.domains.media import queries as media
from app.kernel.errors import Forbidden
from app.kernel.transaction import Tx


@dataclass(frozen=True, slots=True)
class Step:
    """A move as somebody makes it; the id is the client's."""

    id: UUID
    move: str
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Moved(NamedTuple):
    """What whoever moved is told."""

    case_id: UUID
    stage: str
    outcome: str | None


def move_case(tx: Tx, case_id: UUID, step: Step) -> Moved:
    """Make a move in a case in which one has a place; the first of two at once wins, the other is told who it was."""
    if tx.actor.person_id is None:
        raise Forbidden
    if tx.actor.through_id is not None:
        raise OwnHand
    matter = matter_of(tx, case_id)
    mine = places_in(matter)
    move = matter.kind.move.get(step.move)
    if move is None:
        raise NoSuchMove(field="move")
    if matter.case.stage not in move.from_:
        raise _moved_on(matter)
    party = _turn(matter, move, mine)
    _not_own_word(matter, move)
    form = _form(matter, move, step.form)
    doing = Doing(step.move, move, form, party, tx.actor.person_id)
    check_needs(matter, doing)
    _take(matter, doing)
    make(matter, doing, entry_id=step.id)
    return Moved(case_id, matter.case.stage, matter.case.outcome)


def make(matter: Matter, doing: Doing, *, entry_id: UUID | None = None) -> None:
    """Do a move that may be done: the timeline, the effects, the stage, the clocks, and whoever is to be told."""
    case, move, tx = matter.case, doing.move, matter.tx
    stays = move.to == SAME or _only_leaves(matter, doing)
    to_stage = case.stage if stays else move.to
    matter.entry_id = None
    matter.write(
        Happened.left if stays and move.to != SAME else Happened.moved,
        entry_id=entry_id,
        move=doing.name,
        to_stage=to_stage,
        by_party=doing.party,
        by_person_id=doing.person_id,
        detail=_consents(move),
    )
    matter.keep_form(move.form or "", doing.form, entry_id=matter.entry_id or tx.new_id())
    matter.facts |= {"move": move.name}
    _enter(matter, to_stage, is_same=stays)
    carry_out(matter, doing)
    _follow(matter, doing, is_same=stays)
    _tell_whoever_is_next(matter, is_same=stays)
    tx.emit(CaseMoved(matter.about(), tuple(matter.tellings), doing.name, case.stage, case.outcome))


def _consents(move: Move) -> dict[str, str]:
    """Whose consent a move puts on record."""
    given = [one.about for one in map(word, move.does) if one.verb == "consent"]
    return {"consent": given[0]} if given else {}


def _enter(matter: Matter, stage: str, *, is_same: bool) -> None:
    if is_same:
        return
    case = matter.case
    case.stage, case.stage_since = stage, matter.tx.now
    case.outcome = matter.kind.stage[stage].outcome
    case.closed_at = matter.tx.now if case.outcome else None


def _follow(matter: Matter, doing: Doing, *, is_same: bool) -> None:
    if score := doing.form.values.get("score"):
        matter.case.rating = str(score)
    for name, task in matter.kind.task.items():
        timer = matter.timers.get(TASK + name)
        if doing.name in task.done_by and timer is not None and timer.state in LIVE:
            timers.end(matter, TASK + name)
    if not is_same:
        restart = [w.about for w in map(word, doing.move.does) if w.verb == "restart"]
        timers.follow(matter, restart=restart)


def _only_leaves(matter: Matter, doing: Doing) -> bool:
    """One of several who raised it does not need it any more: the case goes on for the others."""
    target = matter.kind.stage.get(doing.move.to)
    if target is None or target.outcome != "withdrawn" or doing.person_id is None:
        return False
    if matter.kind.party[doing.party].fill != "opener" or len(matter.persons(doing.party)) == 1:
        return False
    others = [p for p in matter.persons(doing.party) if p != doing.person_id]
    matter.release(doing.party, but=others)
    return True


def _tell_whoever_is_next(matter: Matter, *, is_same: bool) -> None:
    """Who is waited on now, unless he was told already with the move; at the end everybody who had a part in it."""
    if is_same:
        return
    told = {telling.person_id for telling in matter.tellings}
    kind, case = matter.kind, matter.case
    if case.outcome is not None:
        everybody = [p.person_id for p in matter.parties if p.state == Seat.holds and p.party in kind.party]
        matter.tell("closed", [p for p in everybody if p not in told])
        return
    waits_on = kind.stage[case.stage].waits_on or ""
    if waits_on in kind.close.word_of and not kind.party[waits_on].fill.startswith("draw:"):
        persons = [p for party in kind.close.word_of for p in matter.persons(party)]
        matter.tell("word", [p for p in persons if p not in told])
        return
    matter.tell("remind", [p for p in matter.persons(waits_on) if p not in told])


def places_in(matter: Matter) -> frozenset[str]:
    """The places that whoever acts has in the case; without any, now or once, the case does not exist for him."""
    actor = matter.tx.actor
    places = places_of(matter.sittings, actor.person_id, actor.stands_for)
    was_asked = any(s.state is Seat.released and is_mine(s, actor.person_id, actor.stands_for) for s in matter.sittings)
    if not places and not was_asked:
        raise CaseNotFound
    return places


def _turn(matter: Matter, move: Move, mine: frozenset[str]) -> str:
    """In which of his places somebody makes a move; a place that another took first is not his any more."""
    party = next((party for party in move.by if party in mine), None)
    if party is None:
        if any(matter.persons(by, {Seat.holds}) for by in move.by if by in matter.kind.party):
            raise _taken(matter, move.by)
        raise NotYourMove
    return party


def _not_own_word(matter: Matter, move: Move) -> None:
    """Nobody says of his own work, or of that of the one he stands in for, that it is solved."""
    target, actor = matter.kind.stage.get(move.to), matter.tx.actor
    if target is None or target.outcome != "solved":
        return
    worked = (s for s in matter.sittings if s.party not in matter.kind.close.word_of)
    if any(is_mine(s, actor.person_id, actor.stands_for) for s in worked):
        raise OwnWord


def _take(matter: Matter, doing: Doing) -> None:
    """The first of those who were asked takes the place; the others hear who has it."""
    mine = [
        p
        for p in matter.parties
        if p.party == doing.party and p.state == Seat.asked and p.person_id in {doing.person_id, *_stood_for(matter)}
    ]
    if not mine or doing.person_id is None:
        return
    office = mine[0].office
    for one in mine:
        one.state = Seat.released
    others = matter.release(doing.party)
    matter.seat(doing.party, [doing.person_id], Seat.holds, office=office)
    matter.entry_id = matter.tx.new_id()
    matter.tell("taken", others, who=_name(matter, doing.party, doing.person_id))


def _stood_for(matter: Matter) -> tuple[UUID, ...]:
    return matter.tx.actor.stands_for


def _form(matter: Matter, move: Move, given: Mapping[str, Any]) -> Filled:
    fields = matter.kind.form[move.form] if move.form else {}
    form = filled(fields, given)
    for name, one in fields.items():
        if (
            one.type == "person"
            and name in form.values
            and areas.person_facts(matter.tx.db, UUID(form.values[name])) is None
        ):
            raise PersonNotFound(field=f"form.{name}")
        if one.type == "photos" and one.required and not _has_come(matter, form.values[name]):
            raise WrongForm(f"“{one.name}”还没有传到，等传完了再送一次；传不上去就重新拍一张。", field=f"form.{name}")
    return form


def _has_come(matter: Matter, file_ids: Collection[str]) -> bool:
    return media.has_come(matter.tx.db, matter.tx.actor.person_id, [UUID(one) for one in file_ids])


def _moved_on(matter: Matter) -> MovedOn | TakenByOther:
    waits_on = matter.kind.stage[matter.case.stage].waits_on
    actor = matter.tx.actor
    was_asked = any(s.state is Seat.released and is_mine(s, actor.person_id, actor.stands_for) for s in matter.sittings)
    name = matter.kind.stage[matter.case.stage].name
    if was_asked and waits_on and (who := _holder(matter, (waits_on,))):
        return TakenByOther(f"这件事{who}已经在办，现在是“{name}”。请刷新看一眼。")
    return MovedOn(f"这件事现在是“{name}”，请刷新看一眼。")


def _taken(matter: Matter, parties: tuple[str, ...]) -> TakenByOther:
    who = _holder(matter, parties)
    return TakenByOther(f"这件事{who}已经接了，您不用再管。" if who else "")


def _holder(matter: Matter, parties: tuple[str, ...]) -> str:
    """Who has a place, for those who were asked as well; never the name of who raised the matter."""
    for party in parties:
        if party in matter.kind.party and any(p.party == party and p.office for p in matter.parties):
            for person_id in matter.persons(party, {Seat.holds}):
                return _name(matter, party, person_id)
    return ""


def _name(matter: Matter, party: str, person_id: UUID) -> str:
    strict = is_strict(matter.sittings, is_area_seen=matter.case.is_area_seen)
    return called(areas.name_of(matter.tx.db, matter.tx.vault, person_id), matter.kind, party, strict=strict)


def made_by_clock(matter: Matter, name: str) -> Doing:
    """A move that the clock makes."""
    return Doing(name, matter.kind.move[name], EMPTY, CLOCK, None)
