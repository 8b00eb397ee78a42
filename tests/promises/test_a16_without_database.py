"""A16: PostgreSQL is away for a while: everybody is told so at once, WeChat sends again, and all is well without a restart."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.adapters.database import migrate
from app.adapters.embedded import EmbeddedPostgres
from app.domains.notices.models import Credit, Inbound
from app.domains.visits.models import Visit
from app.kernel.access import unscoped
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.settings import Database
from sandbox.push.packets import Packet
from tests.conftest import database_of
from tests.promises.clients import Heard, Line, Note, WeChat, share, side_by_side, visits_by
from tests.promises.crowd import TEMPLATE, make_keepers, make_readers
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(600)]
WRITERS, SOON, BACK_SECONDS = 4, 3.0, 5.0


@pytest.fixture
def server(place: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this test, which keeps its word on disk."""
    started = EmbeddedPostgres(place / "a16")
    started.start()
    yield started
    started.stop()


@pytest.fixture
def away(server: EmbeddedPostgres) -> Database:
    """A migrated database on it."""
    server.create_database("a16")
    found = database_of(server, "a16")
    migrate(found)
    return found


@dataclass
class People:
    """Members who write and look, and WeChat which calls, all the time and all in their own pace."""

    line: Line
    heard: list[tuple[float, str, Heard]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    stored: int = 0

    def write(self, notes: list[Note]) -> None:
        """Log visits, each until it is acknowledged, and look at oneself in between."""
        for note in notes:
            while str(note.id) not in self.acknowledged:
                if self._hear("write", note.send(self.line)).status == 201:
                    self.acknowledged.add(str(note.id))
                self._hear("read", self.line.get("me", note.token, number=note.number))
                time.sleep(0.1)

    def call(self, packets: list[Packet]) -> None:
        """Bring packets to the callback; one that is not taken is sent again, as WeChat does."""
        for packet in packets:
            while self._hear("callback", self.line.carry("mp", packet)).status != 200:
                time.sleep(0.1)
            self.stored += 1
            time.sleep(0.1)

    def _hear(self, what: str, heard: Heard) -> Heard:
        self.heard.append((time.monotonic() - heard.seconds, what, heard))
        return heard

    def between(self, start: float, end: float, what: str) -> list[Heard]:
        """What was asked in a span of time, and answered in it or later."""
        return [heard for asked, kind, heard in self.heard if start <= asked < end and kind == what]


@unscoped("a test counts all rows")
def on_file(runtime: Runtime) -> tuple[set[str], Counter[str], int]:
    """The visits, the packets by state, and how many messages were allowed."""
    with reading(runtime) as db:
        visits = {str(found) for found in db.scalars(select(Visit.id))}
        return visits, Counter(db.scalars(select(Inbound.state)).all()), db.scalar(select(func.sum(Credit.count))) or 0


def test_a16_while_postgresql_is_away_everybody_is_told_at_once_and_nothing_acknowledged_is_lost(
    away: Database, server: EmbeddedPostgres, make_stack: Callable[..., Stack], dice: random.Random, *, full: bool
) -> None:
    seconds, each = (60.0, 250) if full else (8.0, 40)
    stack = make_stack(away, proxies=1)
    stack.start("api", "worker", "scheduler")
    pids = {name: stack.pid_of(name) for name in ("api", "worker", "scheduler")}
    with stack.inside() as runtime:
        keepers = make_keepers(runtime, WRITERS, households_each=20)
        (reader,) = make_readers(runtime, 1, way="mp", kind="a16", credits_each=0)
        wechat, template = WeChat(runtime.clock), runtime.presets["messages"].templates[TEMPLATE].subscribe.id
        packets = [wechat.packet("mp", wechat.accepts(reader.openid, template, second=n)) for n in range(each)]
        queues = [visits_by(one, runtime.clock, each, first=number * each) for number, one in enumerate(keepers)]
        people = People(Line(stack))
        works = [*(partial(people.write, notes) for notes in queues), partial(people.call, packets)]
        crowd = threading.Thread(target=side_by_side, args=(lambda number: works[number](), len(works)))
        crowd.start()
        until(lambda: len(people.acknowledged) > each // 4, seconds=60)
        time.sleep(dice.random() * 0.2)
        server.stop()
        down = time.monotonic()
        time.sleep(seconds)
        back = time.monotonic()
        server.start()
        up = time.monotonic()
        crowd.join()
        runtime.engine.dispose()  # the test's own connections have died as well
        until(lambda: on_file(runtime)[1].keys() == {"done"}, seconds=90, every=0.1)
        visits, inbound, allowed = on_file(runtime)
    meanwhile = {what: people.between(down, back - SOON, what) for what in ("write", "read", "callback")}
    answers = {what: dict(Counter(heard.status for heard in found)) for what, found in meanwhile.items()}
    waited = [heard.seconds for found in meanwhile.values() for heard in found]
    good = [asked + heard.seconds for asked, _, heard in people.heard if asked >= down and heard.status in {200, 201}]
    late_errors = sum(heard.status >= 500 for asked, _, heard in people.heard if asked > up + BACK_SECONDS)
    print(
        f"A16: PostgreSQL away for {up - down:.1f} s: answers meanwhile {answers}, p99 {share(waited, 0.99):.2f} s, "
        f"longest {max(waited):.2f} s; first good answer {min(good) - up:.2f} s after it was back, errors later than "
        f"{BACK_SECONDS:.0f} s after {late_errors}; acknowledged {len(people.acknowledged)} - present = "
        f"{len(people.acknowledged - visits)}; packets {len(packets)}, stored {dict(inbound)}, "
        f"effects {allowed}"
    )
    assert all(set(found) == {503} for found in answers.values())
    assert not full or (share(waited, 0.99) <= SOON and min(good) - up <= BACK_SECONDS and late_errors == 0)
    assert people.acknowledged == visits
    assert len(visits) == WRITERS * each
    assert (inbound, allowed, people.stored) == ({"done": each}, each, each)
    assert pids == {name: stack.pid_of(name) for name in pids}
    assert all(stack.is_ready(name) for name in pids)
