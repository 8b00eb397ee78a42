"""R8: an open case always waits on somebody by some time. R9: only the villager's word, or the drawn re-checker's, closes.

Kinds by lot that the start would let through, rosters by lot with empty, absent and unreachable offices, moves and steps of
the clock by lot; after every step the promises are looked at in the database.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from app.adapters.database import engine_for
from app.domains.areas.models import Household, Person
from app.domains.cases.models import Case, CaseEntry, Party, Timer
from app.domains.cases.preset import CaseKind
from app.domains.cases.rules import ACTIVE, LADDER, Seat, TimerState, clocks
from app.domains.cases.rules.clocks import Change
from app.domains.cases.sweeps import escalate_overdue
from app.domains.identity.models import RoleGrant
from app.domains.notices.models import Message
from app.kernel import policies
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.errors import Refusal
from app.kernel.presets import version_of_text
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Database
from tests.conftest import MORNING
from tests.makers.areas import COUNTY, TOWN, VILLAGE
from tests.makers.cases import Roster, case_row, go, make_absent, make_roster, official, raise_case, timers_of
from tests.makers.visits import Someone
from tests.promises.kinds import Raw, a_kind, as_toml

pytestmark = pytest.mark.promise
LOOKS = 16  # more than the rungs of the longest ladder and the longest clock before it
PATHS = {"village": VILLAGE, "town": TOWN, "county": COUNTY}
AFTER = {
    Change.start: TimerState.running,
    Change.resume: TimerState.running,
    Change.pause: TimerState.paused,
    Change.end: TimerState.ended,
}


# ------------------------------------------------------------------ as pure decisions


def ways(kind: CaseKind, most: int = 3000) -> int:
    """Walk every way through a kind, clocks running out wherever they may; in each open stage its clock is alive."""
    opening = {n: AFTER[c] for n, c in clocks.changes(kind, {}, to=kind.opens_in).items()}
    seen = {(kind.opens_in, tuple(sorted(opening.items())))}
    waiting = list(seen)
    while waiting and len(seen) < most:
        stage, held = waiting.pop()
        states = dict(held)
        own = kind.stage[stage].clock
        assert own is None or states.get(own) in {TimerState.running, TimerState.overdue}, (kind, stage, states)
        after = [(stage, states | {n: TimerState.overdue}) for n, s in held if s is TimerState.running]
        for move in kind.move.values():
            if stage in move.from_ and move.to != "same":
                restart = [d.partition(":")[2] for d in move.does if d.startswith("restart:")]
                changed = clocks.changes(kind, states, to=move.to, restart=restart)
                after.append((move.to, states | {n: AFTER[c] for n, c in changed.items()}))
        for there, those in after:
            state = (there, tuple(sorted(those.items())))
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    return len(seen)


def test_r8_in_every_kind_that_passes_the_start_every_open_stage_has_a_living_clock(seed: int, full: bool) -> None:
    kinds = 600 if full else 60
    walked = sum(ways(a_kind(Random(f"{seed}:{n}"), 40)[1]) for n in range(kinds))
    print(f"\nR8 pure: {kinds} kinds, {walked} states, seed {seed}")


def test_r9_in_every_kind_that_passes_the_start_no_office_and_no_clock_may_say_solved(seed: int, full: bool) -> None:
    for n in range(600 if full else 60):
        _, kind = a_kind(Random(f"{seed}:{n}"), 40)
        closing = [m for m in kind.move.values() if m.to != "same" and kind.stage[m.to].outcome == "solved"]
        said_by = {kind.party[party].fill for move in closing for party in move.by}
        people = {
            f"field:{f}.{x}" for f, fields in kind.form.items() for x, one in fields.items() if one.type == "person"
        }
        assert all(fill == "opener" or fill.startswith("draw:") or fill in people for fill in said_by)


# ------------------------------------------------------------------ through the actions, over the database


class Play(NamedTuple):
    """One case under one kind and one roster."""

    runtime: Runtime
    clock: MovableClock
    kind: CaseKind
    village: Roster
    case_id: UUID

    @property
    def people(self) -> list[Someone]:
        """Everybody who may try a move."""
        v = self.village
        return [v.villager, v.keeper, v.clerk, v.secretary, v.agent, v.dispatcher, v.duty_officer, *v.checkers]


def with_kind(runtime: Runtime, database: Database, raw: Raw, kind: CaseKind) -> Runtime:
    content, name = as_toml(raw), kind.kind
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        policies.keep(connection, f"cases/{name}", content)
    engine.dispose()
    presets = runtime.presets
    versions = {**presets["cases_versions"], name: version_of_text(content)}
    return replace(runtime, presets={**presets, "cases": {**presets["cases"], name: kind}, "cases_versions": versions})


def disturb(runtime: Runtime, village: Roster, lot: Random) -> None:
    """Offices are emptied, their people go away, or can be told by nothing; re-checkers move in with those concerned."""
    with transaction(runtime, SYSTEM) as tx:
        for one in (village.keeper, village.clerk, village.secretary, village.dispatcher, village.duty_officer):
            way = lot.choice(["", "", "empty", "unreachable", "absent"])
            if way == "empty":
                gone = update(RoleGrant).where(RoleGrant.person_id == one.person_id)
                tx.db.execute(gone.values(revoked_at=tx.now))
            elif way == "unreachable":
                tx.db.execute(update(Person).where(Person.id == one.person_id).values(phone_sealed=None))
            elif way == "absent":
                make_absent(tx, one.person_id, lot.choice([village.clerk.person_id, village.elder_id]), days=30)
        kin, same_zone, _ = village.checkers
        if lot.random() < 0.5:
            tx.db.execute(update(Person).where(Person.id == kin.person_id).values(household_id=village.household_id))
        if lot.random() < 0.5:
            home = select(Person.household_id).where(Person.id == same_zone.person_id).scalar_subquery()
            tx.db.execute(update(Household).where(Household.id == home).values(keeper_id=village.keeper.person_id))


def fill_in(play: Play, form: str | None, lot: Random) -> dict[str, Any]:
    """A form as somebody would fill it in."""
    said: dict[str, Any] = {}
    for name, field in (play.kind.form[form] if form else {}).items():
        values: dict[str, Any] = {
            "text": "示例", "number": 3, "date": "2026-11-20", "place": "村口", "papers": ["身份证"],
            "photos": [str(uuid4())], "voice": str(uuid4()), "case": str(uuid4()), "person": str(play.village.elder_id),
        }  # fmt: skip
        if field.choices:
            one = lot.choice(field.choices)
            values[field.type] = [one] if field.type == "units" else one
        if field.required or lot.random() < 0.3:
            said[name] = values[field.type]
    return said


def start(runtime: Runtime, clock: MovableClock, kind: CaseKind, lot: Random) -> Play:
    village = make_roster(runtime)
    disturb(runtime, village, lot)
    by = lot.choice([village.villager, village.villager, village.keeper])
    play = Play(runtime, clock, kind, village, UUID(int=0))
    form = {"text": "示例", **({"who": str(village.elder_id)} if kind.kind == "errand" or lot.random() < 0.2 else {})}
    category = lot.choice(sorted(kind.category))
    opened = raise_case(runtime, by, kind=kind.kind, category=category, form=form, household_id=village.household_id)
    return play._replace(case_id=opened.id)


def something_happens(play: Play, lot: Random) -> None:
    """Somebody tries a move that the stage has, or time passes."""
    if lot.random() < 0.3:
        play.clock.set(play.clock.now() + timedelta(hours=lot.choice([1, 9, 30, 100, 400])), rate=0)
        while escalate_overdue(play.runtime):
            pass
        return
    stage = case_row(play.runtime, play.case_id).stage
    moves = [name for name, move in play.kind.move.items() if stage in move.from_]
    if not moves:
        return
    name = lot.choice(moves)
    with contextlib.suppress(Refusal):
        go(play.runtime, lot.choice(play.people), play.case_id, name, **fill_in(play, play.kind.move[name].form, lot))


def put_away(runtime: Runtime, play: Play) -> None:
    """The clock has nothing more to do with a case that was looked at, or every sweep would carry all of them."""
    with transaction(runtime, SYSTEM) as tx:
        tx.db.execute(update(Timer).where(Timer.case_id == play.case_id).values(next_at=None))


def look_at_r8(play: Play) -> None:
    """Something is still due, somebody is asked or the ladder tries again, and the stage waits on a place of the kind."""
    case = case_row(play.runtime, play.case_id)
    if case.outcome is not None:
        return
    timers = timers_of(play.runtime, play.case_id)
    assert [t for t in timers.values() if t.next_at is not None], (play.kind, case.stage, "nothing is due")
    with reading(play.runtime) as db:
        seated = select(func.count()).select_from(Party).where(Party.case_id == case.id, Party.state.in_(ACTIVE))
        somebody = db.scalar(seated.where(Party.party.in_([play.kind.stage[case.stage].waits_on, "supervisor"])))
    ladder = timers.get(LADDER)
    assert somebody or (ladder is not None and ladder.next_at is not None), (play.kind, case.stage, "nobody is told")


def look_at_r9(play: Play) -> bool:
    """Whoever closed it had a word and had no hand in it; whoever was drawn is near to nobody."""
    with reading(play.runtime) as db:
        case = db.get_one(Case, play.case_id)
        entries = db.scalars(select(CaseEntry).where(CaseEntry.case_id == case.id).order_by(CaseEntry.position)).all()
        parties = db.scalars(select(Party).where(Party.case_id == case.id)).all()
        drawn = {p.person_id for p in parties if p.party == "checker"}
        homes = db.scalars(select(Person.household_id).where(Person.id.in_(drawn))).all()
        kept_by = db.scalars(select(Household.keeper_id).where(Household.id.in_(homes))).all()
    assert case.household_id not in homes
    assert play.village.keeper.person_id not in {*drawn, *kept_by}
    if case.outcome != "solved":
        return False
    closing = [e for e in entries if e.to_stage == case.stage and e.from_stage != case.stage][-1]
    assert closing.by_party in play.kind.close.word_of
    worked = {p.person_id for p in parties if p.party not in play.kind.close.word_of and p.state != Seat.kept_out}
    assert closing.by_person_id not in worked, (play.kind, closing.by_party)
    return True


def test_r8_and_r9_hold_whatever_happens_to_a_case(
    runtime: Runtime, database: Database, clock: MovableClock, seed: int, full: bool
) -> None:
    plays, steps, solved, ended = (150, 25, 0, 0) if full else (12, 16, 0, 0)
    for number in range(plays):
        lot = Random(f"{seed}:{number}")
        clock.set(max(clock.now(), MORNING), rate=0)
        raw, kind = a_kind(lot, lot.choice([0, 15, 40]))
        play = start(with_kind(runtime, database, raw, kind), clock, kind, lot)
        look_at_r8(play)
        for _ in range(steps):
            something_happens(play, lot)
            look_at_r8(play)
            solved += look_at_r9(play)
        ended += case_row(runtime, play.case_id).outcome is not None
        put_away(runtime, play)
    print(f"\nR8, R9: {plays} cases, {plays * steps} steps, {ended} ended, {solved} looks at a solved one, seed {seed}")


def test_r8_the_last_rung_stays_told_and_whoever_comes_late_can_end_it(
    runtime: Runtime, database: Database, clock: MovableClock, seed: int
) -> None:
    for number in range(4):
        lot = Random(f"told:{seed}:{number}")
        raw, kind = a_kind(lot, 30)
        play = start(with_kind(runtime, database, raw, kind), clock, kind, lot)
        role, _, level = kind.ladder[-1].who.partition("@")
        kept_out = kind.category[case_row(runtime, play.case_id).category].without
        late = []
        if role != "member" and kind.ladder[-1].who not in kept_out:
            with transaction(runtime, SYSTEM) as tx:
                late = [official(tx, role, "新来的", path=PATHS[level])]
        told = 0
        for _ in range(LOOKS):
            clock.set(clock.now() + timedelta(days=20), rate=0)
            while escalate_overdue(runtime):
                pass
            with reading(runtime) as db:
                to_late = Message.person_id.in_([one.person_id for one in late])
                told = db.scalar(select(func.count()).where(to_late)) or 0
            look_at_r8(play)
        assert not late or told > 1, (kind.ladder, case_row(runtime, play.case_id).stage)


def test_r9_a_keeper_who_raised_a_case_and_did_the_work_does_not_say_himself_that_it_is_solved(
    runtime: Runtime, clock: MovableClock
) -> None:
    village = make_roster(runtime)
    opened = raise_case(runtime, village.keeper, household_id=village.household_id)
    forms: dict[str, dict[str, Any]] = {"confirm": {"text": "是"}, "done": {"text": "好了", "photos": [str(uuid4())]}}
    for move in ("accept", "confirm", "do_self", "done"):
        go(runtime, village.keeper, opened.id, move, **forms.get(move, {}))
    with pytest.raises(Refusal) as refused:
        go(runtime, village.keeper, opened.id, "yes", score="满意")
    assert refused.value.code == "cases.own_word"
    clock.set(MORNING + timedelta(days=9), rate=0)
    while escalate_overdue(runtime):
        pass
    case = case_row(runtime, opened.id)
    assert (case.stage, case.outcome) == ("recheck", None)
