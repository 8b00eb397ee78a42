"""Clocks, ladder, lots and eyes of cases, as pure decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.cases.preset import CaseKind, load_all
from app.domains.cases.preset.model import Clock, FormField
from app.domains.cases.rules import Seat, TimerState, clocks
from app.domains.cases.rules.clocks import Change
from app.domains.cases.rules.draws import Candidate, Near, drawn
from app.domains.cases.rules.forms import filled
from app.domains.cases.rules.ladder import Holder, Step, Why, first_able, last_resort
from app.domains.cases.rules.sight import Sitting, called, groups_seen, is_strict, places_of
from app.kernel.clocks import Calendar
from app.kernel.errors import Invalid
from app.kernel.values import SHANGHAI

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
PLAIN = Calendar()
KINDS: dict[str, CaseKind] = load_all()["cases"]
A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)


def a_clock(unit: str, amount: int = 5) -> Clock:
    return Clock.model_validate({"name": "时限", "unit": unit, "due": {"normal": amount}})


@pytest.mark.parametrize("unit", ["hours", "working_days", "calendar_days"])
@given(amount=st.integers(1, 40), used=st.integers(0, 40), away=st.integers(0, 60))
def test_a_clock_that_stops_and_goes_on_loses_no_time_and_wins_none(
    unit: str, amount: int, used: int, away: int
) -> None:
    clock, start = a_clock(unit, amount), MONDAY
    due = clocks.due_after(unit, amount, start=start, calendar=PLAIN)
    stopped = min(start + timedelta(days=used), due)
    left = clocks.left_of(clock, due, now=stopped, calendar=PLAIN)
    again = stopped + timedelta(days=away)
    later = clocks.due_again(clock, left, now=again, calendar=PLAIN)
    assert later >= again
    assert later >= due or away == 0
    if away == 0 and PLAIN.is_working(stopped.date()):
        assert later == due
    if left:
        assert clocks.left_of(clock, later, now=again, calendar=PLAIN) >= left


@given(hours=st.integers(1, 200), passed=st.integers(0, 300), reminded=st.integers(0, 3))
def test_a_timer_always_has_a_next_moment_until_it_is_due(hours: int, passed: int, reminded: int) -> None:
    due, now = MONDAY + timedelta(hours=hours), MONDAY + timedelta(hours=passed)
    owed = clocks.beat(MONDAY, due, percents=(50, 80, 100), reminded=reminded, now=now)
    assert owed.is_due == (passed >= hours)
    assert (owed.next_at is None) == owed.is_due
    assert owed.next_at is None or now < owed.next_at <= due
    assert owed.reminded >= reminded


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_in_every_open_stage_a_clock_of_the_stage_runs_whichever_way_was_taken(kind: str) -> None:
    """Walk every way of at most six moves: in each open stage the stage's own clock is running, or is about to start."""
    policy = KINDS[kind]
    opening = {
        name: TimerState.running
        for name, c in clocks.changes(policy, {}, to=policy.opens_in).items()
        if c is Change.start
    }
    seen = {(policy.opens_in, tuple(sorted(opening.items())))}
    waiting = list(seen)
    while waiting:
        stage, states = waiting.pop()
        open_clock = policy.stage[stage].clock
        assert open_clock is None or dict(states)[open_clock] is TimerState.running, (stage, states)
        for move in policy.move.values():
            if stage in move.from_ and move.to != "same":
                restart = [d.partition(":")[2] for d in move.does if d.startswith("restart:")]
                after = dict(states)
                for name, change in clocks.changes(policy, after, to=move.to, restart=restart).items():
                    after[name] = _AFTER[change]
                reached = (move.to, tuple(sorted(after.items())))
                if reached not in seen:
                    seen.add(reached)
                    waiting.append(reached)


_AFTER = {
    Change.start: TimerState.running,
    Change.resume: TimerState.running,
    Change.pause: TimerState.paused,
    Change.end: TimerState.ended,
}


@given(st.lists(st.lists(st.sampled_from([None, *Why]), max_size=3), max_size=5))
def test_the_first_office_with_somebody_who_can_be_told_is_asked_and_all_before_it_are_named(
    offices: list[list[Why | None]],
) -> None:
    steps = [
        Step(n, f"o{n}", tuple(Holder(UUID(int=n * 10 + i), why) for i, why in enumerate(o)))
        for n, o in enumerate(offices)
    ]
    found = first_able(steps)
    able = [step for step in steps if any(h.why_not is None for h in step.holders)]
    assert found.step == (able[0] if able else None)
    assert list(found.passed) == steps[: steps.index(able[0]) if able else len(steps)]
    last = last_resort(found.passed)
    assert last is None or all(h.why_not is None for h in last.holders)


