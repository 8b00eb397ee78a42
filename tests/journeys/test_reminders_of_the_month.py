"""The month's reminders: one digest a member at T-10, T-5 and T-1, by subscribe message or SMS, whatever dies meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.notices import queries as notices
from app.domains.notices.models import Message
from app.domains.notices.rules import MessageState
from app.kernel.transaction import reading
from app.kernel.values import SHANGHAI
from tests.journeys.people import accept, choose_templates, new_id, said
from tests.journeys.trouble import replace_killed
from tests.journeys.village import LI, MENG, Village, zone_of
from tests.stack import Phone, Stack, until

LEFT = 9
SUBSCRIBED = "example-visit-reminder"
SUBSCRIBE_SEND, SMS_SEND = "/cgi-bin/message/subscribe/send", "/sms/send"


@pytest.fixture(scope="module")
def members(stack: Stack, village: Village) -> tuple[Phone, Phone]:
    """Two members with ten households each: the first lets WeChat tell him, the second says no."""
    choose_templates(stack)
    first, second = village.call(LI), village.call(MENG)
    accept(first, "visit_reminder", times=3)
    stack.ask_sandbox(f"phones/{second.openid}/subscribe", {"templates": [SUBSCRIBED], "answer": "reject"})
    for member in (first, second):
        assert village.month_is_open(member)["owed"] == LEFT + 1
        _visit_one(member, zone_of(member)[0]["id"])
    return first, second


def _visit_one(member: Phone, household_id: str) -> None:
    at = member.stack.clock.now().isoformat()
    body = {"id": new_id(member.stack), "household_id": household_id, "visited_at": at, "kind": "door"}
    said(member.post("visits", body), 201)


def by_subscription(phone: Phone) -> list[dict[str, Any]]:
    """The reminders that WeChat has shown; ghosts of refused ones included."""
    return [item for item in phone.screen() if item["template_id"] == SUBSCRIBED]


def by_sms(phone: Phone) -> list[str]:
    """The reminders that came as SMS."""
    return [item["text"] for item in phone.screen("sms") if "前走一趟" in item["text"]]


def told(members: tuple[Phone, Phone]) -> tuple[int, int, int, int]:
    """How often the first and the second member were reminded by WeChat and by SMS."""
    first, second = members
    return len(by_subscription(first)), len(by_sms(first)), len(by_subscription(second)), len(by_sms(second))


def november(stack: Stack, day: int, hour: int, minute: int = 0) -> None:
    """Move everybody's clock."""
    stack.clock.set(datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI))


def look_again(stack: Stack) -> None:
    """Start the scheduler anew and wait until it has looked at everything once."""
    stack.kill("scheduler")
    since = stack.clock.now()
    stack.start("scheduler")
    until(lambda: _last_beat(stack) >= since)


def _last_beat(stack: Stack) -> datetime:
    with stack.inside() as runtime, reading(runtime) as db:
        return notices.last_heartbeat(db) or datetime.min.replace(tzinfo=SHANGHAI)


def test_before_the_twentieth_nobody_is_reminded(stack: Stack, members: tuple[Phone, Phone]) -> None:
    november(stack, 20, 8, 59)
    look_again(stack)
    assert told(members) == (0, 0, 0, 0)


def test_on_the_twentieth_each_gets_one_digest_though_two_schedulers_run(
    stack: Stack, members: tuple[Phone, Phone]
) -> None:
    stack.start("scheduler2", "worker2")
    november(stack, 20, 9)
    until(lambda: told(members) == (1, 0, 0, 1))
    (digest,) = by_subscription(members[0])
    assert digest["kind"] == "subscribe"
    assert ["未走访户数", str(LEFT)] in digest["fields"]
    assert f"还有 {LEFT} 户没去过" in by_sms(members[1])[0]
    stack.kill("scheduler2")
    stack.kill("worker2")


def test_five_days_before_the_end_a_kill_while_messages_leave_costs_nobody_a_digest(
    stack: Stack, members: tuple[Phone, Phone]
) -> None:
    for path in (SUBSCRIBE_SEND, SMS_SEND):
        stack.ask_sandbox("fault", {"path": path, "delay_ms": 4000, "times": 3})
    november(stack, 25, 9)
    until(lambda: told(members) == (2, 0, 0, 2), every=0.02)
    assert len(_in_the_air(stack)) >= len(members), "both digests were being sent when everything died"
    replace_killed(stack, "scheduler", "worker", "api")
    until(lambda: not _in_the_air(stack))
    look_again(stack)
    assert told(members) == (2, 0, 0, 2)


def _in_the_air(stack: Stack) -> list[UUID]:
    """The digests of which no worker has written down yet what has become of them."""
    leaving = (Message.state == MessageState.sending, Message.template == "visit_reminder")
    with stack.inside() as runtime, reading(runtime) as db:
        return list(db.scalars(select(Message.id).where(*leaving)))


def test_on_the_last_but_one_day_the_missed_moment_is_made_good(stack: Stack, members: tuple[Phone, Phone]) -> None:
    stack.kill("scheduler")
    november(stack, 29, 9, 40)
    stack.start("scheduler")
    until(lambda: told(members) == (3, 0, 0, 3))
    look_again(stack)
    assert told(members) == (3, 0, 0, 3)


def test_the_inbox_holds_every_reminder(village: Village) -> None:
    for member in (LI, MENG):
        inbox = said(village.call(member).get("inbox"))["items"]
        assert [item["title"] for item in inbox].count(f"还有 {LEFT} 户没去") == 3
