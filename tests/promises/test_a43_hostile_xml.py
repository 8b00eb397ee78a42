"""A43: hostile packets at WeChat's address: refused over HTTP, nothing stored, nothing fetched, all within milliseconds."""

from __future__ import annotations

import math
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.adapters.wechat.callbacks import Mode, WeChatDoor
from app.domains.notices.models import Inbound
from app.domains.notices.ports import Doors, RawCallback
from app.kernel.clock import MovableClock
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.main import create_app
from tests.adapters.conftest import NOON
from tests.adapters.packets import Post, door_app, enveloped, packet, posted
from tests.adapters.test_wechat_hostile import FIXED, mutated
from tests.promises.asks import next_address

pytestmark = pytest.mark.promise
SLOWEST = 0.020  # seconds of work for one packet
MODES = {"mp": Mode.SAFE, "oa": Mode.PLAIN}


@pytest.fixture
def wechat(runtime: Runtime, clock: MovableClock) -> FlaskClient:
    """Whoever writes to the two addresses; real doors stand behind them, one sealed, one plain."""
    clock.set(NOON, rate=0)
    doors = Doors({name: WeChatDoor(replace(door_app(mode), name=name)) for name, mode in MODES.items()})
    return create_app(replace(runtime, ports={**runtime.ports, Doors: doors})).test_client()


@pytest.fixture
def trap() -> Iterator[str]:
    """An address that must never be called."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(BlockingIOError):
            listening.accept()


class Knocking:
    """Sends packets and notes what goes wrong."""

    def __init__(self, wechat: FlaskClient, *, slowest: float) -> None:
        self._wechat, self._limit = wechat, slowest
        self.count, self.slowest, self.taken, self.wrong = 0, 0.0, 0, list[str]()

    def send(self, account: str, raw: RawCallback, *, what: str) -> int:
        """One packet; the status of the answer."""
        began = time.thread_time()
        answer = self._wechat.post(
            f"/wechat/{account}",
            query_string=dict(raw.query),
            data=raw.body,
            content_type=raw.content_type,
            environ_base={"REMOTE_ADDR": next_address()},
        )
        took = time.thread_time() - began
        self.count, self.slowest = self.count + 1, max(self.slowest, took)
        self.taken += answer.status_code == 200
        if answer.status_code >= 500 or took > self._limit:
            self.wrong.append(f"{account}, {what}: {answer.status_code} in {took * 1000:.0f} ms")
        if answer.get_data() not in {b"", b"success"}:
            self.wrong.append(f"{account}, {what}: says {answer.get_data()[:60]!r}")
        return answer.status_code


def stored(runtime: Runtime) -> int:
    """How many packets the house has taken in."""
    with reading(runtime) as db:
        return db.scalar(select(func.count()).select_from(Inbound)) or 0


@pytest.fixture
def knocking(wechat: FlaskClient, *, full: bool) -> Iterator[Knocking]:
    """A warm door; how long a packet may take is asked at full size only."""
    made = Knocking(wechat, slowest=SLOWEST if full else math.inf)
    for account, mode in MODES.items():
        assert made.send(account, posted(packet("subscribe"), Post(mode=mode)), what="a good packet") == 200
    made.slowest, made.wrong = 0.0, []
    yield made
    print(f"A43: {made.count} packets, the slowest {made.slowest * 1000:.1f} ms of work, {len(made.wrong)} complaints")
    assert made.wrong == [], "\n".join(made.wrong)


def test_a43_packets_made_to_break_a_parser_are_refused_and_leave_nothing(
    knocking: Knocking, runtime: Runtime, trap: str
) -> None:
    before = stored(runtime)
    for account, mode in MODES.items():
        for what, text in FIXED.items():
            body = text.replace("127.0.0.1:PORT", trap).encode()
            assert knocking.send(account, enveloped(body, Post(mode=mode)), what=what) in {400, 413}
            assert knocking.send(account, RawCallback({}, body, "text/xml"), what=f"{what}, unsigned") in {
                400,
                403,
                413,
            }
    assert stored(runtime) == before


@pytest.mark.timeout(600)
def test_a43_generated_packets_never_break_the_door(
    knocking: Knocking, runtime: Runtime, dice: random.Random, *, full: bool
) -> None:
    before, taken = stored(runtime), knocking.taken
    for turn in range(3000 if full else 300):
        account = dice.choice(list(MODES))
        raw = enveloped(mutated(dice), Post(mode=MODES[account], nonce=f"n{turn}"))
        if dice.random() < 0.2:
            raw = replace(raw, body=raw.body[: dice.randrange(len(raw.body) + 1)])
        knocking.send(account, raw, what="generated")
    assert stored(runtime) - before <= knocking.taken - taken


def test_a43_an_account_that_is_none_of_ours_is_not_found(wechat: FlaskClient) -> None:
    for account in ("mpp", "MP", "..%2fmp", "%00", "x" * 2000):
        assert wechat.post(f"/wechat/{account}", data=b"<xml/>").status_code == 404
