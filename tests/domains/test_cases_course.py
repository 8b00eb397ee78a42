"""A case from its opening to the villager's word, by both kinds that are shipped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError

from app.adapters.database import engine_for
from app.domains.cases import queries
from app.domains.cases.errors import (
    CaseNotFound,
    MovedOn,
    NeedMissing,
    NotTheSame,
    NotYourMove,
    TakenByOther,
    WrongForm,
)
from app.domains.cases.models import Answer, CaseEntry, CaseFile
from app.domains.cases.sweeps import escalate_overdue
from app.kernel import policies
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.policies import UnknownPolicy
from app.kernel.presets import FOLDER, version_of_text
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.settings import Database
from tests.conftest import MORNING
from tests.makers.areas import make_household
from tests.makers.cases import (
    Roster,
    case_row,
    go,
    make_roster,
    raise_case,
    sitting,
    timeline,
    timers_of,
    told,
)
from tests.makers.visits import Someone, make_villager

PHOTO = [str(uuid4())]


@pytest.fixture
def village(runtime: Runtime) -> Roster:
    return make_roster(runtime)


def test_a_matter_goes_from_its_opening_to_the_villagers_word(runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    assert opened.number == "哨2026-101-0001"
    assert told(runtime, village.keeper.person_id) == ["new"]
    go(runtime, village.keeper, opened.id, "accept")
    assert told(runtime, village.villager.person_id) == ["moved"]
    go(runtime, village.keeper, opened.id, "confirm", text="去看了，是坏了")
    go(runtime, village.keeper, opened.id, "do_self")
    go(runtime, village.keeper, opened.id, "done", text="换了灯泡", photos=PHOTO)
    assert "word" in told(runtime, village.villager.person_id)
    moved = go(runtime, village.villager, opened.id, "yes", score="满意")
    assert (moved.stage, moved.outcome) == ("closed", "solved")
    case = case_row(runtime, opened.id)
    assert (case.rating, case.closed_at) == ("满意", MORNING)
    assert timeline(runtime, opened.id) == ["opened", "accept", "confirm", "do_self", "done", "yes"]
    assert told(runtime, village.keeper.person_id) == ["closed", "new"]
    assert {t.state for t in timers_of(runtime, opened.id).values()} == {"ended"}


def test_numbers_of_a_town_follow_each_other_without_a_gap(runtime: Runtime, village: Roster) -> None:
    with pytest.raises(WrongForm):
        raise_case(runtime, village.villager, form={"text": "长" * 501})
    numbers = [raise_case(runtime, village.villager).number[-4:] for _ in range(3)]
    assert numbers == ["0001", "0002", "0003"]


def test_only_the_villagers_word_closes(runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    go(runtime, village.keeper, opened.id, "accept")
    go(runtime, village.keeper, opened.id, "confirm", text="是坏了")
    go(runtime, village.keeper, opened.id, "do_self")
    with pytest.raises(MovedOn):
        go(runtime, village.villager, opened.id, "yes", score="满意")
    go(runtime, village.keeper, opened.id, "done", text="换了", photos=PHOTO)
    for one in (village.keeper, village.secretary):
        with pytest.raises((NotYourMove, TakenByOther, CaseNotFound)):
            go(runtime, one, opened.id, "yes", score="满意")
    assert case_row(runtime, opened.id).stage == "answered"


def test_a_no_goes_back_climbs_and_starts_the_clock_anew(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager)
    for move, form in (
        ("accept", {}),
        ("confirm", {"text": "是"}),
        ("do_self", {}),
        ("done", {"text": "换了", "photos": PHOTO}),
    ):
        go(runtime, village.keeper, opened.id, move, **form)
    first = timers_of(runtime, opened.id)["solve"]
    assert first.state == "paused"
    clock.set(MORNING + timedelta(days=2), rate=0)
    moved = go(runtime, village.villager, opened.id, "no", text="晚上还是不亮")
    assert moved.stage == "working"
    again = timers_of(runtime, opened.id)["solve"]
    assert (again.state, again.started_at > first.started_at) == ("running", True)
    assert told(runtime, village.secretary.person_id) == ["climbed"]
    assert "remind" in told(runtime, village.keeper.person_id)
    assert case_row(runtime, opened.id).rung == 0


def test_a_called_unit_reports_and_promises_a_day(runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    go(runtime, village.keeper, opened.id, "accept")
    go(runtime, village.keeper, opened.id, "confirm", text="是坏了")
    go(
        runtime,
        village.keeper,
        opened.id,
        "whistle",
        unit="dispatcher@town",
        basis="路灯归镇里管",
        helpers=["clerk@village"],
    )
    assert told(runtime, village.dispatcher.person_id) == ["new"]
    assert sitting(runtime, opened.id, "helper") == {village.clerk.person_id: "holds"}
    go(runtime, village.dispatcher, opened.id, "report", by="2026-11-06", what="换灯头")
    timers = timers_of(runtime, opened.id)
    assert (timers["task:promise"].state, timers["report"].state) == ("running", "ended")
    go(runtime, village.dispatcher, opened.id, "done", text="换了", photos=PHOTO)
    assert timers_of(runtime, opened.id)["task:promise"].state == "ended"


@pytest.mark.parametrize("day", ["2026-11-01", "1900-01-01", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_over_or_that_no_calendar_reaches_is_no_promise(
    runtime: Runtime, village: Roster, day: str
) -> None:
    opened = raise_case(runtime, village.villager)
    go(runtime, village.keeper, opened.id, "accept")
    go(runtime, village.keeper, opened.id, "confirm", text="是坏了")
    go(runtime, village.keeper, opened.id, "whistle", unit="clerk@village", basis="村里统一修")
    with pytest.raises(WrongForm):
        go(runtime, village.clerk, opened.id, "report", by=day)
    assert go(runtime, village.clerk, opened.id, "report", by="2026-11-02").stage == "working"


def test_a_transfer_needs_the_next_unit_and_a_ground_and_keeps_the_clock_running(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager)
    before = timers_of(runtime, opened.id)["solve"].due_at
    clock.set(MORNING + timedelta(hours=3), rate=0)
    with pytest.raises(WrongForm, match=r"wrong_form"):
        go(runtime, village.keeper, opened.id, "transfer", unit="clerk@village")
    go(runtime, village.keeper, opened.id, "transfer", unit="clerk@village", basis="村里统一修")
    report = timers_of(runtime, opened.id)["report"].due_at
    clock.set(MORNING + timedelta(hours=5), rate=0)
    go(runtime, village.clerk, opened.id, "transfer", unit="dispatcher@town", basis="路灯归镇里管")
    timers = timers_of(runtime, opened.id)
    assert (timers["solve"].due_at, timers["report"].due_at) == (before, report)
    assert sitting(runtime, opened.id, "lead") == {
        village.clerk.person_id: "released",
        village.dispatcher.person_id: "asked",
    }
    with pytest.raises(NeedMissing):
        go(runtime, village.dispatcher, opened.id, "transfer", unit="clerk@village", basis="还是村里修")


def test_a_villager_reports_for_a_parent_and_both_are_heard(runtime: Runtime, village: Roster) -> None:
    opened = raise_case(
        runtime, village.villager, form={"text": "我妈家停水了", "who": str(village.elder_id)}, category="living"
    )
    assert sitting(runtime, opened.id, "elder") == {village.elder_id: "holds"}
    with transaction(runtime, SYSTEM) as tx:
        other = make_household(tx, head="侯建设")
        stranger = make_villager(tx, other, "侯小军")
    with pytest.raises(CaseNotFound):
        go(runtime, stranger, opened.id, "withdraw")


def test_a_villager_withdraws_what_he_raised(runtime: Runtime, village: Roster) -> None:
    opened = raise_case(runtime, village.villager)
    assert go(runtime, village.villager, opened.id, "withdraw").outcome == "withdrawn"
    assert told(runtime, village.keeper.person_id) == ["new"]
    with pytest.raises(MovedOn):
        go(runtime, village.keeper, opened.id, "accept")


def test_it_can_be_reopened_within_thirty_days_and_not_later(
    runtime: Runtime, village: Roster, clock: MovableClock
) -> None:
    opened = raise_case(runtime, village.villager)
    for move, form in (
        ("accept", {}),
        ("confirm", {"text": "是"}),
        ("do_self", {}),
        ("done", {"text": "换了", "photos": PHOTO}),
    ):
        go(runtime, village.keeper, opened.id, move, **form)
    go(runtime, village.villager, opened.id, "yes", score="满意")
    clock.set(MORNING + timedelta(days=29), rate=0)
    assert go(runtime, village.villager, opened.id, "reopen", text="又坏了").stage == "working"
    case = case_row(runtime, opened.id)
    assert (case.outcome, case.closed_at) == (None, None)
    go(runtime, village.keeper, opened.id, "done", text="又换了", photos=PHOTO)
    go(runtime, village.villager, opened.id, "yes", score="基本满意")
    clock.set(MORNING + timedelta(days=60), rate=0)
    with pytest.raises(NeedMissing):
        go(runtime, village.villager, opened.id, "reopen", text="又坏了")


def test_alike_cases_nearby_are_merged_and_everybody_who_raised_them_is_kept_and_told(
    runtime: Runtime, village: Roster
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        home = make_household(tx, keeper_id=village.keeper.person_id, head="侯建设")
        neighbour = make_villager(tx, home, "侯小军")
    first, second = raise_case(runtime, village.villager), raise_case(runtime, neighbour)
    go(runtime, village.keeper, second.id, "accept")
    go(runtime, village.keeper, second.id, "merge", into=str(first.id))
    assert case_row(runtime, second.id).merged_into == first.id
    assert set(sitting(runtime, first.id, "reporter")) == {village.villager.person_id, neighbour.person_id}
    assert "merged" in told(runtime, neighbour.person_id)
    assert "merged" in told(runtime, village.villager.person_id)
    assert go(runtime, neighbour, first.id, "withdraw").outcome is None
    assert sitting(runtime, first.id, "reporter")[neighbour.person_id] == "released"


def test_a_complaint_is_not_merged_into_a_matter_that_lies_with_whoever_is_complained_of(
    runtime: Runtime, village: Roster
) -> None:
    plain = raise_case(runtime, village.villager)
    complaint = raise_case(runtime, village.villager, form={"text": "他几回都不管", "about": ["member@zone"]})
    (asked,) = (p for p, state in sitting(runtime, complaint.id, "owner").items() if state == "asked")
    assert asked == village.secretary.person_id
    go(runtime, village.secretary, complaint.id, "accept")
    with pytest.raises(NotTheSame):
        go(runtime, village.secretary, complaint.id, "merge", into=str(plain.id))
    again = raise_case(runtime, village.villager, form={"text": "还是不管", "about": ["member@zone"]})
    go(runtime, village.secretary, again.id, "accept")
    assert go(runtime, village.secretary, again.id, "merge", into=str(complaint.id)).outcome == "merged"


def test_an_errand_is_run_to_its_end(runtime: Runtime, village: Roster, clock: MovableClock) -> None:
    form = {"who": str(village.elder_id), "relative": str(village.villager.person_id), "text": "办老年卡"}
    opened = raise_case(runtime, village.villager, kind="errand", category="papers", form=form)
    assert opened.number == "办2026-101-0001"
    with pytest.raises(NeedMissing):
        go(runtime, village.agent, opened.id, "accept")
    go(runtime, village.villager, opened.id, "agree", how="录了音", voice=str(uuid4()))
    go(runtime, village.agent, opened.id, "accept")
    go(runtime, village.agent, opened.id, "take", list=["身份证", "一寸照片"])
    assert told(runtime, village.elder_id).count("receipt") == 1
    run = timers_of(runtime, opened.id)["run"]
    go(runtime, village.agent, opened.id, "wait")
    assert timers_of(runtime, opened.id)["run"].state == "paused"
    clock.set(MORNING + timedelta(days=14), rate=0)
    go(runtime, village.agent, opened.id, "got")
    later = timers_of(runtime, opened.id)["run"]
    assert later.state == "running"
    assert later.due_at == run.due_at + timedelta(days=14)
    go(runtime, village.agent, opened.id, "hand", list=["身份证", "老年卡"], left=["一寸照片"])
    assert go(runtime, village.villager, opened.id, "yes").outcome == "solved"
    assert timeline(runtime, opened.id) == ["opened", "agree", "accept", "take", "wait", "got", "hand", "yes"]


def test_what_the_agent_has_taken_in_is_counted_back_before_an_errand_ends(runtime: Runtime, village: Roster) -> None:
    form = {"who": str(village.villager.person_id), "text": "办老年卡"}
    opened = raise_case(runtime, village.villager, kind="errand", category="papers", form=form)
    go(runtime, village.agent, opened.id, "accept")
    go(runtime, village.agent, opened.id, "take", list=["身份证", "户口本", "一寸照片", "一寸照片"])
    assert held_as_seen_by(runtime, village.villager, opened.id) == ["一寸照片", "一寸照片", "户口本", "身份证"]
    with pytest.raises(NeedMissing) as refused:
        go(runtime, village.agent, opened.id, "hand", list=["身份证", "老年卡"], left=["一寸照片"])
    assert "户口本、一寸照片" in refused.value.sentence
    everything = {"list": ["身份证", "老年卡", "户口本"], "left": ["一寸照片", "一寸照片"]}
    go(runtime, village.agent, opened.id, "hand", **everything)
    assert held_as_seen_by(runtime, village.villager, opened.id) == []
    go(runtime, village.villager, opened.id, "no", text="户口本没见着")
    assert "户口本" in held_as_seen_by(runtime, village.villager, opened.id)
    with pytest.raises(NeedMissing):
        go(runtime, village.agent, opened.id, "hand", list=["身份证"])
    go(runtime, village.agent, opened.id, "hand", **everything)
    assert go(runtime, village.villager, opened.id, "yes").outcome == "solved"


def held_as_seen_by(runtime: Runtime, who: Someone, case_id: UUID) -> list[str]:
    """The papers that somebody sees in the agent's hands."""
    with reading(runtime) as db:
        return sorted(queries.case_of(db, runtime.vault, actor=who.actor, case_id=case_id).held)


