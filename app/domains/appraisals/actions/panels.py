"""Panels: drawn by a recorded seed without the household's own, replaced when somebody does not vote, and full or silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.domains.appraisals import rules
from app.domains.appraisals.actions.offices import all_officers, officers
from app.domains.appraisals.actions.timeline import about, acted_for, kind_of, write_down
from app.domains.appraisals.actions.verdicts import settle_verdict
from app.domains.appraisals.errors import AppraisalNotFound, OwnHousehold, PointsOutside, ReasonUnknown, SeatOver
from app.domains.appraisals.events import PanelShort, SeatDrawn
from app.domains.appraisals.models import Appraisal, Item, Objection, Panel, Seat, Vote
from app.domains.appraisals.preset import AppraisalKind
from app.domains.areas import queries as areas
from app.kernel.access import require, unscoped
from app.kernel.clocks import due_after_working_days
from app.kernel.crypto import random_token
from app.kernel.transaction import Tx

_SEED = 24
ON_PANEL = (rules.SeatState.asked, rules.SeatState.voted)
_OVER = {
    rules.SeatState.voted: "这一件您已经评过了，先送到的算数，这一条没有再算。",
    rules.SeatState.stood_aside: "这一件您已经回避了，换了别人来评，这一条没有算。",
    rules.SeatState.timed_out: "等得久了，这一件已经换别人来评。您写的没赶上，没有算进去，不怪您。",
}


def begin_judging(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """The first panel is drawn."""
    open_panel(tx, appraisal, kind, is_review=False)


def open_panel(tx: Tx, appraisal: Appraisal, kind: AppraisalKind, *, is_review: bool) -> None:
    """A new round with a seed of its own; the seed is written down, so that the draw can be checked by anybody."""
    appraisal.round += 1
    panel = Panel(
        appraisal_id=appraisal.id,
        round=appraisal.round,
        is_review=is_review,
        seed=random_token(_SEED),
        drawn_at=tx.now,
    )
    tx.db.add(panel)
    tx.db.flush()
    fill_panel(tx, appraisal, kind)


def fill_panel(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Seat as many as are missing; when there are too few, the panel waits for more and those above are told."""
    panel = tx.db.get_one(Panel, (appraisal.id, appraisal.round))
    seats = _seats(tx, appraisal)
    missing = kind.panel.draw - sum(seat.state in ON_PANEL for seat in seats)
    candidates = _candidates(tx, appraisal, kind, seated={seat.person_id for seat in seats})
    sat_before = set(tx.db.scalars(select(Seat.person_id).where(Seat.appraisal_id == appraisal.id)))
    drawn = rules.chosen(panel.seed, candidates, count=missing, rather_not=sat_before)
    due_at = due_after_working_days(tx.now, kind.panel.working_days, tx.runtime.calendar)
    for person_id in drawn:
        _seat(tx, appraisal, person_id, household_id=candidates[person_id], due_at=due_at)
    if drawn:
        step = rules.Step.seat_replaced if seats else rules.Step.panel_drawn
        write_down(
            tx, appraisal, step, round=panel.round, seed=panel.seed, drawn=len(drawn), candidates=len(candidates)
        )
    _settle_stage(tx, appraisal, kind, is_review=panel.is_review, missing=missing - len(drawn))


def _seats(tx: Tx, appraisal: Appraisal) -> Sequence[Seat]:
    """The seats of the present round."""
    found = select(Seat).where(Seat.appraisal_id == appraisal.id, Seat.round == appraisal.round).order_by(Seat.id)
    return tx.db.scalars(found).all()


def _candidates(tx: Tx, appraisal: Appraisal, kind: AppraisalKind, *, seated: set[UUID]) -> dict[UUID, UUID | None]:
    """Who may be drawn: the office, without this household, without who declared it and his house, without objectors."""
    found = officers(tx, kind.panel.of, appraisal)
    objectors = select(Objection.person_id).where(
        Objection.appraisal_id == appraisal.id, Objection.publication == appraisal.publication
    )
    persons = {*seated, *tx.db.scalars(objectors), *acted_for(tx, appraisal)}
    households: set[UUID | None] = set()
    if "nominator" in kind.panel.without:
        persons.add(appraisal.declared_by)
        facts = areas.person_facts(tx.db, appraisal.declared_by)
        households.add(facts.household_id if facts else None)
    households.discard(None)
    return {person: house for person, house in found.items() if person not in persons and house not in households}


def _seat(tx: Tx, appraisal: Appraisal, person_id: UUID, *, household_id: UUID | None, due_at: datetime) -> None:
    tx.add(
        Seat,
        id=tx.new_id(),
        appraisal_id=appraisal.id,
        round=appraisal.round,
        person_id=person_id,
        household_id=household_id,
        judged_household_id=appraisal.household_id,
        state=rules.SeatState.asked,
        drawn_at=tx.now,
        due_at=due_at,
        reason="",
    )
    tx.emit(SeatDrawn(about(tx, appraisal), person_id, appraisal.round, due_at))


def _settle_stage(tx: Tx, appraisal: Appraisal, kind: AppraisalKind, *, is_review: bool, missing: int) -> None:
    """Where it stands after a draw, and when to look again: at the first seat's time, or tomorrow when too few are there."""
    dues = [seat.due_at for seat in _seats(tx, appraisal) if seat.state == rules.SeatState.asked]
    if missing > 0:
        dues.append(due_after_working_days(tx.now, 1, tx.runtime.calendar))
        if appraisal.stage != rules.Stage.short:
            persons = all_officers(tx, kind.panel.short_tell, appraisal)
            write_down(tx, appraisal, rules.Step.panel_short, missing=missing, round=appraisal.round)
            tx.emit(PanelShort(about(tx, appraisal), persons, appraisal.round, missing))
        appraisal.stage = rules.Stage.short
    else:
        appraisal.stage = rules.Stage.objected if is_review else rules.Stage.judging
    if appraisal.answer_due_at is not None:
        dues.append(appraisal.answer_due_at)
    appraisal.due_at = min(dues, default=None)


