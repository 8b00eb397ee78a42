"""The way of a message from the row to the phone, over a real database and providers in memory."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.domains.identity.models import Account
from app.domains.notices.models import Lane, Message, Preference, Try
from app.domains.notices.ports import Outcome, SendResult, Why
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import SHANGHAI
from tests.makers.areas import make_person
from tests.makers.identity import make_account
from tests.makers.notices import (
    BUSY,
    NO_CONSENT,
    Outside,
    credit,
    make_credit,
    make_message,
    only,
    remind,
    rows,
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


# ------------------------------------------------------------------ the straight way


def test_a_message_reaches_the_phone_in_words_and_uses_up_one_credit(
    post: Runtime, outside: Outside, member: UUID
) -> None:
    remind(post, member)
    turn(post)
    (sent,) = outside.subscribe.delivered
    assert sent.template.template_id == "example-visit-reminder"
    assert sent.template.fields["thing1"] == "9还有 9 户没去"
    assert sent.address.startswith("openid-")
    row = only(post)
    assert (row.state, row.channel, row.outcome) == ("sent", "wechat_subscribe", "sent")
    assert row.provider_id == f"p-{row.id.hex}"
    assert credit(post) == 0


def test_the_second_message_without_a_credit_goes_by_sms(post: Runtime, outside: Outside, member: UUID) -> None:
    remind(post, member, "first")
    remind(post, member, "second")
    turn(post)
    assert len(outside.subscribe.delivered) == 1
    (text_message,) = outside.sms.delivered
    assert text_message.address == "13800000001"
    assert "户没去过" in text_message.text


def test_a_follower_of_the_official_account_is_told_there_before_an_sms_is_paid(
    post: Runtime, outside: Outside, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        account = make_account(tx, person)
        sealed = tx.vault.seal(f"identity_account.oa_openid:{account}", "oa-openid-1")
        tx.db.execute(update(Account).where(Account.id == account).values(oa_openid_sealed=sealed))
    remind(post, person)
    turn(post)
    assert [one.address for one in outside.official.delivered] == ["oa-openid-1"]
    assert not outside.sms.seen


def test_a_standing_yes_is_never_used_up(post: Runtime, outside: Outside, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        make_credit(tx, make_account(tx, person), 0, is_long_term=True)
    for key in ("a", "b", "c"):
        remind(post, person, key)
    turn(post)
    assert len(outside.subscribe.delivered) == 3


def test_whom_nobody_can_reach_finds_the_message_in_the_inbox(post: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
    remind(post, person)
    turn(post)
    row = only(post)
    assert (row.state, row.channel, row.outcome) == ("sent", "inbox", "inbox_only")


def test_an_alarm_that_nobody_can_be_told_is_a_dead_letter(post: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
    remind(post, person, urgency="alarm")
    turn(post)
    assert only(post).state == "failed"


def test_who_has_moved_away_is_not_texted(post: Runtime, outside: Outside, member: UUID) -> None:
    remind(post, member)
    with transaction(post, SYSTEM) as tx:
        tx.db.execute(text("UPDATE areas_person SET state = 'moved'"))
    turn(post)
    assert not outside.subscribe.seen
    assert only(post).channel == "inbox"


# ------------------------------------------------------------------ refusals and troubles


def test_43101_empties_the_credits_and_the_message_goes_by_sms_without_a_second_try(
    post: Runtime, outside: Outside, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        make_credit(tx, make_account(tx, person), 3)
    outside.subscribe.answer = lambda _: NO_CONSENT
    remind(post, person)
    turn(post, 2)
    assert (len(outside.subscribe.seen), len(outside.sms.delivered)) == (1, 1)
    assert credit(post) == 0
    row = only(post)
    assert (row.state, row.channel, row.tried) == ("sent", "sms", ["wechat_subscribe"])


def test_a_busy_provider_gives_the_credit_back_and_is_asked_again_later(
    post: Runtime, outside: Outside, member: UUID, clock: MovableClock
) -> None:
    outside.subscribe.answer = lambda _: BUSY
    remind(post, member)
    turn(post, 3)
    assert len(outside.subscribe.seen) == 1
    assert (only(post).state, credit(post)) == ("waiting", 1)
    clock.set(MORNING + timedelta(seconds=2), rate=0)
    turn(post)
    assert len(outside.subscribe.seen) == 2


def test_a_provider_that_stays_busy_is_left_after_six_tries(
    post: Runtime, outside: Outside, member: UUID, clock: MovableClock
) -> None:
    outside.subscribe.answer = lambda _: BUSY
    remind(post, member)
    for minute in range(8):
        clock.set(MORNING + timedelta(minutes=minute), rate=0)
        turn(post)
    assert len(outside.subscribe.seen) == 6
    assert len(outside.sms.delivered) == 1
    tries = rows(post, select(Try).order_by(Try.at, Try.attempt))
    assert [one.outcome for one in tries] == ["retry"] * 6 + ["sent"]
    assert tries[0].code == "-1"


def test_a_used_up_quota_rests_the_lane_and_messages_go_elsewhere(
    post: Runtime, outside: Outside, member: UUID
) -> None:
    midnight = datetime(2026, 11, 3, tzinfo=SHANGHAI)
    outside.subscribe.answer = lambda _: SendResult(Outcome.LIMITED, code="45009", until=midnight)
    remind(post, member)
    turn(post, 2)
    assert len(outside.subscribe.seen) == 1
    assert len(outside.sms.delivered) == 1
    (lane,) = rows(post, select(Lane))
    assert (lane.channel, lane.rests_until, lane.reason) == ("wechat_subscribe", midnight, "45009")


def test_after_a_rest_one_message_tries_and_the_others_wait_until_it_is_known(
    post: Runtime, outside: Outside, tx_as: TxAs, clock: MovableClock
) -> None:
    with tx_as(SYSTEM) as tx:
        people = [make_person(tx) for _ in range(5)]
        for person in people:
            make_credit(tx, make_account(tx, person))
    until = MORNING + timedelta(seconds=10)
    outside.subscribe.answer = lambda _: SendResult(Outcome.RETRY, code="held_back", until=until)
    for person in people:
        remind(post, person)
    turn(post)
    seen = len(outside.subscribe.seen)
    turn(post)
    assert len(outside.subscribe.seen) == seen
    clock.set(until, rate=0)
    probe = take(post)
    assert len(probe) == 1
    assert take(post) == []
    outside.subscribe.answer = Outside().subscribe.answer
    send(post, probe)
    clock.set(until + timedelta(seconds=11), rate=0)
    turn(post)
    assert len(outside.subscribe.delivered) == 5


def test_an_unknown_address_at_the_official_account_is_forgotten(post: Runtime, outside: Outside, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        account = make_account(tx, person)
        sealed = tx.vault.seal(f"identity_account.oa_openid:{account}", "oa-openid-1")
        tx.db.execute(update(Account).where(Account.id == account).values(oa_openid_sealed=sealed))
    outside.official.answer = lambda _: SendResult(Outcome.UNREACHABLE, code="43004", why=Why.NOT_FOLLOWING)
    remind(post, person)
    turn(post)
    assert rows(post, select(Account.oa_openid_sealed)) == [None]


# ------------------------------------------------------------------ urgency, night, noise


def test_alarms_leave_before_normal_messages_that_are_older(post: Runtime, member: UUID, clock: MovableClock) -> None:
    for key in ("a", "b", "c"):
        remind(post, member, key)
    clock.set(MORNING + timedelta(minutes=5), rate=0)
    remind(post, member, "alarm", urgency="alarm")
    (first,) = take(post, 1)
    assert first.taken.tried.urgency == "alarm"


def test_at_night_a_normal_message_waits_for_the_morning_and_an_alarm_does_not(
    post: Runtime, outside: Outside, member: UUID, clock: MovableClock
) -> None:
    clock.set(NIGHT, rate=0)
    remind(post, member, "normal")
    remind(post, member, "alarm", urgency="alarm")
    turn(post, 2)
    assert len(outside.subscribe.delivered) == 1
    (waiting,) = rows(post, select(Message).where(Message.state == "waiting"))
    seven = datetime(2026, 11, 3, 7, 0, tzinfo=SHANGHAI)
    assert waiting.key == "normal"
    assert seven <= waiting.next_at < seven + timedelta(minutes=10)


def test_a_persons_own_quiet_hours_count(post: Runtime, outside: Outside, member: UUID) -> None:
    with transaction(post, SYSTEM) as tx:
        tx.add(Preference, person_id=member, quiet_from=8, quiet_to=10, is_elder_view=False)
    remind(post, member)
    turn(post)
    assert not outside.subscribe.seen
    assert only(post).next_at >= datetime(2026, 11, 2, 10, 0, tzinfo=SHANGHAI)


def test_one_person_hears_at_most_twenty_one_in_three_hours_and_every_alarm(
    post: Runtime, outside: Outside, tx_as: TxAs
) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        for n in range(30):
            make_message(tx, person, f"normal{n}")
    send(post, take(post, 50))
    with tx_as(SYSTEM) as tx:
        for n in range(6):
            make_message(tx, person, f"alarm{n}", urgency="alarm")
    send(post, take(post, 50))
    assert len(outside.sms.delivered) == 21
    silent = rows(post, select(Message).where(Message.outcome == "noise"))
    assert len(silent) == 15
    assert all(one.channel == "inbox" and one.urgency == "normal" for one in silent)


def test_a_reminder_that_is_two_days_old_is_not_rung_for(
    post: Runtime, outside: Outside, member: UUID, clock: MovableClock
) -> None:
    remind(post, member)
    clock.set(MORNING + timedelta(hours=49), rate=0)
    turn(post)
    assert not outside.subscribe.seen
    assert only(post).outcome == "too_old"
