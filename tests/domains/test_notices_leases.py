"""What holds when workers die, sleep or meet: leases, fences, and what is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.notices import actions as notices
from app.domains.notices import sweeps
from app.domains.notices.actions import Report
from app.domains.notices.models import Try
from app.domains.notices.ports import Outcome, SendResult
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import SHANGHAI
from tests.makers.areas import make_person
from tests.makers.identity import make_account
from tests.makers.notices import (
    Outside,
    credit,
    make_credit,
    make_message,
    only,
    remind,
    rows,
    run_out_of_lease,
    send,
    take,
    turn,
)

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
NIGHT = datetime(2026, 11, 2, 23, 0, tzinfo=SHANGHAI)


@pytest.fixture
def member(tx_as: TxAs) -> UUID:
    """A member with a phone and an account that allowed one reminder."""
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        make_credit(tx, make_account(tx, person))
    return person


def test_two_workers_never_take_the_same_message(post: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        for n in range(12):
            make_message(tx, person, f"k{n}")
    with transaction(post, SYSTEM) as first, transaction(post, SYSTEM) as second:
        mine, theirs = notices.take(first, 6), notices.take(second, 6)
    taken = {job.taken.message_id for job in (*mine, *theirs)}
    assert len(taken) == 12


def test_two_workers_never_spend_the_same_credit(post: Runtime, member: UUID) -> None:
    for key in ("a", "b"):
        remind(post, member, key)
    channels = [job.taken.tried.channel for _ in range(2) for job in take(post, 1)]
    assert sorted(channels) == ["sms", "wechat_subscribe"]
    assert credit(post) == 0


def test_a_normal_message_of_a_dead_worker_becomes_unknown_and_is_not_sent_again(
    post: Runtime, outside: Outside, member: UUID
) -> None:
    remind(post, member)
    take(post)
    assert sweeps.expire_leases(post) == 0
    run_out_of_lease(post)
    assert sweeps.expire_leases(post) == 1
    turn(post)
    assert only(post).state == "unknown"
    assert not outside.subscribe.seen


def test_an_alarm_of_a_dead_worker_is_sent_again_once(post: Runtime, tx_as: TxAs, clock: MovableClock) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        make_credit(tx, make_account(tx, person), 5)
    remind(post, person, urgency="alarm")
    for minute in (1, 2):
        assert len(take(post)) == 1
        run_out_of_lease(post)
        sweeps.expire_leases(post)
        clock.set(MORNING + timedelta(minutes=minute), rate=0)
    assert only(post).state == "unknown"
    assert rows(post, select(Try.code)) == ["lease_expired"] * 2
    assert take(post) == []


def test_a_worker_that_wakes_after_its_lease_writes_nothing(post: Runtime, member: UUID, clock: MovableClock) -> None:
    remind(post, member, urgency="alarm")
    (stale,) = take(post)
    run_out_of_lease(post)
    sweeps.expire_leases(post)
    clock.set(MORNING + timedelta(minutes=1), rate=0)
    (fresh,) = take(post)
    with transaction(post, SYSTEM) as tx:
        notices.record(tx, [Report(stale.taken, SendResult(Outcome.SENT, provider_id="stale"))])
    row = only(post)
    assert (row.state, row.provider_id, row.attempt) == ("sending", None, fresh.taken.attempt)
    send(post, [fresh])
    assert only(post).state == "sent"


def test_a_message_that_was_never_handed_over_goes_back_with_its_credit(post: Runtime, member: UUID) -> None:
    remind(post, member)
    (job,) = take(post)
    assert credit(post) == 0
    with transaction(post, SYSTEM) as tx:
        notices.record(tx, [Report(job.taken, None)])
    assert (only(post).state, credit(post)) == ("waiting", 1)
    assert rows(post, select(Try)) == []


def test_a_clock_that_jumps_back_a_day_steals_no_lease(post: Runtime, member: UUID, clock: MovableClock) -> None:
    remind(post, member)
    take(post)
    for hours in (-24, 24):
        clock.set(MORNING + timedelta(hours=hours), rate=0)
        assert sweeps.expire_leases(post) == 0
        assert take(post) == []


def test_old_messages_are_forgotten_and_open_ones_are_kept(post: Runtime, member: UUID, clock: MovableClock) -> None:
    remind(post, member, "sent")
    turn(post)
    remind(post, member, "open")
    clock.set(MORNING + timedelta(days=401), rate=0)
    assert sweeps.purge(post) == 1
    assert only(post).key == "open"
