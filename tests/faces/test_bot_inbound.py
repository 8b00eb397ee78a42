"""What follows from what WeChat tells us: credits and receipts; each packet once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.domains.identity.models import Account
from app.domains.notices import actions as notices
from app.domains.notices import sweeps
from app.domains.notices.actions import Report
from app.domains.notices.models import Credit, Inbound, Message
from app.domains.notices.ports import Channels, Outcome, SendResult
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from app.kernel.values import SHANGHAI
from bot.inbound import InboundWorker
from tests.makers.areas import make_person
from tests.makers.identity import make_account
from tests.makers.notices import (
    NO_CONSENT,
    OPENID,
    Outside,
    hear,
    make_credit,
    make_inbound,
    make_message,
    rows,
)

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
REMINDER = "example-visit-reminder"


@pytest.fixture
def member(tx_as: TxAs) -> UUID:
    """A member with an account and a phone."""
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        make_account(tx, person, openid=OPENID)
    return person


def choice(word: str, template_id: str = REMINDER) -> dict[str, Any]:
    """One answer to WeChat's question."""
    return {"List": [{"TemplateId": template_id, "SubscribeStatusString": word, "PopupScene": "1"}]}


def credit(post: Runtime) -> int:
    """How many reminders are allowed."""
    return sum(rows(post, select(Credit.count)))


def sent(post: Runtime) -> Message:
    """Send the one message that waits and write it down; the row afterwards."""
    with transaction(post, SYSTEM) as tx:
        jobs = notices.take(tx, 10)
    channels = post.port(Channels)
    said = [Report(job.taken, channels[job.taken.tried.channel].send(notices.outgoing(post, job))) for job in jobs]
    with transaction(post, SYSTEM) as tx:
        notices.record(tx, said)
    (row,) = rows(post, select(Message))
    assert isinstance(row, Message)
    return row


# ------------------------------------------------------------------ credits


@pytest.mark.usefixtures("member")
def test_each_yes_is_one_message_more(post: Runtime) -> None:
    for n in range(3):
        hear(post, "subscribe_msg_popup_event", choice("accept"), key=f"k{n}")
    assert credit(post) == 3


@pytest.mark.usefixtures("member")
def test_copies_of_one_yes_count_once(post: Runtime) -> None:
    for _ in range(4):
        hear(post, "subscribe_msg_popup_event", choice("accept"), key="same")
    assert credit(post) == 1


@pytest.mark.usefixtures("member")
def test_a_no_and_a_ban_bring_nothing(post: Runtime) -> None:
    for word in ("reject", "ban", "filter"):
        hear(post, "subscribe_msg_popup_event", choice(word))
    assert credit(post) == 0


@pytest.mark.usefixtures("member")
def test_a_no_on_wechats_own_pages_takes_back_what_was_allowed(post: Runtime) -> None:
    for n in range(2):
        hear(post, "subscribe_msg_popup_event", choice("accept"), key=f"k{n}")
    hear(post, "subscribe_msg_change_event", choice("reject"))
    assert credit(post) == 0


@pytest.mark.usefixtures("member")
def test_a_yes_of_a_stranger_or_for_a_foreign_template_is_left_alone(post: Runtime) -> None:
    hear(post, "subscribe_msg_popup_event", choice("accept"), openid="openid-nobody")
    hear(post, "subscribe_msg_popup_event", choice("accept", "foreign-template"))
    assert rows(post, select(Credit)) == []
    assert set(rows(post, select(Inbound.state))) == {"done"}


# ------------------------------------------------------------------ receipts


def receipt(provider_id: str | None, code: str = "0") -> dict[str, Any]:
    """What WeChat reports about one subscribe message."""
    entry = {"TemplateId": REMINDER, "MsgID": str(provider_id), "ErrorCode": code, "ErrorStatus": "success"}
    return {"List": [entry]}


def test_a_good_receipt_is_written_beside_the_message(post: Runtime, member: UUID) -> None:
    hear(post, "subscribe_msg_popup_event", choice("accept"))
    with transaction(post, SYSTEM) as tx:
        make_message(tx, member)
    row = sent(post)
    hear(post, "subscribe_msg_sent_event", receipt(row.provider_id))
    (after,) = rows(post, select(Message))
    assert (after.state, after.outcome) == ("sent", "delivered")