def replace_overdue(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    """Who has not voted in time makes room for somebody else."""
    for seat in _seats(tx, appraisal):
        if seat.state == rules.SeatState.asked and seat.due_at <= tx.now:
            seat.state, seat.ended_at = rules.SeatState.timed_out, tx.now
    tx.db.flush()
    fill_panel(tx, appraisal, kind)


def stand_aside(tx: Tx, appraisal_id: UUID, *, reason: str, meant: int | None = None) -> Appraisal:
    """A member of the panel who is too close to it lets somebody else judge."""
    appraisal, seat = _my_seat(tx, appraisal_id, meant)
    kind = kind_of(tx, appraisal)
    if reason not in kind.recusal:
        raise ReasonUnknown(field="reason")
    seat.state, seat.ended_at, seat.reason = rules.SeatState.stood_aside, tx.now, reason
    tx.db.flush()
    fill_panel(tx, appraisal, kind)
    return appraisal


def vote(tx: Tx, appraisal_id: UUID, ballot: rules.Ballot, *, words: str = "", meant: int | None = None) -> Appraisal:
    """One vote of one seat, for the round that it was `meant` for; with the last one the panel has decided."""
    appraisal, seat = _my_seat(tx, appraisal_id, meant)
    kind = kind_of(tx, appraisal)
    if tx.actor.household_id == appraisal.household_id:
        raise OwnHousehold
    _check_ballot(tx, appraisal, ballot, kind=kind)
    seat.state, seat.ended_at = rules.SeatState.voted, tx.now
    tx.db.flush()
    tx.add(
        Vote,
        seat_id=seat.id,
        is_yes=ballot.is_yes,
        points=ballot.points,
        reason=ballot.reason,
        words_sealed=tx.vault.seal(f"appraisals_vote.words:{seat.id}", words) if words else None,
        at=tx.now,
    )
    _decide(tx, appraisal, kind)
    return appraisal


@unscoped("the seat is the right: only who was drawn finds it")
def _my_seat(tx: Tx, appraisal_id: UUID, meant: int | None) -> tuple[Appraisal, Seat]:
    """The actor's own open seat; the appraisal is locked first, so that two last votes cannot pass each other."""
    appraisal = tx.db.scalars(select(Appraisal).where(Appraisal.id == appraisal_id).with_for_update()).one_or_none()
    if appraisal is None or tx.actor.person_id is None:
        raise AppraisalNotFound
    mine = select(Seat).where(Seat.appraisal_id == appraisal_id, Seat.person_id == tx.actor.person_id)
    seat = tx.db.scalars(mine.order_by(Seat.round.desc()).limit(1)).one_or_none()
    if seat is None:
        raise AppraisalNotFound
    require(tx.actor, "appraisals.vote", within=appraisal.area_path)
    _check_open(appraisal, seat, meant)
    return appraisal, seat


def _check_open(appraisal: Appraisal, seat: Seat, meant: int | None) -> None:
    """A phone without signal may be late: for this round, for this seat, or for the whole matter."""
    is_present = seat.round == appraisal.round and meant in {None, seat.round} and appraisal.stage not in rules.ENDED
    if not is_present:
        raise SeatOver
    if seat.state != rules.SeatState.asked:
        raise SeatOver(_OVER.get(rules.SeatState(seat.state), ""))


def _check_ballot(tx: Tx, appraisal: Appraisal, ballot: rules.Ballot, *, kind: AppraisalKind) -> None:
    if ballot.reason not in (kind.praise if ballot.is_yes else kind.refusal):
        raise ReasonUnknown(field="reason")
    keys = tx.db.scalars(select(Item.key).where(Item.appraisal_id == appraisal.id)).all()
    least, most = (0, 0) if kind.gives.what != "points" or not ballot.is_yes else kind.item[keys[0]].points
    if not least <= ballot.points <= most:
        raise PointsOutside(field="points")


def _decide(tx: Tx, appraisal: Appraisal, kind: AppraisalKind) -> None:
    cast = (
        select(Vote.is_yes, Vote.points, Vote.reason)
        .join(Seat, Seat.id == Vote.seat_id)
        .where(Seat.appraisal_id == appraisal.id, Seat.round == appraisal.round)
    )
    ballots = [rules.Ballot(*row) for row in tx.db.execute(cast)]
    verdict = rules.verdict_of(ballots, seats=kind.panel.draw, least_yes=kind.panel.least_yes)
    if verdict is None:
        return
    panel = tx.db.get_one(Panel, (appraisal.id, appraisal.round))
    panel.decided_at, panel.is_yes, panel.points = tx.now, verdict.is_yes, verdict.points
    panel.yes_count, panel.no_count, panel.reason = verdict.yes_count, verdict.no_count, verdict.reason
    write_down(
        tx, appraisal, rules.Step.judged, is_yes=verdict.is_yes, yes=verdict.yes_count, no=verdict.no_count,
        points=verdict.points, reason=verdict.reason, is_review=panel.is_review,
    )  # fmt: skip
    settle_verdict(tx, appraisal, kind, is_review=panel.is_review, is_yes=verdict.is_yes, points=verdict.points,
                   reason=verdict.reason)  # fmt: skip
