"""What follows from people who write, follow and revoke, and from the picture check; each packet once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from app.domains.audit.models import Entry
from app.domains.duties import sweeps as duties
from app.domains.duties.models import Duty
from app.domains.identity.models import Account
from app.domains.media.ports import Verdict
from app.domains.notices.models import Inbound
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import SHANGHAI
from bot import replies
from bot.inbound import InboundWorker
from bot.verdicts import verdict_of
from tests.makers.areas import make_household, make_person
from tests.makers.identity import make_account
from tests.makers.notices import OPENID, Outside, hear, rows
from tests.makers.points import give, make_homes

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


@pytest.mark.parametrize("app", ["mp", "oa"])
@pytest.mark.usefixtures("member")
def test_who_asks_for_help_is_told_what_can_be_asked(post: Runtime, outside: Outside, app: str) -> None:
    hear(post, "text", {"Content": " 帮助。"}, app=app)
    assert outside.replies.said == [(app, OPENID, replies.HELP)]


@pytest.mark.usefixtures("member")
def test_who_lives_in_no_household_on_file_is_asked_to_say_who_he_is(post: Runtime, outside: Outside) -> None:
    hear(post, "text", {"Content": "积分"})
    assert outside.replies.said[0][2] == replies.UNKNOWN_PERSON


def test_who_asks_for_points_hears_the_balance_and_the_last_three_entries(post: Runtime, outside: Outside) -> None:
    (home,) = make_homes(post, 1)
    with transaction(post, SYSTEM) as tx:
        make_account(tx, make_person(tx, "卢冬生", household_id=home), openid=OPENID)
    hear(post, "text", {"Content": "积分"})
    assert outside.replies.said[-1][2] == replies.NO_POINTS
    for claimed in (9, 5, -2, 4):
        give(post, home, claimed, on=date(2026, 11, 2))
    hear(post, "text", {"Content": "我的积分？"})
    assert outside.replies.said[-1][2].split("\n") == [
        "您家现在有 16 分。最近几笔：",
        "11月2日 帮老人收麦 +4 分",
        "11月2日 帮老人收麦 -2 分",
        "11月2日 帮老人收麦 +5 分",
    ]


def test_a_member_hears_his_month_in_two_lines(post: Runtime, outside: Outside, member: UUID) -> None:
    with transaction(post, SYSTEM) as tx:
        for n in range(3):
            make_household(tx, f"{n + 1}", keeper_id=member)
    duties.open_due_periods(post)
    hear(post, "text", {"Content": "我的户"})
    (said,) = outside.replies.said
    first, second = said[2].split("\n")
    assert first == "11月您联 3 户，去过 0 户，还有 3 户没去。"
    assert "11月30日前" in second


def test_a_household_that_need_not_be_visited_is_in_the_sum(post: Runtime, outside: Outside, member: UUID) -> None:
    with transaction(post, SYSTEM) as tx:
        homes = [make_household(tx, f"{n + 1}", keeper_id=member) for n in range(3)]
    duties.open_due_periods(post)
    with transaction(post, SYSTEM) as tx:
        tx.db.execute(
            update(Duty).where(Duty.household_id == homes[0]).values(state="excused", excuse="household_away")
        )
    hear(post, "text", {"Content": "我的户"})
    (said,) = outside.replies.said
    assert said[2].split("\n")[0] == "11月您联 3 户，去过 0 户，免访 1 户，还有 2 户没去。"


@pytest.mark.usefixtures("member")
def test_who_keeps_no_household_and_who_is_not_known_are_told_so(post: Runtime, outside: Outside) -> None:
    hear(post, "text", {"Content": "我的户"})
    hear(post, "text", {"Content": "我的户"}, openid="openid-nobody")
    assert [said[2] for said in outside.replies.said] == [replies.NO_ZONE, replies.UNKNOWN_PERSON]


@pytest.mark.usefixtures("member")
def test_a_message_is_answered_once_however_often_it_comes(post: Runtime, outside: Outside) -> None:
    for _ in range(4):
        hear(post, "text", {"Content": "帮助"}, key="same")
    assert len(outside.replies.said) == 1


# ------------------------------------------------------------------ followers, verdicts, revocations


def _bind(post: Runtime, union: str) -> None:
    with transaction(post, SYSTEM) as tx:
        index = tx.vault.index("identity_account.unionid", union)
        tx.db.execute(update(Account).values(unionid_index=index))


@pytest.mark.usefixtures("member")
def test_who_follows_the_official_account_is_linked_by_the_union_id_and_unlinked_when_leaving(
    post: Runtime, outside: Outside
) -> None:
    _bind(post, "union-1")
    outside.followers.unionids["oa-1"] = "union-1"
    hear(post, "subscribe", {"EventKey": ""}, openid="oa-1", app="oa")
    (account,) = rows(post, select(Account))
    assert post.vault.open(f"identity_account.oa_openid:{account.id}", account.oa_openid_sealed) == "oa-1"
    assert outside.replies.said[0][:2] == ("oa", "oa-1")
    hear(post, "unsubscribe", {}, openid="oa-1", app="oa")
    assert rows(post, select(Account.oa_openid_sealed)) == [None]


@pytest.mark.usefixtures("member")
def test_a_follower_who_signs_in_later_is_linked_when_he_next_writes(post: Runtime, outside: Outside) -> None:
    outside.followers.unionids["oa-1"] = "union-1"
    hear(post, "subscribe", {"EventKey": ""}, openid="oa-1", app="oa")
    assert rows(post, select(Account.oa_openid_sealed)) == [None]
    _bind(post, "union-1")
    hear(post, "text", {"Content": "我的户"}, openid="oa-1", app="oa")
    assert rows(post, select(Account.oa_openid_sealed)) != [None]
    assert outside.replies.said[-1][2] == replies.NO_ZONE


@pytest.mark.usefixtures("member")
def test_a_revoked_permission_is_on_record(post: Runtime) -> None:
    hear(post, "user_authorization_revoke", {"RevokeInfo": "301", "OpenID": OPENID})
    (entry,) = rows(post, select(Entry).where(Entry.action == "wechat.revoked"))
    assert (entry.subject, entry.reason) == ("account", "301")


@pytest.mark.parametrize(
    ("payload", "verdict"),
    [
        ({"result": {"suggest": "pass", "label": "100"}, "errcode": "0"}, Verdict.PASS),
        ({"result": {"suggest": "risky", "label": "20002"}}, Verdict.RISKY),
        ({"result": {"suggest": "review", "label": "10001"}}, Verdict.REVIEW),
        ({"result": {"suggest": "brand new word"}}, Verdict.REVIEW),
        ({"isrisky": "0", "status_code": "0"}, Verdict.PASS),
        ({"isrisky": "1", "status_code": "0"}, Verdict.RISKY),
        ({"isrisky": "0", "status_code": "4294966288", "detail": []}, Verdict.UNAVAILABLE),
        ({"errcode": "-1008", "result": {"suggest": "pass"}}, Verdict.UNAVAILABLE),
        ({}, Verdict.REVIEW),
    ],
)
def test_the_picture_check_is_understood_in_both_its_shapes(payload: dict[str, Any], verdict: Verdict) -> None:
    assert verdict_of(payload) is verdict


@pytest.mark.usefixtures("member")
def test_a_verdict_before_its_question_is_looked_at_again_and_then_left(post: Runtime, clock: MovableClock) -> None:
    hear(post, "wxa_media_check", {"trace_id": "t1", "result": {"suggest": "pass"}})
    assert rows(post, select(Inbound.state)) == ["waiting"]
    for minute in range(1, 12):
        clock.set(MORNING + timedelta(minutes=minute), rate=0)
        InboundWorker(post).work_once()
    assert rows(post, select(Inbound.state)) == ["done"]


@pytest.mark.usefixtures("member")
def test_an_event_that_nobody_knows_is_done_without_effect(post: Runtime) -> None:
    hear(post, "brand_new_event", {"Whatever": "1"})
    assert rows(post, select(Inbound.state)) == ["done"]


@pytest.mark.usefixtures("member", "clock")
def test_a_packet_that_cannot_be_acted_on_is_put_aside_and_stops_nobody(post: Runtime, outside: Outside) -> None:
    hear(post, "subscribe_msg_popup_event", {"List": "not a list"}, key="odd")
    hear(post, "user_authorization_revoke", {"RevokeInfo": ["x"] * 3}, key="odd2")
    with transaction(post, SYSTEM) as tx:
        tx.db.execute(
            text("UPDATE notices_inbound SET payload_sealed = 'broken', state = 'waiting', next_at = :now"),
            {"now": tx.now},
        )
    hear(post, "text", {"Content": "帮助"})
    assert len(outside.replies.said) == 1
    assert sorted(rows(post, select(Inbound.state))) == ["done", "failed", "failed"]