def test_a_bad_receipt_lets_the_next_channel_tell(post: Runtime, outside: Outside, member: UUID) -> None:
    for n in range(3):
        hear(post, "subscribe_msg_popup_event", choice("accept"), key=f"k{n}")
    with transaction(post, SYSTEM) as tx:
        make_message(tx, member)
    row = sent(post)
    for key in ("first", "copy"):
        hear(post, "subscribe_msg_sent_event", receipt(row.provider_id, "43101"), key=key)
    assert credit(post) == 0
    after = sent(post)
    assert (after.state, after.channel) == ("sent", "sms")
    assert len(outside.sms.delivered) == 1


@pytest.mark.usefixtures("outside")
def test_a_blocked_official_account_lets_the_next_channel_tell(post: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx, phone="13800000001")
        account = make_account(tx, person)
        sealed = tx.vault.seal(f"identity_account.oa_openid:{account}", "oa-1")
        tx.db.execute(update(Account).where(Account.id == account).values(oa_openid_sealed=sealed))
        make_message(tx, person)
    row = sent(post)
    assert row.channel == "wechat_template"
    told = {"MsgID": row.provider_id, "Status": "failed:user block"}
    hear(post, "templatesendjobfinish", told, openid="oa-1", app="oa")
    assert sent(post).channel == "sms"


@pytest.mark.usefixtures("outside")
def test_a_receipt_settles_what_a_dead_worker_left_in_doubt(post: Runtime, member: UUID) -> None:
    hear(post, "subscribe_msg_popup_event", choice("accept"))
    with transaction(post, SYSTEM) as tx:
        make_message(tx, member)
    with transaction(post, SYSTEM) as tx:
        notices.take(tx, 1)
        tx.db.execute(text("UPDATE notices_message SET claimed_until = clock_timestamp() - interval '1 second'"))
    sweeps.expire_leases(post)
    assert rows(post, select(Message.state)) == ["unknown"]
    hear(post, "subscribe_msg_sent_event", receipt("1988810812324364291"))
    (after,) = rows(post, select(Message))
    assert (after.state, after.outcome, after.provider_id) == ("sent", "delivered", "1988810812324364291")


def test_a_receipt_that_comes_too_early_is_looked_at_again(post: Runtime, member: UUID, clock: MovableClock) -> None:
    hear(post, "subscribe_msg_popup_event", choice("accept"))
    with transaction(post, SYSTEM) as tx:
        make_message(tx, member)
    (early,) = rows(post, select(Message.id))
    hear(post, "subscribe_msg_sent_event", receipt(f"p-{early.hex}"))
    assert sent(post).outcome == "sent"
    clock.set(MORNING + timedelta(seconds=6), rate=0)
    InboundWorker(post).work_once()
    assert rows(post, select(Message.outcome)) == ["delivered"]


def test_a_receipt_is_looked_at_again_before_an_alarm_in_doubt_is_repeated(post: Runtime, clock: MovableClock) -> None:
    hear(post, "subscribe_msg_sent_event", receipt("12345"))
    looked = [MORNING]
    while looked[-1] < MORNING + timedelta(seconds=13):
        (again,) = rows(post, select(Inbound.next_at))
        looked.append(again)
        clock.set(again, rate=0)
        assert InboundWorker(post).work_once() == 1
    patience = timedelta(seconds=post.presets["notices"].doubt_seconds)
    assert all(after - before < patience for before, after in pairwise(looked))


@pytest.mark.usefixtures("member")
def test_a_worker_that_is_killed_takes_no_receipt_along(post: Runtime) -> None:
    hear(post, "subscribe_msg_sent_event", receipt("12345"), acted=False)
    hear(post, "text", {"Content": "帮助"}, acted=False)
    InboundWorker(post)._take()  # and here it dies
    with reading(post) as db:
        held = {kind for (kind,) in db.execute(select(Inbound.kind).where(Inbound.claimed_until.is_not(None)))}
    assert held == {"text"}


