"""Telling everybody: nobody before the check, each person once whatever repeats, who has read, and one reminder a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.domains.areas import queries as areas
from app.domains.areas.errors import AreaNotFound
from app.domains.audit.models import Entry
from app.domains.notices import actions, errors, queries
from app.domains.notices.models import Broadcast, Message, Recipient
from app.domains.notices.rules import Audience, broadcast_key
from app.kernel.access import SYSTEM, unscoped
from app.kernel.clock import MovableClock
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from bot import media_worker
from tests.makers.areas import NEXT_VILLAGE, TOWN, VILLAGE, make_household, make_person
from tests.makers.notices import rows
from tests.makers.visits import Someone, make_cadre, make_keeper, make_villager

T = TypeVar("T")
WORDS = "明天上午九点停水，请大家今晚存一些"


class Village:
    """A cadre, a keeper with a household, its people, and somebody of the next village."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        with transaction(runtime, SYSTEM) as tx:
            self.cadre = make_cadre(tx)
            self.keeper = make_keeper(tx)
            self.household_id = make_household(tx, head="侯秀英", keeper_id=self.keeper.person_id)
            self.villager = make_villager(tx, self.household_id)
            facts = areas.household_facts(tx.db, self.household_id)
            assert facts
            assert facts.head_id
            self.silent_id = facts.head_id
            self.child_id = make_person(tx, "侯小宝", household_id=self.household_id, birth_year=2020)
            self.elsewhere = make_villager(tx, make_household(tx, path=NEXT_VILLAGE), "郝来福", path=NEXT_VILLAGE)

    def act(self, who: Someone, deed: Callable[[Tx], T]) -> T:
        with transaction(self.runtime, who.actor) as tx:
            return deed(tx)

    def write(self, who: Someone | None = None, **changes: Any) -> actions.Written:
        def deed(tx: Tx) -> actions.Written:
            facts = {"id": tx.new_id(), "area_path": VILLAGE, "audience": Audience.everybody, "words": WORDS}
            return actions.write_broadcast(tx, actions.Draft(**{**facts, "is_urgent": False, **changes}))

        return self.act(who or self.cadre, deed)

    def sent(self, **changes: Any) -> UUID:
        written = self.write(**changes)
        check(self.runtime)
        return written.id

    def one(self, broadcast_id: UUID, who: Someone | None = None) -> queries.Broadcasted | None:
        with reading(self.runtime) as db:
            actor = (who or self.cadre).actor
            return queries.broadcast_for(db, self.runtime.vault, actor=actor, broadcast_id=broadcast_id)

    def unread(self, broadcast_id: UUID) -> set[UUID]:
        with reading(self.runtime) as db:
            found = queries.unread_of(
                db, self.runtime.vault, actor=self.cadre.actor, broadcast_id=broadcast_id, limit=100
            )
        return {one.person_id for one in found}

    def told(self, broadcast_id: UUID, template: str = "broadcast") -> list[UUID]:
        mine = Message.key.startswith(broadcast_key(broadcast_id)) & (Message.template == template)
        return [one.person_id for one in rows(self.runtime, select(Message).where(mine))]


def check(runtime: Runtime) -> None:
    while media_worker.work_once(runtime):
        pass


@pytest.fixture
def village(runtime: Runtime) -> Village:
    return Village(runtime)


def test_nobody_is_told_before_the_words_are_checked(village: Village) -> None:
    written = village.write()
    assert (written.state, written.people) == ("checking", 3)
    assert village.told(written.id) == []


def test_when_the_words_have_passed_each_grown_up_of_the_place_is_told_once_but_not_who_wrote(village: Village) -> None:
    broadcast_id = village.sent()
    expected = {village.keeper.person_id, village.villager.person_id, village.silent_id}
    assert sorted(village.told(broadcast_id)) == sorted(expected)
    one = village.one(broadcast_id)
    assert one is not None
    assert (one.state, one.told_count, one.read_count) == ("sent", 3, 0)


@pytest.mark.parametrize("audience", [Audience.members, Audience.keepers])
def test_members_and_keepers_can_be_told_alone(village: Village, audience: Audience) -> None:
    assert village.told(village.sent(audience=audience)) == [village.keeper.person_id]


def test_an_audience_without_people_is_said_before_anything_is_kept(village: Village) -> None:
    with transaction(village.runtime, SYSTEM) as tx:
        boss = make_cadre(tx, "周敏", path=TOWN, role="town_cadre")
    with pytest.raises(errors.NobodyToTell):
        village.write(boss, area_path=NEXT_VILLAGE, audience=Audience.keepers)


def test_an_urgent_one_rings_at_night(village: Village) -> None:
    village.sent(is_urgent=True)
    assert {one.urgency for one in rows(village.runtime, select(Message))} == {"alarm"}


def test_words_that_may_never_be_said_reach_nobody_and_their_author_is_told_why(village: Village) -> None:
    broadcast_id = village.sent(words="这是坏话")
    one = village.one(broadcast_id)
    assert one is not None
    assert (one.state, one.refused_reason) == ("refused", "有的话不能公开说")
    told = rows(village.runtime, select(Message))
    assert [(m.person_id, m.template) for m in told] == [(village.cadre.person_id, "broadcast_refused")]


def test_only_whoever_may_writes_and_only_to_his_place(village: Village) -> None:
    for who, path in ((village.villager, VILLAGE), (village.keeper, VILLAGE), (village.cadre, NEXT_VILLAGE)):
        with pytest.raises(Forbidden):
            village.write(who, area_path=path)
    with pytest.raises(AreaNotFound):
        village.write(area_path=f"{VILLAGE}77/")


