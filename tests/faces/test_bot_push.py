"""The push worker as it runs: threads, a real database, providers in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, event, func, select, text
from sqlalchemy.exc import OperationalError

from app.domains.notices.models import Message
from app.domains.notices.ports import Channels, Outcome, Outgoing, SendResult
from app.kernel.access import SYSTEM, Actor
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from bot.push import PushWorker
from tests.makers.areas import make_person
from tests.makers.identity import make_account
from tests.makers.notices import MemoryChannel, Outside, accepting, make_credit, make_message, rows, with_outside

TxAs = Callable[[Actor], AbstractContextManager[Tx]]


@contextmanager
def working(post: Runtime, *, in_flight: int = 8, workers: int = 1) -> Iterator[None]:
    """Workers that run as threads of this process until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=PushWorker(post, in_flight=in_flight).run, args=(stop,)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)


def until(condition: Callable[[], bool], seconds: float = 90) -> None:
    """Wait until something has happened."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def states(post: Runtime) -> dict[str, int]:
    """How many messages are in which state."""
    with post.sessions() as db:
        found = db.execute(select(Message.state, func.count()).group_by(Message.state))
        return {state: count for state, count in found}  # noqa: C416


def has_settled(post: Runtime) -> bool:
    """Whether nothing waits any more; a test that cuts connections may meet one that is cut itself."""
    try:
        return states(post).get("waiting", 0) == 0
    except OperationalError:
        return False


def queue(post: Runtime, people: int, each: int = 1, urgency: str = "") -> list[UUID]:
    """Queue messages for new people who allow them all."""
    with transaction(post, SYSTEM) as tx:
        told = [make_person(tx) for _ in range(people)]
        for person in told:
            make_credit(tx, make_account(tx, person), each)
            for n in range(each):
                make_message(tx, person, f"k{n}", urgency=urgency)
    return told


def test_everything_that_is_due_is_sent_once(post: Runtime, outside: Outside) -> None:
    queue(post, 40, 5)
    with working(post):
        until(lambda: states(post) == {"sent": 200})
    ids = [one.message_id for one in outside.subscribe.delivered]
    assert len(ids) == len(set(ids)) == 200


def test_two_workers_share_the_work_and_double_nothing(post: Runtime, outside: Outside) -> None:
    outside.subscribe.seconds = 0.005
    queue(post, 60, 5)
    with working(post, workers=2):
        until(lambda: states(post) == {"sent": 300})
    ids = [one.message_id for one in outside.subscribe.seen]
    assert len(ids) == len(set(ids)) == 300


def test_one_person_is_never_told_two_things_in_the_same_instant(post: Runtime, outside: Outside) -> None:
    outside.subscribe.seconds = 0.02
    queue(post, 2, 10)
    with working(post, in_flight=16):
        until(lambda: states(post) == {"sent": 20})
    assert outside.subscribe.overlaps == 0


def test_a_worker_that_is_told_to_stop_ends_what_it_began_and_gives_the_rest_back(
    post: Runtime, outside: Outside
) -> None:
    outside.subscribe.seconds = 0.3
    queue(post, 60)
    with working(post, in_flight=4):
        until(lambda: len(outside.subscribe.seen) >= 4)
    after = states(post)
    assert set(after) <= {"sent", "waiting"}
    assert after["sent"] == len(outside.subscribe.delivered) == len(outside.subscribe.seen)
    assert after["sent"] + after["waiting"] == 60


def test_what_was_given_back_is_sent_by_the_next_worker(post: Runtime, outside: Outside) -> None:
    outside.subscribe.seconds = 0.1
    queue(post, 30)
    with working(post, in_flight=4):
        until(lambda: len(outside.subscribe.seen) >= 4)
    outside.subscribe.seconds = 0.0
    with working(post):
        until(lambda: states(post) == {"sent": 30})
    assert len(outside.subscribe.delivered) == 30


def test_a_channel_that_breaks_its_promise_leaves_a_doubt_and_the_worker_goes_on(
    post: Runtime, outside: Outside
) -> None:
    def breaking(message: Outgoing) -> SendResult:
        if len(outside.subscribe.seen) == 1:
            raise RuntimeError("a fault in the adapter")
        return accepting(message)

    outside.subscribe.answer = breaking
    queue(post, 5)
    with working(post, in_flight=1):
        until(lambda: states(post) == {"sent": 4, "unknown": 1})


def test_a_database_that_drops_its_connections_loses_and_doubles_nothing(post: Runtime, outside: Outside) -> None:
    outside.subscribe.seconds = 0.02
    queue(post, 60, 5)
    operator = create_engine(post.settings.database.url, poolclass=NullPool)
    others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
    )
    with working(post):
        for _ in range(5):
            time.sleep(0.2)
            with operator.connect() as connection:
                connection.execute(others)
        until(lambda: has_settled(post))
    post.engine.dispose()  # the last cut may have met a connection that lay idle
    ids = [one.message_id for one in outside.subscribe.seen]
    assert len(ids) == len(set(ids))
    assert sum(states(post).values()) == 300


def test_alarms_leave_before_a_crowd_of_normal_messages(post: Runtime, outside: Outside) -> None:
    outside.subscribe.seconds = 0.01
    queue(post, 100)
    alarmed = set(queue(post, 10, urgency="alarm"))
    with working(post, in_flight=4):
        until(lambda: states(post) == {"sent": 110})
    by_id = {message.id: message.person_id for message in rows(post, select(Message))}
    first = [by_id[one.message_id] for one in outside.subscribe.seen[:20]]
    assert alarmed <= set(first)


def test_a_slow_channel_does_not_keep_the_others_waiting_for_the_database(post: Runtime, outside: Outside) -> None:
    outside.subscribe = MemoryChannel("wechat_subscribe", seconds=1.0)
    slow = with_outside(post, outside)
    queue(slow, 8)
    with working(slow, in_flight=8):
        until(lambda: len(outside.subscribe.seen) == 8)
        with slow.sessions() as db:
            idle = db.scalar(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                    "AND state = 'idle in transaction' AND pid <> pg_backend_pid()"
                )
            )
        assert idle == 0
        until(lambda: states(slow) == {"sent": 8})


def test_busy_answers_are_retried_until_taken(post: Runtime, outside: Outside) -> None:
    refused: set[UUID] = set()

    def busy_once(message: Outgoing) -> SendResult:
        if message.message_id in refused:
            return accepting(message)
        refused.add(message.message_id)
        return SendResult(Outcome.RETRY, code="-1")

    outside.subscribe.answer = busy_once
    queue(post, 5)
    with working(post):
        until(lambda: len(refused) == 5 and states(post) == {"waiting": 5})
        with transaction(post, SYSTEM) as tx:
            tx.db.execute(text("UPDATE notices_message SET next_at = created_at WHERE state = 'waiting'"))
        until(lambda: states(post) == {"sent": 5})


class Patience(threading.Event):
    """A sign to stop that knows how often somebody has waited a good while for it."""

    def __init__(self) -> None:
        super().__init__()
        self.long_waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.long_waits += timeout is not None and timeout >= 0.4
        return super().wait(min(timeout or 0.0, 0.01))


@contextmanager
def database_away(post: Runtime, hears: str, words: str, *, times: int) -> Iterator[list[int]]:
    """The database goes away so often at what is said to it; how many messages providers had seen each time."""
    seen: list[int] = []
    provider = post.port(Channels)["wechat_subscribe"]
    assert isinstance(provider, MemoryChannel)

    def break_off(*facts: object) -> None:
        if len(seen) < times and threading.current_thread().name == "desk" and words in str(facts):
            seen.append(len(provider.seen))
            raise OperationalError("away", None, ConnectionError())

    event.listen(post.engine, hears, break_off)
    try:
        yield seen
    finally:
        event.remove(post.engine, hears, break_off)


def at_a_desk(post: Runtime, stop: Patience, *, in_flight: int) -> threading.Thread:
    """A worker whose desk can be told from its senders."""
    desk = threading.Thread(target=PushWorker(post, in_flight=in_flight).run, args=(stop,), name="desk")
    desk.start()
    return desk


@pytest.mark.parametrize(
    ("hears", "words"),
    [
        ("before_cursor_execute", "SET state = v.state"),  # when results are written down
        ("before_cursor_execute", "FOR UPDATE SKIP LOCKED"),  # when messages are taken
        ("commit", ""),  # when either is to be kept
    ],
)
def test_while_the_database_is_away_the_worker_waits_and_begins_nothing_new(
    post: Runtime, outside: Outside, hears: str, words: str
) -> None:
    in_flight, stop = 4, Patience()
    queue(post, 40)
    with database_away(post, hears, words, times=6) as seen:
        desk = at_a_desk(post, stop, in_flight=in_flight)
        try:
            until(lambda: states(post) == {"sent": 40})
        finally:
            stop.set()
            desk.join(timeout=30)
    assert len(seen) == 6
    assert stop.long_waits == 6
    assert max(seen) - min(seen) < 2 * in_flight
    ids = [one.message_id for one in outside.subscribe.seen]
    assert len(ids) == len(set(ids)) == 40


class Rests(threading.Event):
    """A sign to stop that is given at the third rest."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def wait(self, timeout: float | None = None) -> bool:
        del timeout
        self.count += 1
        if self.count == 3:
            self.set()
        return self.is_set()


def test_a_worker_with_nothing_to_do_rests_between_two_looks(post: Runtime) -> None:
    stop, looks = Rests(), list[str]()

    def hear(*facts: object) -> None:
        if "FOR UPDATE SKIP LOCKED" in str(facts[2]):
            looks.append("")
            if len(looks) > 4:
                stop.set()

    event.listen(post.engine, "before_cursor_execute", hear)
    PushWorker(post, in_flight=2).run(stop)
    assert stop.count == 3
