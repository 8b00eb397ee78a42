"""A4: however often and from wherever a trigger is fired at once, each person gets one message."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import select

from app.domains.notices.models import Message
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from tests.promises.crowd import make_keepers
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.promise
PROCESSES, TIMES = 8, 50


class Crew:
    """Eight processes over one product, each waiting to be told what to fire."""

    def __init__(self, stack: Stack) -> None:
        env = {**os.environ, "LIANXIN_CONFIG": str(stack.config)}
        argv, pipe = [sys.executable, "-m", "tests.promises.trigger"], subprocess.PIPE
        with (stack.folder / "triggers.log").open("ab") as log:
            self._hands = [
                subprocess.Popen(argv, cwd=ROOT, env=env, stdin=pipe, stdout=pipe, stderr=log, text=True)
                for _ in range(PROCESSES)
            ]
        assert [_line_of(hand) for hand in self._hands] == ["ready"] * PROCESSES

    def fire(self, what: str) -> list[int | str]:
        """Fire a trigger 50 times at one moment; what each firing has done."""
        for number, hand in enumerate(self._hands):
            assert hand.stdin
            hand.stdin.write(f"{what} {TIMES // PROCESSES + (number < TIMES % PROCESSES)}\n")
            hand.stdin.flush()
        return [outcome for hand in self._hands for outcome in json.loads(_line_of(hand))]

    def dismiss(self) -> None:
        """End them."""
        for hand in self._hands:
            with hand:
                hand.kill()


def _line_of(hand: subprocess.Popen[str]) -> str:
    assert hand.stdout
    return hand.stdout.readline().strip()


@pytest.fixture
def crew(stack: Stack) -> Iterator[Crew]:
    """Eight processes, ready to fire."""
    gathered = Crew(stack)
    yield gathered
    gathered.dismiss()


def messages(runtime: Runtime, template: str) -> Counter[UUID]:
    """How many messages of a template each person has."""
    with reading(runtime) as db:
        return Counter(db.scalars(select(Message.person_id).where(Message.template == template)))


def test_a4_a_trigger_fired_50_times_at_once_by_8_processes_is_one_message_each(
    stack: Stack, crew: Crew, *, full: bool
) -> None:
    with stack.inside() as runtime:
        keepers = make_keepers(runtime, 1_254 if full else 100, households_each=4)
        people = [keeper.person_id for keeper in keepers]
        news = crew.fire("news")
        opened = crew.fire("open")
        stack.forward(days=19)
        reminded = crew.fire("remind")
        told = {template: messages(runtime, template) for template in ("weekly_digest", "visit_reminder")}
    rows = {template: counts.total() for template, counts in told.items()}
    print(
        f"A4: {len(people)} people, news {Counter(news)}, month opened {Counter(opened)}, reminders {Counter(reminded)}"
    )
    print(f"A4: rows {rows}")
    assert news == [len(people)] * TIMES
    assert Counter(opened) == {4 * len(people): 1, 0: TIMES - 1}
    assert [outcome for outcome in reminded if isinstance(outcome, str)] == []
    assert told["weekly_digest"] == dict.fromkeys(people, 1)
    assert told["visit_reminder"] == dict.fromkeys(people, 2)  # the news and the month's reminder
