"""The bot from end to end: real processes, WeChat's events by callback, messages on the phones of the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.identity.models import Account
from app.domains.notices.models import Credit, Message
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.settings import Database
from bot import replies
from tests.conftest import MORNING
from tests.makers.areas import make_household, make_person
from tests.makers.identity import make_account
from tests.makers.notices import make_message, rows
from tests.stack import Stack, until

NUMBER = "13800000001"
REMINDER = "example-visit-reminder"
pytestmark = pytest.mark.slow


@pytest.fixture
def stack(database: Database, tmp_path: Path) -> Iterator[Stack]:
    """API, worker and sandbox."""
    made = Stack(tmp_path, database, start_at=MORNING)
    try:
        made.start("sandbox", "api", "worker")
        yield made
    finally:
        made.stop()


@pytest.fixture
def inside(stack: Stack) -> Iterator[Runtime]:
    """A look at the rows; the sandbox knows our templates."""
    with stack.inside() as runtime:
        stack.ask_sandbox("templates", {"templates": runtime.presets["messages"].on_wechat()})
        yield runtime


@pytest.fixture
def member(stack: Stack, inside: Runtime) -> UUID:
    """A member with a household, an account and a phone on the desk."""
    stack.phone(openid="oM-member", oa_openid="oO-member", unionid="oU-member", name="段永平", number=NUMBER)
    with transaction(inside, SYSTEM) as tx:
        person = make_person(tx, phone=NUMBER)
        make_household(tx, keeper_id=person)
        account = make_account(tx, person, openid="oM-member")
    with transaction(inside, SYSTEM) as tx:
        row = tx.db.get(Account, account)
        assert row
        row.unionid_index = tx.vault.index("identity_account.unionid", "oU-member")
    return person


def remind(inside: Runtime, person: UUID, key: str) -> None:
    """Queue a reminder."""
    with transaction(inside, SYSTEM) as tx:
        make_message(tx, person, key)


def outcomes(inside: Runtime) -> dict[str, tuple[str, str | None, str | None]]:
    """State, channel and outcome of each message by its key."""
    found = rows(inside, select(Message))
    return {one.key: (one.state, one.channel, one.outcome) for one in found}


def test_a_yes_on_the_phone_brings_the_reminder_there_and_without_one_it_comes_by_sms(
    stack: Stack, inside: Runtime, member: UUID
) -> None:
    stack.ask_sandbox("phones/oM-member/subscribe", {"templates": [REMINDER]})
    until(lambda: rows(inside, select(Credit.count)) == [1])
    remind(inside, member, "first")
    until(lambda: outcomes(inside) == {"first": ("sent", "wechat_subscribe", "delivered")})
    (shown,) = stack.on_screen("oM-member", "subscribe")
    assert shown["fields"][0][1] == "9还有 9 户没去"
    assert rows(inside, select(Credit.count)) == [0]
    remind(inside, member, "second")
    until(lambda: outcomes(inside)["second"] == ("sent", "sms", "sent"))
    (text,) = stack.on_screen("oM-member", "sms")
    assert "还有 9 户没去过" in text["text"]


def test_43101_falls_back_to_sms_at_the_first_answer(stack: Stack, inside: Runtime, member: UUID) -> None:
    stack.ask_sandbox("phones/oM-member/subscribe", {"templates": [REMINDER]})
    until(lambda: rows(inside, select(Credit.count)) == [1])
    stack.ask_sandbox("fault", {"path": "/cgi-bin/message/subscribe/send", "errcode": 43101})
    remind(inside, member, "k")
    until(lambda: outcomes(inside) == {"k": ("sent", "sms", "sent")})
    assert stack.ask_sandbox("calls?path=/cgi-bin/message/subscribe/send")["count"] == 1
    assert rows(inside, select(Credit.count)) == [0]
    assert len(stack.on_screen("oM-member", "sms")) == 1


def test_a_follower_is_linked_and_reminded_by_the_official_account(stack: Stack, inside: Runtime, member: UUID) -> None:
    stack.ask_sandbox("phones/oM-member/follow", {})
    until(lambda: rows(inside, select(Account.oa_openid_sealed)) != [None])
    remind(inside, member, "k")
    until(lambda: outcomes(inside) == {"k": ("sent", "wechat_template", "delivered")})
    assert len(stack.on_screen("oM-member", "template")) == 1


@pytest.mark.usefixtures("member")
def test_who_writes_is_answered(stack: Stack) -> None:
    stack.ask_sandbox("phones/oM-member/reply", {"text": "积分"})
    until(lambda: stack.on_screen("oM-member", "custom"))
    (answer,) = stack.on_screen("oM-member", "custom")
    assert answer["text"] == replies.UNKNOWN_PERSON
