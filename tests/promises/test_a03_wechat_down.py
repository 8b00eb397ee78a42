"""A3: WeChat is down for ten minutes with messages waiting: it is left alone but for a probe, and then everything leaves, alarms first."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import quantiles
from typing import Any

import pytest
import requests

from app.kernel.access import SYSTEM
from app.kernel.transaction import transaction
from bot.push import IN_FLIGHT
from tests.promises.crowd import Reader, hand_out_phones, make_readers, teach_templates, tell
from tests.promises.outbox import Outbox
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(1_800)]
SEND, EVERYTHING = "/cgi-bin/message/subscribe/send", "/cgi-bin/*"
PROBE = 10.0  # seconds of the virtual clock
TO_OPEN = 5
LOOKS = 200


def p99_of_the_api(stack: Stack) -> float:
    """What a look at the API takes, in milliseconds."""
    took = []
    for _ in range(LOOKS):
        started = time.perf_counter()
        assert requests.get(f"{stack.url}/readyz", timeout=60).ok
        took.append((time.perf_counter() - started) * 1_000)
    return quantiles(took, n=100)[-1]


def stay_down(stack: Stack, *, seconds: float, rate: float) -> float:
    """So many seconds of the virtual clock go by, perhaps faster; how many they were in the end."""
    began = stack.clock.now()
    stack.clock.set(began, rate=rate)
    until(lambda: (stack.clock.now() - began).total_seconds() >= seconds, seconds=900)
    stack.clock.set(stack.clock.now(), rate=1)
    return (stack.clock.now() - began).total_seconds()


def normals_ahead(outbox: Outbox, alarms: Sequence[Reader]) -> int:
    """How many messages that are no alarms were sent before the last alarm was."""
    urgent = {reader.person_id for reader in alarms}
    sent: dict[Any, Any] = {}
    rows = {row.id: row for row in outbox.rows().values()}
    for message_id, tries in outbox.tries().items():
        arrived = (one.at for one in tries if one.outcome == "sent")
        if (at := next(arrived, None)) is not None:
            sent[rows[message_id].person_id] = at
    last = max(at for person, at in sent.items() if person in urgent)
    return sum(at < last for person, at in sent.items() if person not in urgent)


def test_a3_when_wechat_is_away_it_is_probed_now_and_then_and_everything_leaves_when_it_is_back(
    stack: Stack, *, full: bool
) -> None:
    count, seconds, rate = (5_000, 600.0, 2.0) if full else (300, 120.0, 6.0)
    stack.start("sandbox", "api", "push")
    stack.ask_sandbox("settings", {"push_events": False, "enforce_credits": False})
    stack.ask_sandbox("copies", {"on": True, "by": "touser"})
    with stack.inside() as runtime:
        teach_templates(stack, runtime)
        readers = make_readers(runtime, count, way="mp", kind="a3")
        hand_out_phones(stack, readers, way="mp")
        outbox, alarms, normals = Outbox(stack, runtime), readers[: count // 10], readers[count // 10 :]
        before = p99_of_the_api(stack)
        stack.ask_sandbox("fault", {"path": EVERYTHING, "kind": "http_502", "label": "down"})
        for crowd, urgency in ((normals, "normal"), (alarms, "alarm")):
            with transaction(runtime, SYSTEM) as tx:
                tell(tx, [reader.person_id for reader in crowd], key="a3", urgency=urgency)
        down = stay_down(stack, seconds=seconds, rate=rate)
        during, calls, ended = (
            p99_of_the_api(stack),
            outbox.calls("/cgi-bin/stable_token") + outbox.calls(SEND),
            outbox.ended(),
        )
        requests.delete(f"{stack.sandbox}/__ctl/fault", params={"label": "down"}, timeout=60).raise_for_status()
        took = outbox.drain(seconds=900)
        rows, copies = outbox.rows(), outbox.copies()
        ahead = normals_ahead(outbox, alarms)
    probes = down / PROBE + 1
    lost = [row for row in rows.values() if (row.state, row.channel) != ("sent", "wechat_subscribe")]
    print(
        f"A3: WeChat away for {down:.0f} s with {count} messages: {calls} calls (at most {TO_OPEN} failures, {IN_FLIGHT - 1} "
        f"in the air and {probes:.0f} probes), ended meanwhile {ended}; after its return all gone in {took:.1f} s, not by "
        f"WeChat {len(lost)}, copies {max(copies.values())}, normal ones ahead of the last alarm {ahead}; "
        f"p99 of the API {before:.0f} ms before, {during:.0f} ms meanwhile"
    )
    assert calls <= TO_OPEN + IN_FLIGHT - 1 + probes
    assert ended == 0
    assert len(rows) == count
    assert not lost
    assert max(copies.values()) == 1
    assert ahead <= 2 * IN_FLIGHT
    assert not full or took <= 120
