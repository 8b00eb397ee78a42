"""What the clock does about one case: reminders that are due, clocks that ran out, the next rung, promised days."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from app.domains.cases.actions import timers
from app.domains.cases.actions.climbing import LATE, climb
from app.domains.cases.actions.matter import Matter, due_matter, load_matter, says_when
from app.domains.cases.actions.moving import made_by_clock, make
from app.domains.cases.events import CaseClimbed, CaseReminded
from app.domains.cases.models import Timer
from app.domains.cases.preset.words import AFTER, Word, word
from app.domains.cases.queries.seats import Known
from app.domains.cases.rules import LADDER, LIVE, TASK, Happened, TimerKind, TimerState
from app.domains.cases.rules import clocks as rules
from app.kernel.transaction import Tx


def beat_case(tx: Tx, case_id: UUID, *, known: Known | None = None) -> int:
    """Do what is due about one case; 0 when another clock is at it, or nothing is due any more.

    `known` is what a sweep has looked up for the cases before: who is in which office, what places are called.
    """
    matter = due_matter(tx, case_id)
    if matter is None:
        return 0
    matter.known = known
    done = 0
    while (timer := _due(matter)) is not None:
        _act(matter, timer)
        done += 1
    matter.leave()
    return done


def give_up_for_now(tx: Tx, case_id: UUID) -> None:
    """What the clock wanted could not be done: the ladder hears of it, and it is tried again after a while."""
    matter = load_matter(tx, case_id)
    if matter is None:
        return
    now, again = tx.now, timedelta(hours=matter.kind.again[matter.case.level])
    for timer in [t for t in matter.timers.values() if t.next_at is not None and t.next_at <= now]:
        timer.next_at = now + again
    matter.write(Happened.stuck)
    _climb(matter, "没有合适的人")


def _due(matter: Matter) -> Timer | None:
    due = [t for t in matter.timers.values() if t.next_at is not None and t.next_at <= matter.tx.now]
    return min(due, key=lambda t: (t.next_at or t.due_at, t.name), default=None)


def _act(matter: Matter, timer: Timer) -> None:
    matter.tellings.clear()
    matter.entry_id = None
    matter.facts.clear()
    if timer.kind == TimerKind.ladder:
        _climb(matter, LATE)
        return
    percents = timers.percents_of(matter, timer.name)
    owed = rules.beat(timer.started_at, timer.due_at, percents=percents, reminded=timer.reminded, now=matter.tx.now)
    is_new = owed.reminded > timer.reminded
    timer.reminded, timer.next_at = owed.reminded, owed.next_at
    if is_new:
        _remind(matter, timer, percents[owed.reminded - 1], is_due=owed.is_due)
    if owed.is_due:
        _run_out(matter, timer)


def _remind(matter: Matter, timer: Timer, percent: int, *, is_due: bool) -> None:
    """Whoever is waited on hears until when; once that has passed, that it has, and what happens next."""
    matter.write(Happened.reminded, detail={"clock": timer.name, "percent": percent})
    waits_on = matter.kind.stage[matter.case.stage].waits_on or ""
    purpose = "word" if waits_on in matter.kind.close.word_of and not _is_drawn(matter, waits_on) else "remind"
    if timer.kind == TimerKind.task:
        waits_on, purpose = matter.kind.task[timer.name.removeprefix(TASK)].owner, "promise"
    if not is_due:
        matter.tell(purpose, matter.persons(waits_on), due=says_when(timer.due_at))
    elif not (_is_drawn(matter, waits_on) and _on_due(matter, timer).verb == "move"):  # he is let go, another is drawn
        late = AFTER[purpose] if AFTER[purpose] in matter.kind.tell else purpose
        matter.tell(late, matter.persons(waits_on), due=says_when(timer.due_at), why=_next(matter, timer))
    matter.tx.emit(CaseReminded(matter.about(), tuple(matter.tellings)))
    matter.tellings.clear()
    matter.entry_id = None


def _next(matter: Matter, timer: Timer) -> str:
    """What happens now that the time is over, in words."""
    deed = _on_due(matter, timer)
    if deed.verb != "move":
        return "已经请上一级过问"
    move = matter.kind.move[deed.about]
    return "会请人上门问一声" if any(word(one).verb == "draw" for one in move.does) else f"接下来是“{move.name}”"


def _on_due(matter: Matter, timer: Timer) -> Word:
    clock = matter.kind.clock.get(timer.name)
    return word(clock.on_due) if clock is not None else word("climb")


def _is_drawn(matter: Matter, party: str) -> bool:
    return matter.kind.party[party].fill.startswith("draw:")


def _run_out(matter: Matter, timer: Timer) -> None:
    timer.state, timer.next_at = TimerState.overdue, None
    deed = _on_due(matter, timer)
    if deed.verb == "move" and matter.case.stage in matter.kind.move[deed.about].from_:
        make(matter, made_by_clock(matter, deed.about))
        matter.tellings.clear()
    if timer.state != TimerState.overdue:
        return
    ladder = matter.timers.get(LADDER)
    if ladder is None or ladder.state not in LIVE:
        _climb(matter, LATE)


def _climb(matter: Matter, why: str) -> None:
    climb(matter, why)
    matter.tx.emit(CaseClimbed(matter.about(), tuple(matter.tellings), rung=matter.case.rung))
