"""A20: WeChat's packets come several times, in any order, to four processes: one effect each; forgeries have none."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.domains.notices.models import Credit, Inbound
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from app.settings import Database
from sandbox.push.packets import Packet, Twist
from tests.promises.clients import Heard, Line, WeChat, share, side_by_side
from tests.promises.crowd import TEMPLATE, Reader, make_readers
from tests.stack import Stack, until

pytestmark = [pytest.mark.promise, pytest.mark.timeout(900)]
PROCESSES, EACH, COPIES, SENDERS = 4, 4, 4, 8
P99, LONGEST = 0.3, 4.5


class Listening:
    """The product with its ear to WeChat: four web processes and a worker."""

    def __init__(self, stack: Stack, runtime: Runtime) -> None:
        self.runtime, self.line, self.wechat = runtime, Line(stack), WeChat(runtime.clock)
        self.template_id: str = runtime.presets["messages"].templates[TEMPLATE].subscribe.id

    def events_of(self, readers: Sequence[Reader]) -> list[list[Packet]]:
        """Each person allows some messages; each event in four copies: two byte for byte, two in envelopes of their own."""
        found = []
        for reader in readers:
            for second in range(EACH):
                event = self.wechat.accepts(reader.openid, self.template_id, second=second)
                first, second_envelope, third = (self.wechat.packet("mp", event) for _ in range(3))
                found.append([first, first, second_envelope, third])
        return found

    def carry_all(self, packets: Sequence[Packet], *, senders: int = SENDERS) -> list[Heard]:
        """Bring packets to the callback from several threads; the answers."""
        heard: list[Heard] = []

        def carry(number: int) -> None:
            heard.extend(self.line.carry("mp", packet) for packet in packets[number::senders])

        side_by_side(carry, senders)
        return heard

    def rows(self) -> Counter[str]:
        """Stored packets by state."""
        with reading(self.runtime) as db:
            return Counter(db.scalars(select(Inbound.state)).all())

    def credits(self) -> dict[UUID, int]:
        """How many messages each account has allowed, as far as we know."""
        with reading(self.runtime) as db:
            return {row.account_id: row.count for row in db.scalars(select(Credit))}

    def act_on_all(self) -> float:
        """Wait until the worker has acted on everything; how long that took."""
        started = time.monotonic()
        until(lambda: self.rows().keys() <= {"done", "failed"}, seconds=120, every=0.1)
        return time.monotonic() - started


def hostile(listening: Listening, reader: Reader, used: Packet, times: int) -> dict[str, list[Packet]]:
    """What nobody but a forger sends."""
    twists = {
        "forged signature": Twist(wrong_signature=True),
        "stale": Twist(age=301 + 60),
        "from the future": Twist(age=-(301 + 60)),
        "sealed for another": Twist(appid="wxforeign000000001"),
    }
    wechat, template_id = listening.wechat, listening.template_id
    events = [wechat.accepts(reader.openid, template_id, second=100 + number) for number in range(times)]
    found = {name: [wechat.packet("mp", event, twist) for event in events] for name, twist in twists.items()}
    return found | {"reused nonce": [wechat.in_the_same_envelope("mp", event, used) for event in events]}


def test_a20_copies_of_packets_over_four_processes_have_one_effect_each(
    database: Database, make_stack: Callable[..., Stack], dice: random.Random, *, full: bool
) -> None:
    messages, forgeries = (1_000, 200) if full else (100, 10)
    stack = make_stack(database, api_workers=PROCESSES)
    stack.start("api", "worker")
    with stack.inside() as runtime:
        readers = make_readers(runtime, messages // EACH, way="mp", kind="a20", credits_each=0)
        listening = Listening(stack, runtime)
        copies = listening.events_of(readers)
        packets = [packet for group in copies for packet in group]
        dice.shuffle(packets)
        heard = listening.carry_all(packets)
        took = listening.act_on_all()
        allowed, stored = listening.credits(), listening.rows()
        refused = {
            name: Counter(one.status for one in listening.carry_all(forged))
            for name, forged in hostile(listening, readers[0], copies[0][0], forgeries).items()
        }
        time.sleep(0.5)
        after, allowed_after = listening.rows(), listening.credits()
        with reading(runtime) as db:
            keys = db.scalar(select(func.count(Inbound.key.distinct())))
    seconds = [one.seconds for one in heard]
    statuses = Counter((one.status, one.body) for one in heard)
    print(
        f"A20: {messages} messages x {COPIES} copies over {PROCESSES} processes: answers {dict(statuses)}, rows "
        f"{stored.total()}, effects {sum(allowed.values())}, p50 {share(seconds, 0.5) * 1000:.0f} ms, p99 "
        f"{share(seconds, 0.99) * 1000:.0f} ms, longest {max(seconds) * 1000:.0f} ms, acted on {took:.1f} s after"
    )
    print(f"A20: refused { ({name: dict(counts) for name, counts in refused.items()}) }, rows after {after.total()}")
    assert statuses == {(200, b"success"): messages * COPIES}
    assert stored == {"done": messages}
    assert keys == messages
    assert allowed == {reader.account_id: EACH for reader in readers}
    if full:
        assert share(seconds, 0.99) <= P99
        assert max(seconds) <= LONGEST
    assert all(counts == {403: forgeries} for counts in refused.values())
    assert (after, allowed_after) == (stored, allowed)