@pytest.mark.usefixtures("member")
def test_a_receipt_of_a_message_that_is_not_ours_ends_after_some_looks(post: Runtime, clock: MovableClock) -> None:
    hear(post, "subscribe_msg_sent_event", receipt("12345"))
    for minute in range(1, 12):
        clock.set(MORNING + timedelta(minutes=minute), rate=0)
        InboundWorker(post).work_once()
    assert rows(post, select(Inbound.state)) == ["done"]


def test_a_burst_of_receipts_is_written_in_one_go(post: Runtime, outside: Outside, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        make_credit(tx, make_account(tx, person, openid=OPENID), 10)
        for n in range(10):
            make_message(tx, person, f"k{n}")
    with transaction(post, SYSTEM) as tx:
        jobs = notices.take(tx, 10)
        notices.record(tx, [Report(job.taken, outside.subscribe.send(notices.outgoing(post, job))) for job in jobs])
        for job in jobs:
            told = receipt(f"p-{job.taken.message_id.hex}")
            notices.store(tx, "mp", make_inbound("subscribe_msg_sent_event", OPENID, told, at=tx.now))
    assert InboundWorker(post).work_once() == 10
    assert set(rows(post, select(Message.outcome))) == {"delivered"}
    assert set(rows(post, select(Inbound.state))) == {"done"}


@pytest.mark.promise
@pytest.mark.usefixtures("member")
def test_a20_packets_handed_to_four_workers_have_one_effect_each(post: Runtime, *, full: bool) -> None:
    count = 1000 if full else 100
    packets = [
        make_inbound("subscribe_msg_popup_event", OPENID, choice("accept"), at=MORNING, key=f"k{n}")
        for n in range(count)
        for _ in range(4)
    ]
    random.Random(20).shuffle(packets)

    def process(share: int) -> None:
        for packet in packets[share::4]:
            with transaction(post, SYSTEM) as tx:
                notices.store(tx, "mp", packet)
        while InboundWorker(post).work_once():
            pass

    threads = [threading.Thread(target=process, args=(share,)) for share in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while InboundWorker(post).work_once():
        pass
    assert credit(post) == count


def test_a_sender_without_consent_is_remembered_until_the_next_yes(
    post: Runtime, outside: Outside, member: UUID
) -> None:
    hear(post, "subscribe_msg_popup_event", choice("accept"))
    outside.subscribe.answer = lambda _: NO_CONSENT
    with transaction(post, SYSTEM) as tx:
        make_message(tx, member)
    sent(post)
    assert credit(post) == 0
    hear(post, "subscribe_msg_popup_event", choice("accept"), key="again")
    assert credit(post) == 1


def test_a_receipt_settles_an_alarm_in_doubt_before_it_is_sent_again(
    post: Runtime, outside: Outside, member: UUID, clock: MovableClock
) -> None:
    hear(post, "subscribe_msg_popup_event", choice("accept"))
    with transaction(post, SYSTEM) as tx:
        make_message(tx, member, urgency="alarm")
    outside.subscribe.answer = lambda _: SendResult(Outcome.UNKNOWN, code="timeout")
    assert sent(post).state == "waiting"
    hear(post, "subscribe_msg_sent_event", receipt("1988810812324364291"))
    clock.set(MORNING + timedelta(minutes=1), rate=0)
    assert sent(post).state == "sent"
    assert len(outside.subscribe.seen) == 1
    assert not outside.sms.seen


def test_a_receipt_of_the_official_account_settles_a_doubt_too(post: Runtime, outside: Outside, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        person = make_person(tx)
        account = make_account(tx, person)
        index = tx.vault.index("identity_account.oa_openid", "oa-1")
        sealed = tx.vault.seal(f"identity_account.oa_openid:{account}", "oa-1")
        linked = update(Account).where(Account.id == account)
        tx.db.execute(linked.values(oa_openid_sealed=sealed, oa_openid_index=index))
        make_message(tx, person)
    outside.official.answer = lambda _: SendResult(Outcome.UNKNOWN, code="timeout")
    assert sent(post).state == "unknown"
    hear(post, "templatesendjobfinish", {"MsgID": "77", "Status": "success"}, openid="oa-1", app="oa")
    (after,) = rows(post, select(Message))
    assert (after.state, after.outcome, after.provider_id) == ("sent", "delivered", "77")