def test_another_village_finds_no_broadcast_of_ours(village: Village) -> None:
    broadcast_id = village.sent()
    with transaction(village.runtime, SYSTEM) as tx:
        other = make_cadre(tx, "孔令先", path=NEXT_VILLAGE)
    assert village.one(broadcast_id, other) is None
    with pytest.raises(errors.BroadcastNotFound):
        village.act(other, lambda tx: actions.remind_unread(tx, broadcast_id))
    with pytest.raises(errors.BroadcastNotFound):
        village.act(village.elsewhere, lambda tx: actions.read_broadcast(tx, broadcast_id))


def test_a_day_has_room_for_so_many_and_a_refused_one_does_not_count(village: Village, clock: MovableClock) -> None:
    village.sent(words="这是坏话")
    for _ in range(5):
        village.write()
    with pytest.raises(errors.ToldEnough):
        village.write()
    clock.set(clock.now() + timedelta(days=1), rate=0)
    village.write()


def test_too_many_letters_are_said(village: Village) -> None:
    with pytest.raises(errors.BroadcastTooLong):
        village.write(words="水" * 201)


@pytest.mark.parametrize("way", ["inbox", "page"])
def test_reading_it_anywhere_is_seen_by_its_author_and_nothing_waits_unread(village: Village, way: str) -> None:
    broadcast_id = village.sent()
    mine = select(Message).where(Message.person_id == village.villager.person_id)
    (message,) = rows(village.runtime, mine)
    for _ in range(2):
        if way == "inbox":
            village.act(village.villager, lambda tx: actions.mark_read(tx, message.id))
        else:
            village.act(village.villager, lambda tx: actions.read_broadcast(tx, broadcast_id))
    one = village.one(broadcast_id)
    assert one is not None
    assert one.read_count == 1
    assert village.unread(broadcast_id) == {village.keeper.person_id, village.silent_id}
    assert rows(village.runtime, mine)[0].read_at is not None


def test_who_has_not_read_is_reminded_once_a_day(village: Village, clock: MovableClock) -> None:
    broadcast_id = village.sent()
    village.act(village.villager, lambda tx: actions.read_broadcast(tx, broadcast_id))
    assert village.act(village.cadre, lambda tx: actions.remind_unread(tx, broadcast_id)) == 2
    with pytest.raises(errors.RemindedToday):
        village.act(village.cadre, lambda tx: actions.remind_unread(tx, broadcast_id))
    assert set(village.told(broadcast_id, "broadcast_again")) == {village.keeper.person_id, village.silent_id}
    clock.set(clock.now() + timedelta(days=1), rate=0)
    assert village.act(village.cadre, lambda tx: actions.remind_unread(tx, broadcast_id)) == 2


def test_nobody_is_reminded_of_what_was_not_sent(village: Village) -> None:
    written = village.write()
    with pytest.raises(errors.NotSentYet):
        village.act(village.cadre, lambda tx: actions.remind_unread(tx, written.id))


def test_who_was_told_reads_it_and_nobody_else(village: Village) -> None:
    broadcast_id = village.sent()
    with reading(village.runtime) as db:
        vault, mine, foreign = village.runtime.vault, village.villager.person_id, village.elsewhere.person_id
        told = queries.told_of(db, vault, person_id=mine, broadcast_id=broadcast_id)
        assert told is not None
        assert (told.words, told.author, told.place) == (WORDS, "赵建国", "山口村")
        assert queries.told_of(db, vault, person_id=foreign, broadcast_id=broadcast_id) is None


def test_the_audit_knows_who_wrote_and_how_many_were_told(village: Village) -> None:
    broadcast_id = village.sent()
    entries = rows(village.runtime, select(Entry).where(Entry.subject_id == broadcast_id).order_by(Entry.id))
    assert {(e.action, e.person_id) for e in entries} == {
        ("broadcast.write", village.cadre.person_id),
        ("broadcast.sent", None),
    }
    assert WORDS not in str([e.detail for e in entries])


@unscoped("a test counts everything")
def counted(runtime: Runtime) -> tuple[int, int, int]:
    """Messages, told people, and what the broadcasts say of themselves."""
    with reading(runtime) as db:
        messages = db.scalar(select(func.count()).where(Message.template == "broadcast")) or 0
        people = db.scalar(select(func.count()).select_from(Recipient)) or 0
        said = db.scalar(select(func.coalesce(func.sum(Broadcast.told_count), 0))) or 0
    return messages, people, said


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["settle", "read", "remind", "inbox"]), min_size=1, max_size=8))
def test_whatever_repeats_each_person_has_one_message_of_a_broadcast(village: Village, steps: list[str]) -> None:
    with transaction(village.runtime, SYSTEM) as tx:
        cadre = make_cadre(tx, "周敏")
    before = counted(village.runtime)
    broadcast_id = village.write(cadre).id
    check(village.runtime)
    people = len(village.told(broadcast_id))
    for step in steps:
        with transaction(village.runtime, village.villager.actor if step != "remind" else cadre.actor) as tx:
            if step == "settle":
                actions.settle_broadcast(tx, broadcast_id)
            elif step == "remind" and not tx.db.get(Broadcast, broadcast_id).reminded_on:  # type: ignore[union-attr]
                actions.remind_unread(tx, broadcast_id)
            elif step in {"read", "inbox"}:
                actions.read_broadcast(tx, broadcast_id)
    after = counted(village.runtime)
    assert [b - a for a, b in zip(before, after, strict=True)] == [people] * 3
    assert len(set(village.told(broadcast_id))) == people
