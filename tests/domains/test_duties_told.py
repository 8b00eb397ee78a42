"""What reminders say: counts to everybody, homes only in the app, and each week to cadres how far their place is."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.domains.duties import rules, sweeps
from app.domains.notices import actions as notices
from app.domains.notices import queries as letters
from app.domains.notices.preset import Template
from app.kernel.access import SYSTEM
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import SHANGHAI
from tests.makers.areas import NEXT_VILLAGE, TOWN, make_area
from tests.makers.duties import messages_for
from tests.makers.notices import Outside, make_credit, take, with_outside
from tests.makers.visits import Someone, make_cadre, make_door, make_keeper, make_visit

MONDAY = datetime(2026, 11, 9, 8, tzinfo=SHANGHAI)
TWENTIETH = datetime(2026, 11, 20, 9, tzinfo=SHANGHAI)


def letter_to(runtime: Runtime, who: Someone, template: str) -> tuple[str, str]:
    """The newest message of this kind as its person reads it in the app."""
    with reading(runtime) as db:
        wanted = [one.id for one in messages_for(runtime, who.person_id) if one.template == template]
        page = letters.inbox_of(
            db, runtime.vault, who.person_id, messages=runtime.presets["messages"], after=None, limit=30
        )
    (letter,) = [one for one in page if one.message_id == wanted[-1]]
    return letter.title, letter.text


def remind(runtime: Runtime, clock: MovableClock, at: datetime) -> None:
    clock.set(at, rate=0)
    sweeps.send_due_reminders(runtime)


def test_the_app_names_the_homes_that_wait_the_longest_and_how_many_more_there_are(
    runtime: Runtime, clock: MovableClock
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        busy = make_keeper(tx)
    for number in range(1, 8):
        last = None if number > 6 else datetime(2026, 10, number, tzinfo=SHANGHAI)
        make_door(runtime, keeper=busy, number=f"{number:03}", group="3组", last_visit_at=last)
    sweeps.open_due_periods(runtime)
    remind(runtime, clock, TWENTIETH)
    title, words = letter_to(runtime, busy, "visit_reminder")
    assert title == "还有 7 户没去"
    assert words.endswith("还没去的：3组 007、3组 001、3组 002、3组 003、3组 004，还有 2 户。")


def test_what_leaves_by_wechat_or_sms_names_no_home(runtime: Runtime, clock: MovableClock) -> None:
    with transaction(runtime, SYSTEM) as tx:
        busy = make_keeper(tx)
        assert busy.actor.account_id
        make_credit(tx, busy.actor.account_id)
    make_door(runtime, keeper=busy, number="007", group="3组")
    sweeps.open_due_periods(runtime)
    remind(runtime, clock, TWENTIETH)
    post = with_outside(runtime, Outside())
    (sent,) = [notices.outgoing(post, job) for job in take(post) if job.taken.tried.template == "visit_reminder"]
    assert sent.template.fields["number2"] == "1"
    assert "007" not in f"{sent.text} {sent.template.fields}"


def test_a_template_that_would_send_a_home_by_sms_is_refused() -> None:
    facts = {"title": "{left} 户", "inbox": "{left} 户", "page": "pages/zone/index", "values": ["left"]}
    with pytest.raises(ValueError, match="homes"):
        Template.model_validate({**facts, "sms": "{homes}", "inbox_details": "{homes}", "details": ["homes"]})
    with pytest.raises(ValueError, match="details"):
        Template.model_validate({**facts, "sms": "短信", "inbox_details": "{homes}", "details": []})


def test_each_monday_a_village_cadre_hears_how_far_the_village_is_and_with_whom_most_waits(
    runtime: Runtime, clock: MovableClock
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        cadre, slow, quick = make_cadre(tx), make_keeper(tx, "卢大山"), make_keeper(tx, "马会计")
    for _ in range(3):
        make_door(runtime, keeper=slow)
    one, _ = make_door(runtime, keeper=quick), make_door(runtime, keeper=quick)
    make_door(runtime, keeper=quick, flags=("外出",))
    make_door(runtime, path=NEXT_VILLAGE)
    sweeps.open_due_periods(runtime)
    make_visit(runtime, one)
    remind(runtime, clock, MONDAY)
    title, words = letter_to(runtime, cadre, "village_digest")
    assert title == "全村走了 1 户"
    assert "11月山口村该走 5 户，走了 1 户，还有 4 户。" in words
    assert words.endswith("没走到最多的：卢大山 3 户、马会计 1 户。")
    assert [message.template for message in messages_for(runtime, cadre.person_id)] == ["village_digest"]


def test_each_monday_a_town_cadre_hears_in_which_villages_most_waits(runtime: Runtime, clock: MovableClock) -> None:
    with transaction(runtime, SYSTEM) as tx:
        cadre = make_cadre(tx, "钱镇长", path=TOWN, role="town_cadre")
        make_area(tx, NEXT_VILLAGE)
    done = make_door(runtime)
    for _ in range(2):
        make_door(runtime, path=NEXT_VILLAGE)
    sweeps.open_due_periods(runtime)
    make_visit(runtime, done)
    remind(runtime, clock, MONDAY)
    title, words = letter_to(runtime, cadre, "town_digest")
    assert title == "各村走了 1 户"
    assert "五龙口镇该走 3 户，走了 1 户，还有 2 户。" in words
    assert words.endswith("没走到最多的村：白龙庙村 2 户。")


def test_a_cadre_of_a_place_that_owes_nothing_is_not_told_and_one_is_told_once(
    runtime: Runtime, clock: MovableClock
) -> None:
    with transaction(runtime, SYSTEM) as tx:
        idle, busy = make_cadre(tx, path=NEXT_VILLAGE), make_cadre(tx, "钱文书")
    make_door(runtime)
    sweeps.open_due_periods(runtime)
    for _ in range(2):
        remind(runtime, clock, MONDAY)
    assert [len(messages_for(runtime, who.person_id)) for who in (idle, busy)] == [0, 1]


def test_what_the_shipped_duties_say_fits_the_shipped_messages_and_roles(runtime: Runtime) -> None:
    presets = runtime.presets
    for duty in presets["duties"].values():
        assert presets["messages"].templates[duty.reminder].details == {"homes"}
        assert presets["messages"].templates[duty.digest].details == {"homes"}
        for look in duty.weekly.looks:
            assert presets["messages"].templates[look.template].details == {"where"}
            assert look.role in presets["roles"]


def test_homes_are_said_with_how_many_more_there_are() -> None:
    assert rules.says_homes(["1组 001"], 1) == "1组 001"
    assert rules.says_homes(["1组 001", "1组 002"], 9) == "1组 001、1组 002，还有 7 户"
