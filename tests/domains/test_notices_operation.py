"""What an operator asks about messages, and the second chance of a dead one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.domains.areas.models import Person
from app.domains.audit.models import Entry
from app.domains.notices import actions as notices
from app.domains.notices import queries
from app.domains.notices.errors import NotRetriable
from app.domains.notices.models import Lane, Message
from app.domains.notices.queries import Reach
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.main import build_runtime
from app.settings import Settings, Sms
from tests.makers.areas import COUNTY, NEXT_VILLAGE, VILLAGE, make_household, make_person
from tests.makers.identity import make_account
from tests.makers.notices import Outside, make_credit, make_message, rows, with_outside

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


@pytest.fixture
def dead(runtime: Runtime, tx_as: TxAs) -> UUID:
    """An alarm that reached nobody."""
    with tx_as(SYSTEM) as tx:
        make_message(tx, make_person(tx), urgency="alarm")
    with transaction(with_outside(runtime, Outside()), SYSTEM) as tx:
        notices.take(tx, 10)
    (message_id,) = rows(runtime, select(Message.id).where(Message.state == "failed"))
    assert isinstance(message_id, UUID)
    return message_id


@pytest.mark.usefixtures("dead")
def test_dead_letters_are_counted_and_listed_page_by_page(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        for n in range(4):
            make_message(tx, make_person(tx), f"k{n}")
        tx.db.execute(
            text("UPDATE notices_message SET state = 'unknown', ended_at = created_at WHERE state = 'waiting'")
        )
    with reading(runtime) as db:
        assert queries.dead_count(db) == 5
        first = queries.dead_letters(db, limit=3)
        last = first[-1]
        assert last.ended_at
        rest = queries.dead_letters(db, after=(last.ended_at, last.message_id), limit=3)
    assert len({one.message_id for one in (*first, *rest)}) == 5


@pytest.mark.usefixtures("tx_as")
def test_a_dead_letter_gets_a_second_chance_on_every_channel_and_it_is_on_record(runtime: Runtime, dead: UUID) -> None:
    outside = Outside()
    post = with_outside(runtime, outside)
    with transaction(post, SYSTEM) as tx:
        tx.db.execute(update(Person).values(phone_sealed=None))
        (person,) = tx.db.scalars(select(Message.person_id))
        make_credit(tx, make_account(tx, person))
        assert notices.send_again(tx, [dead]) == 1
    with transaction(post, SYSTEM) as tx:
        (job,) = notices.take(tx, 10)
    assert job.taken.message_id == dead
    assert len(rows(runtime, select(Entry).where(Entry.action == "notices.send_again"))) == 1


def test_what_has_arrived_cannot_be_sent_again(tx_as: TxAs, dead: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        tx.db.execute(text("UPDATE notices_message SET state = 'sent'"))
        with pytest.raises(NotRetriable):
            notices.send_again(tx, [dead])


def test_a_backlog_is_noticed(runtime: Runtime, tx_as: TxAs, clock: MovableClock) -> None:
    start = clock.now()
    with tx_as(SYSTEM) as tx:
        make_message(tx, make_person(tx))
    with reading(runtime) as db:
        assert queries.waiting_longer_than(db, start - timedelta(minutes=5)) == 0
        assert queries.waiting_longer_than(db, start + timedelta(minutes=5)) == 1


def test_lanes_that_rest_or_need_an_operator_are_named_with_their_reason(runtime: Runtime, tx_as: TxAs) -> None:
    lanes = {"broken": (-10, True), "used_up": (10, False), "rested": (-10, False)}
    with tx_as(SYSTEM) as tx:
        for name, (minutes, needs) in lanes.items():
            rests = tx.now + timedelta(minutes=minutes)
            tx.add(Lane, channel=name, rests_until=rests, reason="45009", needs_operator=needs, updated_at=tx.now)
    with reading(runtime) as db:
        assert queries.lanes_in_trouble(db, runtime.clock.now()) == ["broken (45009)", "used_up (45009)"]


def test_reachability_counts_keepers_whom_some_channel_would_ring(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        by_phone = make_person(tx, phone="13800000001")
        by_wechat, silent, elsewhere = (make_person(tx) for _ in range(3))
        make_credit(tx, make_account(tx, by_wechat))
        make_account(tx, silent)
        for keeper in (by_phone, by_phone, by_wechat, silent):
            make_household(tx, keeper_id=keeper)
        make_household(tx, keeper_id=elsewhere, path=NEXT_VILLAGE)
    with reading(runtime) as db:
        assert queries.reachability(db, VILLAGE) == Reach(3, 2)
        assert queries.reachability(db, COUNTY) == Reach(4, 2)


def test_a_phone_number_reaches_nobody_where_no_sms_can_be_sent(
    settings: Settings, runtime: Runtime, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        by_phone, by_wechat = make_person(tx, phone="13800000001"), make_person(tx, phone="13800000002")
        make_credit(tx, make_account(tx, by_wechat))
        for keeper in (by_phone, by_wechat):
            make_household(tx, keeper_id=keeper)
    mute = build_runtime(replace(settings, sms=Sms()), ports=runtime.ports)
    with reading(mute) as db:
        assert queries.reachability(db, COUNTY) == Reach(2, 1)
        assert queries.reachable(db, [by_phone, by_wechat]) == {by_wechat}
    mute.engine.dispose()