def test_a_case_goes_on_under_the_rules_it_was_opened_under(
    runtime: Runtime, village: Roster, database: Database, clock: MovableClock
) -> None:
    text = (FOLDER / "cases" / "whistle.toml").read_text(encoding="utf-8")
    slower = text.replace(
        "due = { urgent = 1, normal = 8, complex = 24 } }\nreport",
        "due = { urgent = 1, normal = 80, complex = 99 } }\nreport",
    )
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        policies.keep(connection, "cases/whistle", slower)
    engine.dispose()
    opened = raise_case(runtime, village.villager)
    versions = {**runtime.presets["cases_versions"], "whistle": version_of_text(slower)}
    changed = replace(runtime, presets={**runtime.presets, "cases_versions": versions})
    later = raise_case(changed, village.villager)
    first, second = (timers_of(runtime, one.id)["accept"].due_at for one in (opened, later))
    assert (first - MORNING, second - MORNING) == (timedelta(hours=8), timedelta(hours=80))
    clock.set(MORNING + timedelta(hours=9), rate=0)
    escalate_overdue(changed)
    assert timeline(runtime, opened.id)[-1] == "climbed"
    assert "climbed" not in timeline(runtime, later.id)


def test_a_version_that_is_not_registered_opens_no_case(runtime: Runtime, village: Roster) -> None:
    changed = replace(runtime, presets={**runtime.presets, "cases_versions": {"whistle": "0" * 12}})
    with pytest.raises(UnknownPolicy):
        raise_case(changed, village.villager)


def test_the_timeline_and_what_was_written_can_not_be_changed(runtime: Runtime, village: Roster) -> None:
    raise_case(runtime, village.villager)
    for model in (CaseEntry, Answer, CaseFile):
        with pytest.raises(DBAPIError), transaction(runtime, SYSTEM) as tx:
            tx.db.execute(delete(model))


def test_what_is_written_is_sealed(runtime: Runtime, village: Roster) -> None:
    raise_case(runtime, village.villager, form={"text": "谁也不该读到的话"})
    with reading(runtime) as db:
        assert all("谁也不该读到的话".encode() not in one for one in db.scalars(select(Answer.body_sealed)))
