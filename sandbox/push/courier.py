"""Carries packets to the product's callback: waits five seconds for an answer, sends three times in all, and on order
sends copies, shuffles, bursts and hostile packets. Also does everything that has to happen a little later.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from sandbox.push import packets
from sandbox.push.packets import Event, Packet, Twist

if TYPE_CHECKING:
    from sandbox.config import App
    from sandbox.world import World

TRIES = 3
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WORKERS = 32
_SHUFFLE_WITHIN = 1.5


@dataclass(slots=True)
class Delivery:
    """One packet that was carried, and what the product answered."""

    at: float
    account: str
    event: str
    attempt: int
    status: int  # 0: no answer
    answer: str
    seconds: float

    @property
    def is_answered(self) -> bool:
        """Whether WeChat would be content."""
        return self.status == http.client.OK


Replied = Callable[["Delivery", bytes], None]


class Courier:
    """Runs in threads of its own, so that the API never waits for the product."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = count()
        self._wake = threading.Condition()
        self._pool: ThreadPoolExecutor | None = None
        self._stopped = False
        self.deliveries: deque[Delivery] = deque(maxlen=2000)
        self.seconds: deque[float] = deque(maxlen=50_000)
        self.figures: Counter[str] = Counter()
        self.last_packet: dict[str, Packet] = {}

    def later(self, seconds: float, what: Callable[[], object]) -> None:
        """Do something after so many real seconds."""
        with self._wake:
            self._start()
            heappush(self._due, (time.monotonic() + seconds, next(self._order), what))
            self._wake.notify()

    def push(self, app: App, event: Event, *, after: float = 0.0, replied: Replied | None = None) -> None:
        """Send an event to the account's callback, with the copies and in the disorder that the settings ask for."""
        if not app.callback or not self._world.settings.push_events:
            return
        for _copy in range(max(1, self._world.settings.push_copies)):
            disorder = random.uniform(0, _SHUFFLE_WITHIN) if self._world.settings.push_shuffle else 0.0
            self.later(after + disorder, lambda: self._carry(app, event, replied))

    def burst(self, app: App, events: list[Event], *, rate: float) -> None:
        """Send many events at a steady rate, each once, whatever the answers are."""
        for place, event in enumerate(events):
            self.later(place / rate, lambda event=event: self.carry_once(app, event))  # type: ignore[misc]

    def carry_once(self, app: App, event: Event, *, twist: Twist | None = None, attempt: int = 1) -> Delivery:
        """Send an event a single time, with something wrong on it if asked; and tell what came back."""
        delivery, _body = self._post(app, self._packet(app, event, twist), event, attempt)
        return delivery

    def replay(self, app: App) -> Delivery | None:
        """Send the last packet again, byte by byte; None when there was none."""
        packet = self.last_packet.get(app.kind)
        if packet is None:
            return None
        return self._post(app, packet, Event({"Event": "replay"}), 1)[0]

    def verify(self, app: App, *, wrong_signature: bool = False) -> dict[str, Any]:
        """The check WeChat makes when a callback address is saved: a GET whose echostr must come back."""
        echostr, now, nonce = str(random.getrandbits(63)), str(int(self._world.clock.now())), "1372623149"
        signature = packets.sign(app.token + ("x" if wrong_signature else ""), now, nonce)
        query = {"signature": signature, "timestamp": now, "nonce": nonce, "echostr": echostr}
        status, body = _exchange("GET", app.callback, Packet(query, b"", ""), self._world.settings.push_timeout)
        return {"ok": body == echostr.encode(), "status": status, "body": body.decode(errors="replace")[:200]}

    def summary(self, limit: int) -> dict[str, Any]:
        """How the pushes went: figures, the answer times, the last ones."""
        ordered = sorted(self.seconds)
        return {
            **{name: self.figures[name] for name in ("posted", "answered", "failed", "gave_up")},
            "waiting": len(self._due),
            "p50_ms": _share(ordered, 0.5),
            "p99_ms": _share(ordered, 0.99),
            "max_ms": _share(ordered, 1.0),
            "pushes": [asdict(one) for one in list(self.deliveries)[-limit:]] if limit else [],
        }

    def forget(self) -> None:
        """Drop what is waiting, and the figures."""
        with self._wake:
            self._due.clear()
        self.deliveries.clear()
        self.seconds.clear()
        self.figures.clear()
        self.last_packet.clear()

    def stop(self) -> None:
        """End the threads; what was still to be carried is dropped."""
        with self._wake:
            self._stopped = True
            self._due.clear()
            self._wake.notify_all()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        if self._pool is None and not self._stopped:
            self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sandbox-courier")
            threading.Thread(target=self._run, name="sandbox-courier-clock", daemon=True).start()

    def _run(self) -> None:
        while not self._stopped:
            with self._wake:
                if not self._due:
                    self._wake.wait(1.0)
                    continue
                wait = self._due[0][0] - time.monotonic()
                if wait > 0:
                    self._wake.wait(min(wait, 1.0))
                    continue
                what = heappop(self._due)[2]
            if self._pool is not None and not self._stopped:
                self._pool.submit(what)

    def _carry(self, app: App, event: Event, replied: Replied | None) -> None:
        for attempt in range(1, TRIES + 1):
            if self._stopped:
                return
            delivery, body = self._post(app, self._packet(app, event, None), event, attempt)
            if delivery.is_answered:
                break
        else:
            with self._world.lock:
                self.figures["gave_up"] += 1
                self._world.post.say(_NAMES[app.kind], event.fields.get("Event", "消息"), "lost", "no_answer")
        if replied is not None:
            replied(delivery, body)

    def _packet(self, app: App, event: Event, twist: Twist | None) -> Packet:
        wrap = self._world.settings.json_wrapper
        return packets.build(app, event, now=self._world.clock.now(), wrap_json=wrap, twist=twist)

    def _post(self, app: App, packet: Packet, event: Event, attempt: int) -> tuple[Delivery, bytes]:
        started = time.monotonic()
        status, body = _exchange("POST", app.callback, packet, self._world.settings.push_timeout)
        took = time.monotonic() - started
        name = str(event.fields.get("Event") or event.fields.get("MsgType") or "")
        delivery = Delivery(
            self._world.clock.now(), app.kind, name, attempt, status, body.decode(errors="replace")[:200], took
        )
        with self._world.lock:
            self.last_packet[app.kind] = packet
            self.deliveries.append(delivery)
            self.seconds.append(took)
            self.figures["posted"] += 1
            self.figures["answered" if delivery.is_answered else "failed"] += 1
        return delivery, body


_NAMES = {"mp": "小程序", "oa": "公众号", "wecom": "企业微信"}


def _exchange(method: str, url: str, packet: Packet, timeout: float) -> tuple[int, bytes]:
    """Status and body of one exchange; status 0 when nothing came in time."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return 0, b"the sandbox posts to this machine only"
    target = f"{parts.path or '/'}?{'&'.join(filter(None, (parts.query, urlencode(packet.query))))}"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout)
    try:
        headers = {"Content-Type": packet.content_type, "User-Agent": "Mozilla/4.0", "Connection": "close"}
        connection.request(method, target, packet.body or None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _share(ordered: list[float], share: float) -> float:
    if not ordered:
        return 0.0
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2)
