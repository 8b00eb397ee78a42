"""What is late climbs; what nobody can hear is passed over at once; silence draws a re-checker; nothing is ever too old."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from app.domains.areas.models import Person
from app.domains.cases.actions import urge_case
from app.domains.cases.errors import TakenByOther
from app.domains.cases.sweeps import escalate_overdue
from app.domains.identity.models import RoleGrant
from app.domains.notices.queries.inbox import inbox_of
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import build_runtime
from app.settings import Settings, Sms
from tests.conftest import MORNING
from tests.makers.cases import (
    Roster,
    case_row,
    go,
    make_absent,
    make_roster,
    official,
    raise_case,
    sitting,
    timeline,
    timers_of,
    told,
)
from tests.makers.identity import make_account
from tests.makers.members import make_member
from tests.makers.notices import make_credit

PHOTO = [str(uuid4())]


@pytest.fixture
def village(runtime: Runtime) -> Roster:
    return make_roster(runtime)


def pass_hours(runtime: Runtime, clock: MovableClock, hours: float) -> None:
    clock.set(clock.now() + timedelta(hours=hours), rate=0)
    while escalate_overdue(runtime):
        pass


def silence(runtime: Runtime, *persons: object) -> None:
    """These can be told by no channel other than the inbox."""
    with transaction(runtime, SYSTEM) as tx:
        ids = [getattr(one, "person_id", one) for one in persons]
        tx.db.execute(update(Person).where(Person.id.in_(ids)).values(phone_sealed=None))


def answered(runtime: Runtime, village: Roster) -> object:
    opened = raise_case(runtime, village.villager)
    go(runtime, village.keeper, opened.id, "accept")
    go(runtime, village.keeper, opened.id, "confirm", text="是坏了")
    go(runtime, village.keeper, opened.id, "do_self")
    go(runtime, village.keeper, opened.id, "done", text="换了", photos=PHOTO)
    return opened.id


def test_nobody_accepts_and_it_climbs_to_the_village_the_town_and_the_county(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager, category="living")
    pass_hours(runtime, clock, 0.9)
    assert told(runtime, village.secretary.person_id) == []
    pass_hours(runtime, clock, 0.2)
    assert told(runtime, village.secretary.person_id) == ["climbed"]
    pass_hours(runtime, clock, 1)
    assert told(runtime, village.dispatcher.person_id) == ["climbed"]
    pass_hours(runtime, clock, 1)
    assert told(runtime, village.duty_officer.person_id) == ["climbed"]
    pass_hours(runtime, clock, 1)
    assert told(runtime, village.duty_officer.person_id) == ["climbed", "climbed"]
    go(runtime, village.dispatcher, opened.id, "accept")
    assert timers_of(runtime, opened.id)["ladder"].state == "ended"
    assert sitting(runtime, opened.id, "owner")[village.keeper.person_id] == "released"
    assert "taken" in told(runtime, village.keeper.person_id)


def test_reminders_come_at_half_at_four_fifths_and_at_the_end(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    raise_case(runtime, village.villager)
    for hours, count in ((3.9, 0), (0.2, 1), (2.2, 1), (0.2, 2), (1.6, 3)):
        pass_hours(runtime, clock, hours)
        assert sum(name in {"remind", "late"} for name in told(runtime, village.keeper.person_id)) == count, hours
    assert told(runtime, village.keeper.person_id) == ["late", "new", "remind", "remind"]


def test_an_acknowledgement_has_its_own_time_out(runtime: Runtime, village: Roster, clock: MovableClock) -> None:
    opened = raise_case(runtime, village.villager)
    go(runtime, village.keeper, opened.id, "accept")
    pass_hours(runtime, clock, 24 * 3)
    assert told(runtime, village.secretary.person_id) == ["climbed"]
    assert case_row(runtime, opened.id).stage == "sorting"


def test_a_sweep_after_a_year_of_silence_still_climbs(runtime: Runtime, village: Roster, clock: MovableClock) -> None:
    opened = raise_case(runtime, village.villager)
    pass_hours(runtime, clock, 24 * 365)
    assert case_row(runtime, opened.id).rung == 0
    assert "climbed" in told(runtime, village.secretary.person_id)


def test_a_sweep_twice_at_the_same_moment_climbs_once(runtime: Runtime, village: Roster, clock: MovableClock) -> None:
    opened = raise_case(runtime, village.villager)
    clock.set(MORNING + timedelta(hours=9), rate=0)
    sweeps = [threading.Thread(target=escalate_overdue, args=(runtime,)) for _ in range(4)]
    for one in sweeps:
        one.start()
    for one in sweeps:
        one.join()
    assert timeline(runtime, opened.id).count("climbed") == 1
    assert told(runtime, village.secretary.person_id) == ["climbed"]


def test_a_keeper_on_leave_is_stood_in_for_by_his_deputy(runtime: Runtime, village: Roster) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_absent(tx, village.keeper.person_id, village.clerk.person_id)
    opened = raise_case(runtime, village.villager)
    assert sitting(runtime, opened.id, "owner") == {village.clerk.person_id: "asked"}
    assert go(runtime, village.clerk, opened.id, "accept").stage == "sorting"


def test_an_absent_keeper_whose_deputy_cannot_be_told_is_passed_over_at_once_and_both_hear_of_it(
    runtime: Runtime, village: Roster
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_absent(tx, village.keeper.person_id, village.elder_id)
    opened = raise_case(runtime, village.villager)
    assert sitting(runtime, opened.id, "owner") == {village.secretary.person_id: "asked"}
    assert told(runtime, village.secretary.person_id) == ["new"]
    assert told(runtime, village.keeper.person_id) == ["passed"]
    assert told(runtime, village.elder_id) == ["passed"]
    assert case_row(runtime, opened.id).rung == 0


@pytest.mark.parametrize("mutual", [False, True])
def test_a_deputy_who_is_away_himself_is_passed_over_at_once_as_the_keeper_is(
    runtime: Runtime, village: Roster, *, mutual: bool
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        deputy_id = make_member(tx, "宋立春", phone="13800000071")
        third_id = make_member(tx, "谷满仓", phone="13800000072")
        make_absent(tx, village.keeper.person_id, deputy_id)
        make_absent(tx, deputy_id, village.keeper.person_id if mutual else third_id)
    opened = raise_case(runtime, village.villager)
    assert list(sitting(runtime, opened.id, "owner")) == [village.secretary.person_id]
    assert told(runtime, deputy_id) == told(runtime, village.keeper.person_id) == ["passed"]
    assert told(runtime, third_id) == []


def test_an_empty_and_an_unreachable_rung_are_passed_over_at_once(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    silence(runtime, village.dispatcher)
    with transaction(runtime, SYSTEM) as tx:
        gone = update(RoleGrant).where(RoleGrant.person_id == village.secretary.person_id)
        tx.db.execute(gone.values(revoked_at=tx.now))
    opened = raise_case(runtime, village.villager)
    pass_hours(runtime, clock, 8.1)
    assert told(runtime, village.duty_officer.person_id) == ["climbed"]
    assert told(runtime, village.dispatcher.person_id) == ["passed"]
    assert case_row(runtime, opened.id).rung == 2


def test_who_comes_into_an_office_that_the_case_has_left_behind_is_told_once_and_may_act(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        gone = update(RoleGrant).where(RoleGrant.person_id == village.secretary.person_id)
        tx.db.execute(gone.values(revoked_at=tx.now))
    opened = raise_case(runtime, village.villager)
    pass_hours(runtime, clock, 8.1)
    assert told(runtime, village.dispatcher.person_id) == ["climbed"]
    with transaction(runtime, SYSTEM) as tx:
        late = official(tx, "secretary", "新来的书记")
    assert told(runtime, late.person_id) == []
    pass_hours(runtime, clock, 8.1)
    assert told(runtime, late.person_id) == ["climbed"]
    assert told(runtime, village.duty_officer.person_id) == ["climbed"]
    pass_hours(runtime, clock, 24.1)
    assert told(runtime, late.person_id) == ["climbed"], "the top is told again, he is not"
    assert told(runtime, village.duty_officer.person_id) == ["climbed", "climbed"]
    assert case_row(runtime, opened.id).rung == 2
    assert go(runtime, late, opened.id, "accept").stage == "sorting"


def test_an_office_that_must_not_hear_of_a_matter_does_not_hear_of_it_through_a_newcomer(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    raise_case(runtime, village.villager, category="order")
    pass_hours(runtime, clock, 8.1)
    with transaction(runtime, SYSTEM) as tx:
        late = official(tx, "secretary", "新来的书记")
    pass_hours(runtime, clock, 8.1)
    pass_hours(runtime, clock, 24.1)
    assert "climbed" in told(runtime, village.duty_officer.person_id)
    assert told(runtime, late.person_id) == []


def test_when_nobody_at_all_can_be_told_it_is_tried_again_until_somebody_can(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    silence(runtime, village.keeper, village.secretary, village.dispatcher, village.duty_officer)
    opened = raise_case(runtime, village.villager)
    assert told(runtime, village.keeper.person_id).count("new") == 1
    pass_hours(runtime, clock, 25)
    with transaction(runtime, SYSTEM) as tx:
        late = official(tx, "secretary", "新来的书记")
    pass_hours(runtime, clock, 25)
    assert "climbed" in told(runtime, late.person_id)
    assert go(runtime, late, opened.id, "accept").stage == "sorting"


def test_silence_draws_a_re_checker_of_another_zone_whose_word_closes(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    case_id = answered(runtime, village)
    pass_hours(runtime, clock, 24 * 6)
    assert case_row(runtime, case_id).stage == "answered"
    pass_hours(runtime, clock, 24 * 3)
    assert case_row(runtime, case_id).stage == "recheck"
    (drawn,) = sitting(runtime, case_id, "checker")
    checker = next(one for one in village.checkers if one.person_id == drawn)
    assert told(runtime, drawn) == ["drawn"]
    assert go(runtime, checker, case_id, "yes", score="基本满意").outcome == "solved"


def test_the_villager_may_still_speak_while_the_re_checker_is_under_way(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    case_id = answered(runtime, village)
    pass_hours(runtime, clock, 24 * 9)
    assert go(runtime, village.villager, case_id, "no", text="还是不亮").stage == "working"


def test_a_re_checker_who_does_nothing_is_replaced_by_another(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    case_id = answered(runtime, village)
    pass_hours(runtime, clock, 24 * 9)
    (first,) = sitting(runtime, case_id, "checker")
    pass_hours(runtime, clock, 24 * 9)
    states = sitting(runtime, case_id, "checker")
    assert (states.pop(first), list(states.values())) == ("released", ["holds"])


def test_without_any_re_checker_the_case_stays_open_and_the_ladder_hears_of_it(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    silence(runtime, *village.checkers)
    case_id = answered(runtime, village)
    pass_hours(runtime, clock, 24 * 9)
    case = case_row(runtime, case_id)
    assert (case.stage, case.outcome) == ("answered", None)
    assert "climbed" in told(runtime, village.secretary.person_id)
    with transaction(runtime, SYSTEM) as tx:
        official(tx, "rechecker", "后来的回访员")
    pass_hours(runtime, clock, 25)
    assert case_row(runtime, case_id).stage == "recheck"


def test_two_who_accept_at_once_one_wins_and_the_other_is_told_who(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager)
    pass_hours(runtime, clock, 8.1)
    said: list[str] = []
    both = threading.Barrier(2)

    def accept(who: object) -> None:
        both.wait()
        try:
            go(runtime, who, opened.id, "accept")  # type: ignore[arg-type]
            said.append("won")
        except TakenByOther as taken:
            said.append(taken.sentence)

    threads = [threading.Thread(target=accept, args=(who,)) for who in (village.keeper, village.secretary)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said.count("won") == 1
    (lost,) = [one for one in said if one != "won"]
    assert "段永平" in lost or "孟德胜" in lost
    assert timeline(runtime, opened.id).count("accept") == 1


def test_a_promised_day_is_reminded_of_and_climbs_when_it_passes(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager, category="habitat")
    go(runtime, village.keeper, opened.id, "accept")
    go(runtime, village.keeper, opened.id, "confirm", text="是坏了")
    go(runtime, village.keeper, opened.id, "whistle", unit="clerk@village", basis="村里统一修")
    go(runtime, village.clerk, opened.id, "report", by="2026-11-04")
    pass_hours(runtime, clock, 24 * 3)
    assert "promise_late" in told(runtime, village.clerk.person_id)
    assert told(runtime, village.secretary.person_id) == ["climbed"]


def words_of(runtime: Runtime, person_id: UUID) -> str:
    """What somebody read last, in the app."""
    with reading(runtime) as db:
        found = inbox_of(db, runtime.vault, person_id, messages=runtime.presets["messages"], after=None, limit=1)
        return found[0].text


def test_a_reminder_that_comes_late_says_that_the_time_has_passed_and_what_happens_next(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    raise_case(runtime, village.villager)
    pass_hours(runtime, clock, 24)
    assert told(runtime, village.keeper.person_id) == ["late", "new"], "of several that passed unseen only the last"
    said = words_of(runtime, village.keeper.person_id)
    assert "该11月2日17点00分前办，时间已经过了，已经请上一级过问。请您今天就办" in said
    assert told(runtime, village.secretary.person_id) == ["climbed"]


def test_a_villager_whose_word_is_late_hears_that_it_still_counts(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    case_id = answered(runtime, village)
    pass_hours(runtime, clock, 24 * 30)
    said = words_of(runtime, village.villager.person_id)
    assert "没等到您的话，会请人上门问一声。您现在说声解决没解决，也算数。" in said
    assert go(runtime, village.villager, case_id, "yes", score="满意").outcome == "solved"  # type: ignore[arg-type]


def test_whoever_is_urged_after_the_time_is_not_told_a_time_that_has_passed(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager)
    pass_hours(runtime, clock, 24)
    clock.set(clock.now() + timedelta(minutes=5), rate=0)
    with transaction(runtime, village.villager.actor) as tx:
        urge_case(tx, opened.id, urge_id=tx.new_id())
    assert "请在今天办，办不了也给个话" in words_of(runtime, village.keeper.person_id)


def test_a_promise_is_reminded_of_by_its_own_day(runtime: Runtime, village: Roster, clock: MovableClock) -> None:
    opened = raise_case(runtime, village.villager)
    for move, form in (("accept", {}), ("confirm", {"text": "是"})):
        go(runtime, village.keeper, opened.id, move, **form)
    go(runtime, village.keeper, opened.id, "whistle", unit="clerk@village", basis="村里修")
    go(runtime, village.clerk, opened.id, "report", by="2026-11-04")
    pass_hours(runtime, clock, 53)
    assert "您说好11月4日前办好，别忘了" in words_of(runtime, village.clerk.person_id)


def test_where_no_sms_can_be_sent_a_rung_that_has_only_a_number_is_passed_over_at_once(
    settings: Settings, runtime: Runtime, village: Roster
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_credit(tx, make_account(tx, village.keeper.person_id))  # one more reminder is no word of a whistle
        make_credit(tx, make_account(tx, village.dispatcher.person_id), template="case_new")
    mute = build_runtime(replace(settings, sms=Sms()), ports=runtime.ports)
    opened = raise_case(mute, village.villager)
    mute.engine.dispose()
    assert list(sitting(runtime, opened.id, "owner")) == [village.dispatcher.person_id]
    assert told(runtime, village.keeper.person_id) == ["passed"]
