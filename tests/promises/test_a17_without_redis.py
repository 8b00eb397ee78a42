"""A17: Redis is refused, hangs, forgets everything or is full: nobody notices, and limits and sessions hold."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from app.settings import Database
from tests.promises.clients import Heard, Line, share, side_by_side
from tests.promises.crowd import Keeper, make_keepers
from tests.redis_server import RedisServer, redis_server
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(600)]
CLIENTS, FIRST_SECONDS, FIRST_EXTRA, LATER_EXTRA = 4, 5.0, 0.6, 0.02


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A redis-server of this test."""
    with redis_server() as started:
        yield started


@dataclass
class Watch:
    """What clients hear while something happens to Redis."""

    line: Line
    keepers: list[Keeper]
    told: dict[str, list[tuple[float, Heard]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(10_000_000)))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, count: int) -> list[tuple[float, Heard]]:
        """So many looks by members who are signed in; each answer, and how long after the start it was asked for."""
        started, found = time.monotonic(), []

        def look(number: int) -> None:
            keeper = self.keepers[number]
            for _ in range(count // CLIENTS):
                asked = time.monotonic() - started
                found.append((asked, self.line.get("me", keeper.token, number=self._next())))

        side_by_side(look, CLIENTS)
        return found

    def during(self, what: str, count: int) -> None:
        """Ask while this happens to Redis, and note the answers under its name."""
        self.told[what] = self.ask(count)

    def _next(self) -> int:
        with self._lock:
            return next(self._numbers)


def tries_until_refused(line: Line, *, name: str, most: int = 40) -> int:
    """How many wrong passwords one name may try."""
    guess = {"username": name, "password": "not-the-password", "totp": "000000"}
    for number in range(most):
        heard = line.post("session/staff", guess, number=7)
        if heard.status == 429:
            return number
        assert heard.status in {401, 403, 422}, heard.status
    return most


def wait_until_used(watch: Watch, server: RedisServer) -> None:
    """Ask until the product counts in Redis again: it looks for it every ten seconds."""
    server.forget_everything()
    until(lambda: watch.ask(CLIENTS) and server.count_keys(), seconds=120, every=0.5)


def through_every_outage(stack: Stack, server: RedisServer, watch: Watch, each: int) -> dict[str, int]:
    """All that can happen to Redis, one after the other; how many wrong passwords were let through each time."""
    guesses = {"up": tries_until_refused(watch.line, name="a17-one")}
    server.forget_everything()
    guesses["after FLUSHALL"] = tries_until_refused(watch.line, name="a17-one")
    watch.during("forgetful", each)
    server.fill_up()
    watch.during("full", each)
    server.empty()
    wait_until_used(watch, server)
    server.hang()
    watch.during("hung", each)
    guesses["hung"] = tries_until_refused(watch.line, name="a17-two")
    server.go_on()
    server.stop()
    watch.during("refused", each)
    guesses["refused"] = tries_until_refused(watch.line, name="a17-three")
    stack.kill("api")
    stack.start("api")
    watch.during("refused from the start", each)
    server.start()
    wait_until_used(watch, server)
    watch.during("back", each)
    return guesses


def test_a17_without_redis_nothing_fails_and_limits_and_sessions_hold(
    database: Database, make_stack: Callable[..., Stack], server: RedisServer, *, full: bool
) -> None:
    each = 1_000 if full else 100
    stack = make_stack(database, redis_url=server.url, proxies=1)
    stack.start("api")
    with stack.inside() as runtime:
        watch = Watch(Line(stack), make_keepers(runtime, CLIENTS, households_each=1))
    watch.ask(each)  # warm
    watch.during("up", each)
    assert server.count_keys()
    guesses = through_every_outage(stack, server, watch, each)
    plain = share((heard.seconds for _, heard in watch.told["up"]), 0.99)
    for name, answers in watch.told.items():
        first = [heard.seconds for asked, heard in answers if asked <= FIRST_SECONDS]
        later = [heard.seconds for asked, heard in answers if asked > FIRST_SECONDS]
        print(
            f"A17: Redis {name}: {Counter(heard.status for _, heard in answers)}, p99 first {FIRST_SECONDS:.0f} s "
            f"{share(first, 0.99) * 1000:.0f} ms, later {share(later, 0.99) * 1000:.0f} ms"
        )
        assert {heard.status for _, heard in answers} == {200}
        if full:
            assert share(first, 0.99) <= plain + FIRST_EXTRA
            assert share(later, 0.99) <= plain + LATER_EXTRA
    print(f"A17: wrong passwords let through before 429: {guesses}")
    assert guesses.pop("after FLUSHALL") == 0
    assert len(set(guesses.values())) == 1
    assert 0 < guesses["up"] < 40