@given(st.sets(st.integers(1, 30), min_size=1), st.sets(st.integers(1, 30)), st.uuids())
def test_the_lot_never_falls_on_somebody_near_and_always_on_somebody_else_if_there_is_one(
    people: set[int], near: set[int], seed: UUID
) -> None:
    candidates = [Candidate(UUID(int=n), UUID(int=100 + n), UUID(int=200 + n % 3)) for n in people]
    close = Near(frozenset(UUID(int=n) for n in near), frozenset([UUID(int=101)]), frozenset([UUID(int=201)]))
    found = drawn(candidates, close, seed=seed)
    fit = [n for n in people if n not in near and n != 1 and n % 3 != 1]
    assert (found is not None) == bool(fit)
    assert found is None or found.int in fit
    assert found == drawn(list(reversed(candidates)), close, seed=seed)


def test_whoever_is_kept_out_has_no_place_even_if_he_has_another() -> None:
    sittings = [Sitting("owner", A, Seat.holds, "member@zone"), Sitting("owner", B, Seat.kept_out, ""),
                Sitting("lead", B, Seat.holds, "clerk@village")]  # fmt: skip
    assert places_of(sittings, A) == {"owner"}
    assert places_of(sittings, C, [A]) == {"owner"}
    assert places_of(sittings, B) == frozenset()


def test_what_is_not_named_is_not_seen() -> None:
    eyes = {"owner": ("public",), "area": ("stage",)}
    assert groups_seen(eyes, ["owner"], through_area=False) == {"public"}
    assert groups_seen(eyes, ["stranger"], through_area=False) == frozenset()
    assert groups_seen(eyes, [], through_area=True) == {"stage"}


FIELDS = {
    "text": FormField(name="情况", type="text", max=10, required=True),
    "day": FormField(name="哪天", type="date"),
    "many": FormField(name="材料", type="papers", max=2),
    "who": FormField(name="谁", type="units", choices=("clerk@village",)),
}


@pytest.mark.parametrize(
    "given_form",
    [{}, {"text": ""}, {"text": 5}, {"text": "长" * 11}, {"text": "a\u202eb"}, {"text": "好", "more": 1}, {"text": "好", "day": "明天"},
     {"text": "好", "day": 5}, {"text": "好", "many": "身份证"}, {"text": "好", "many": ["a", "b", "c"]}, {"text": "好", "many": [["a"]]},
     {"text": "好", "who": ["king@village"]}, {"text": "好", "who": [{}]}, {"text": {"deep": [1]}}],
)  # fmt: skip
def test_a_form_that_is_not_what_was_asked_is_refused(given_form: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        filled(FIELDS, given_form)


def test_a_form_is_kept_by_who_may_see_it() -> None:
    fields = {
        "a": FormField(name="甲", type="text", group="public"),
        "b": FormField(name="乙", type="photos", group="private"),
    }
    form = filled(fields, {"a": " 好 ", "b": [str(A), str(A)]})
    assert form.by_group == {"public": {"a": "好"}, "private": {"b": [str(A)]}}
    assert form.files == {A: "private"}


def test_whoever_answers_by_his_office_answers_by_his_whole_name_and_villagers_do_not() -> None:
    def whole(kind: str) -> set[str]:
        places = {*KINDS[kind].party, "supervisor", "clock"}
        return {party for party in places if called("赵建国", KINDS[kind], party, strict=False) == "赵建国"}

    assert whole("whistle") == {"owner", "lead", "helper", "supervisor"}
    assert whole("errand") == {"agent", "supervisor"}
    assert {called("赵建国", KINDS["whistle"], party, strict=True) for party in KINDS["whistle"].party} == {"赵**"}


def test_names_are_guarded_where_the_category_is_strict_or_somebody_is_complained_of() -> None:
    owner, accused = Sitting("owner", A, Seat.holds, "clerk@village"), Sitting("owner", B, Seat.kept_out, "")
    assert not is_strict([owner], is_area_seen=True)
    assert is_strict([owner], is_area_seen=False)
    assert is_strict([owner, accused], is_area_seen=True)
