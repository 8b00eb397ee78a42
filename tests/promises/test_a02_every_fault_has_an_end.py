"""A2: WeChat answers as it likes; every message comes to exactly one end, and refusals are believed at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
import requests
from sqlalchemy import select

from app.domains.notices.models import Lane, Try
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.kernel.values import SHANGHAI
from bot.push import IN_FLIGHT
from tests.promises.crowd import hand_out_phones, make_readers, teach_templates, tell
from tests.promises.outbox import Outbox
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(3_000)]
SEND, TOKEN = "/cgi-bin/message/subscribe/send", "/cgi-bin/stable_token"
RARE: tuple[dict[str, Any], ...] = (
    {"errcode": 43101},
    {"errcode": 40003},
)  # one in a hundred: a short run might draw none
MIX = (
    ({"kind": "timeout_after_accept"}, 0.10),
    ({"kind": "http_502"}, 0.10),
    ({"errcode": -1}, 0.05),
    ({"errcode": 43101}, 0.02),
    ({"errcode": 40003}, 0.01),
    ({"errcode": 40001}, 0.01),
    ({"kind": "reset"}, 0.01),
)
FINAL = {"43101", "40003"}
NEXT_MORNING = datetime(2026, 11, 3, 7, 30, tzinfo=SHANGHAI)


def play_faults(stack: Stack) -> None:
    """Let WeChat answer as it likes; each draw comes after those before it have missed."""
    for fault in RARE:
        stack.ask_sandbox("fault", {"path": SEND, **fault, "times": 1})
    left = 1.0
    for fault, part in MIX:
        stack.ask_sandbox("fault", {"path": SEND, **fault, "probability": part / left})
        left -= part


def use_up_the_day(stack: Stack, outbox: Outbox, *, workers: int) -> dict[str, int]:
    """WeChat says that the day's quota is used up: the lane must rest at once, for all workers, until the next day."""
    stack.ask_sandbox("fault", {"path": SEND, "errcode": 45009, "label": "quota"})
    calls = outbox.calls(SEND)
    until(lambda: "wechat_subscribe" in resting(outbox.runtime), seconds=60)
    until(
        lambda: not outbox.states()["sending"], seconds=60
    )  # what was under way has ended, the slowest by its time-out
    stopped = outbox.calls(SEND)
    time.sleep(3.0)
    found = {"calls while the lane closed": stopped - calls, "calls afterwards": outbox.calls(SEND) - stopped}
    assert resting(outbox.runtime)["wechat_subscribe"].astimezone(SHANGHAI).date() == NEXT_MORNING.date()
    assert found["calls while the lane closed"] <= workers * 2 * IN_FLIGHT
    assert found["calls afterwards"] == 0
    return found


def resting(runtime: Runtime) -> dict[str, datetime]:
    """The lanes that rest."""
    with reading(runtime) as db:
        return {row.channel: row.rests_until for row in db.scalars(select(Lane)) if row.rests_until}


def late_tries(tries: Sequence[Try]) -> int:
    """Tries on a channel after it had given its last word on this message."""
    codes = [one.code for one in tries]
    return next((len(codes) - 1 - place for place, code in enumerate(codes) if code in FINAL), 0)


def test_a2_whatever_wechat_answers_every_message_ends_once(stack: Stack, *, full: bool) -> None:
    count, workers = (20_000, 4) if full else (240, 1)
    stack.start("sandbox")
    stack.ask_sandbox("settings", {"push_events": False, "enforce_credits": False})
    stack.ask_sandbox("copies", {"on": True, "by": "touser"})
    with stack.inside() as runtime:
        teach_templates(stack, runtime)
        readers = make_readers(runtime, count, way="mp", kind="a2")
        hand_out_phones(stack, readers, way="mp")
        outbox = Outbox(stack, runtime)
        with transaction(runtime, SYSTEM) as tx:
            tell(tx, [reader.person_id for reader in readers], key="a2")
        play_faults(stack)
        started = time.monotonic()
        stack.start("scheduler", *(f"worker{number}" for number in range(1, workers + 1)))
        until(lambda: outbox.ended() >= count // 3, seconds=900, every=0.1)
        quota = use_up_the_day(stack, outbox, workers=workers)
        fetched_before = outbox.calls(TOKEN)
        requests.delete(f"{stack.sandbox}/__ctl/fault", params={"label": "quota"}, timeout=60).raise_for_status()
        stack.clock.set(NEXT_MORNING)
        outbox.drain(seconds=1_800)
        took = time.monotonic() - started
        rows, tries, copies = outbox.rows(), outbox.tries(), outbox.copies()
        fetched = (fetched_before, outbox.calls(TOKEN) - fetched_before)
    codes = Counter(one.code or one.outcome for each in tries.values() for one in each)
    sent = [row for row in rows.values() if (row.state, row.channel) == ("sent", "wechat_subscribe")]
    ends = Counter((row.state, row.channel, row.outcome) for row in rows.values())
    print(
        f"A2: {len(rows)} messages, {workers} workers, {took:.0f} s, {sum(map(len, tries.values()))} tries {dict(codes)}"
    )
    print(f"A2: ends {dict(ends)}, most copies {max(copies.values())}, token fetches {fetched}, {quota}")
    assert len(rows) == count
    assert {row.state for row in rows.values()} <= {"sent", "unknown"}
    assert max(copies.values()) == 1
    assert sum(late_tries(each) for each in tries.values()) == 0
    assert codes.keys() >= FINAL
    assert all(tries[row.id][-1].outcome == "sent" for row in sent)
    assert all(sum(one.outcome == "sent" for one in tries[row.id]) == 1 for row in sent)
    assert fetched[0] <= 5
    assert fetched[1] <= 5
