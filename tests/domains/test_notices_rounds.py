"""A broadcast to many goes in rounds: whoever dies wherever, each person is told once, and nobody is left out."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from app.domains.audit.models import Entry
from app.domains.notices import actions, errors, queries, sweeps
from app.domains.notices.models import Message, Recipient
from app.domains.notices.rules import Audience
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from bot import media_worker
from tests.makers.areas import VILLAGE, make_household, make_person
from tests.makers.notices import rows
from tests.makers.visits import Someone, make_cadre

PEOPLE, ROUND = 8, 3


class Died(BaseException):
    """The process is gone in the middle of what it did."""


@pytest.fixture
def town(runtime: Runtime) -> Runtime:
    """A place with a few more people than fit into two rounds, told so few at a time."""
    limits = runtime.presets["broadcast"].model_copy(update={"people_a_round": ROUND, "most_a_day": 50})
    with transaction(runtime, SYSTEM) as tx:
        household_id = make_household(tx)
        for n in range(PEOPLE - 1):
            make_person(tx, f"村民{n}", household_id=household_id)
    return replace(runtime, presets={**runtime.presets, "broadcast": limits})


@pytest.fixture
def cadre(town: Runtime) -> Someone:
    with transaction(town, SYSTEM) as tx:
        return make_cadre(tx)


def begin(town: Runtime, cadre: Someone) -> UUID:
    """Words that have passed their check: the first round is told."""
    with transaction(town, cadre.actor) as tx:
        draft = actions.Draft(tx.new_id(), VILLAGE, Audience.everybody, "明天停水", is_urgent=False)
        written = actions.write_broadcast(tx, draft)
    while media_worker.work_once(town):
        pass
    return written.id


def told(town: Runtime, template: str = "broadcast") -> Counter[UUID]:
    return Counter(one.person_id for one in rows(town, select(Message).where(Message.template == template)))


def stands(town: Runtime, cadre: Someone, broadcast_id: UUID) -> tuple[int, bool]:
    with reading(town) as db:
        one = queries.broadcast_for(db, town.vault, actor=cadre.actor, broadcast_id=broadcast_id)
    assert one is not None
    return one.told_count, one.is_telling


@contextmanager
def dying_at(town: Runtime, statement: int) -> Iterator[list[int]]:
    """Whoever asks the database for the so-manieth time is gone, with the transaction that is open; tells how often it was asked."""
    asked = [0]

    def die(*_facts: Any) -> None:
        asked[0] += 1
        if asked[0] == statement:
            raise Died

    event.listen(town.engine, "before_cursor_execute", die)
    try:
        yield asked
    finally:
        event.remove(town.engine, "before_cursor_execute", die)


def test_the_first_round_is_told_with_the_check_and_the_others_by_the_clock(town: Runtime, cadre: Someone) -> None:
    broadcast_id = begin(town, cadre)
    assert stands(town, cadre, broadcast_id) == (ROUND, True)
    with pytest.raises(errors.NotSentYet), transaction(town, cadre.actor) as tx:
        actions.remind_unread(tx, broadcast_id)
    assert sweeps.tell_on(town) == PEOPLE - ROUND
    assert stands(town, cadre, broadcast_id) == (PEOPLE, False)
    assert sorted(told(town).values()) == [1] * PEOPLE
    assert cadre.person_id not in told(town)
    assert sweeps.tell_on(town) == 0


def test_wherever_the_teller_dies_each_is_told_once_and_nobody_is_left_out(town: Runtime, cadre: Someone) -> None:
    statement = 0
    while True:
        statement += 1
        before = told(town)
        broadcast_id = begin(town, cadre)
        with dying_at(town, statement) as asked, pytest.raises(Died):
            sweeps.tell_on(town)
            raise Died  # it came to its end before that statement
        sweeps.tell_on(town)
        people = told(town) - before
        assert set(people.values()) == {1}, f"dead at statement {statement}"
        assert len(rows(town, select(Recipient).where(Recipient.broadcast_id == broadcast_id))) == len(people)
        assert len(people) == PEOPLE
        sent = select(Entry).where(Entry.subject_id == broadcast_id, Entry.action == "broadcast.sent")
        assert [one.detail for one in rows(town, sent)] == [{"told": len(people)}]
        if asked[0] < statement:
            break
    assert statement > 10, "the sweep was not cut in its middle"


def test_two_clocks_at_once_tell_nobody_twice(town: Runtime, cadre: Someone) -> None:
    broadcast_id = begin(town, cadre)
    clocks = [threading.Thread(target=sweeps.tell_on, args=(town,)) for _ in range(4)]
    for one in clocks:
        one.start()
    for one in clocks:
        one.join()
    sweeps.tell_on(town)
    assert stands(town, cadre, broadcast_id) == (PEOPLE, False)
    assert sorted(told(town).values()) == [1] * PEOPLE


def test_a_reminder_to_many_goes_in_rounds_too(town: Runtime, cadre: Someone) -> None:
    broadcast_id = begin(town, cadre)
    sweeps.tell_on(town)
    with transaction(town, cadre.actor) as tx:
        assert actions.remind_unread(tx, broadcast_id) == PEOPLE
    assert len(told(town, "broadcast_again")) == ROUND
    sweeps.tell_on(town)
    assert sorted(told(town, "broadcast_again").values()) == [1] * PEOPLE
    assert stands(town, cadre, broadcast_id) == (PEOPLE, False)
