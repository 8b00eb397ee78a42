"""A message is queued beside the deed it tells of, once, however often and by however many it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.notices import actions as notices
from app.domains.notices.actions import Notice
from app.domains.notices.errors import WrongValues
from app.domains.notices.models import Message
from app.kernel.access import SYSTEM, Actor
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading, transaction
from tests.makers.areas import make_person
from tests.makers.notices import make_message, rows

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
VALUES = {"month": "11月", "left": "9", "due": "2026年11月30日"}


@pytest.fixture
def person(tx_as: TxAs) -> UUID:
    """Somebody to be told."""
    with tx_as(SYSTEM) as tx:
        return make_person(tx, phone="13800000001")


def _count(runtime: Runtime) -> int:
    with reading(runtime) as db:
        return db.scalar(select(func.count()).select_from(Message)) or 0


def test_a_message_waits_with_the_deed_and_its_values_are_sealed(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        notices.queue(tx, person_id=person, template="visit_reminder", values=VALUES, key="duty:2026-11:t-10")
    (row,) = rows(runtime, select(Message))
    assert (row.state, row.urgency, row.page) == ("waiting", "normal", "pages/zone/index")
    assert "11月".encode() not in row.values_sealed


def test_a_deed_that_fails_leaves_no_message(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with pytest.raises(ZeroDivisionError), tx_as(SYSTEM) as tx:
        make_message(tx, person)
        raise ZeroDivisionError
    assert _count(runtime) == 0


def test_the_same_key_tells_one_person_once_and_another_person_too(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    for _ in range(3):
        with tx_as(SYSTEM) as tx:
            make_message(tx, person, "same")
    with tx_as(SYSTEM) as tx:
        make_message(tx, make_person(tx, "李静"), "same")
    assert _count(runtime) == 2


def test_a_person_may_stand_twice_in_one_list(runtime: Runtime, tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx:
        notices.queue_many(tx, [Notice(person, "visit_reminder", VALUES, "same")] * 3)
    assert _count(runtime) == 1


@pytest.mark.parametrize("values", [{}, {"left": "9"}, {**VALUES, "name": "段永平"}])
def test_missing_or_needless_values_are_a_mistake_in_code(tx_as: TxAs, person: UUID, values: dict[str, str]) -> None:
    with tx_as(SYSTEM) as tx, pytest.raises(WrongValues):
        notices.queue(tx, person_id=person, template="visit_reminder", values=values, key="k")


def test_an_unknown_template_is_a_mistake_in_code(tx_as: TxAs, person: UUID) -> None:
    with tx_as(SYSTEM) as tx, pytest.raises(WrongValues):
        notices.queue(tx, person_id=person, template="nonsense", values={}, key="k")


def test_a_whole_town_is_told_in_two_statements(runtime: Runtime, tx_as: TxAs) -> None:
    with tx_as(SYSTEM) as tx:
        members = [make_person(tx, "段永平") for _ in range(1254)]
    with tx_as(SYSTEM) as tx:
        notices.queue_many(tx, (Notice(member, "visit_reminder", VALUES, "t-10") for member in members))
    assert _count(runtime) == 1254


@pytest.mark.promise
def test_a4_a_trigger_fired_fifty_times_at_once_tells_each_person_once(
    runtime: Runtime, tx_as: TxAs, person: UUID
) -> None:
    with tx_as(SYSTEM) as tx:
        people = [person, *(make_person(tx, "李静") for _ in range(9))]
    begin, failures = threading.Barrier(8), []

    def fire(times: int) -> None:
        begin.wait()
        try:
            for _ in range(times):
                with transaction(runtime, SYSTEM) as tx:
                    notices.queue_many(tx, [Notice(one, "visit_reminder", VALUES, "trigger") for one in people])
        except Exception as failed:
            failures.append(failed)
            raise

    threads = [threading.Thread(target=fire, args=(7 if n < 2 else 6,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert _count(runtime) == len(people)
