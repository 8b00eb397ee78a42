"""Clients of the promises: very many phones that write at once, each by its own address, and WeChat's own callbacks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import urllib3

from app.kernel.clock import Clock
from app.kernel.values import uuid7
from sandbox.config import App, starter
from sandbox.push import packets
from sandbox.push.packets import Event, Packet, Twist
from tests.promises.crowd import Keeper
from tests.stack import Stack

_WAIT = urllib3.Timeout(connect=2.0, read=15.0)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, and how long it took; status 0: the connection broke."""

    status: int
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


class Line:
    """Keeps connections to one stack; safe for many threads."""

    def __init__(self, stack: Stack, *, connections: int = 64) -> None:
        host, port = "127.0.0.1", stack.port
        self._pool = urllib3.HTTPConnectionPool(host, port, maxsize=connections, retries=False, timeout=_WAIT)

    def ask(self, method: str, path: str, **how: Any) -> Heard:
        """One exchange."""
        started = time.monotonic()
        try:
            answer = self._pool.request(method, path, **how)
        except (urllib3.exceptions.HTTPError, OSError):
            return Heard(0, seconds=time.monotonic() - started)
        return Heard(answer.status, answer.data, time.monotonic() - started)

    def get(self, path: str, token: str, *, number: int = 0) -> Heard:
        """Look, as who holds this token."""
        return self.ask("GET", f"/api/v1/{path}", headers=_headers(token, number))

    def post(self, path: str, body: Mapping[str, Any], *, token: str = "", number: int = 0) -> Heard:
        """Do, as who holds this token."""
        headers = {**_headers(token, number), "Content-Type": "application/json"}
        return self.ask("POST", f"/api/v1/{path}", body=json.dumps(body).encode(), headers=headers)

    def carry(self, account: str, packet: Packet) -> Heard:
        """Bring a packet to the callback, as WeChat does."""
        target = f"/wechat/{account}?{urlencode(packet.query)}"
        return self.ask("POST", target, body=packet.body, headers={"Content-Type": packet.content_type})


def _headers(token: str, number: int) -> dict[str, str]:
    """Each phone has an address of its own, as the proxy in front tells."""
    address = {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}
    return address | ({"Authorization": f"Bearer {token}"} if token else {})


@dataclass(frozen=True, slots=True)
class Note:
    """A visit that a phone has written down: its key, its content, and who sends it from where."""

    id: UUID
    body: dict[str, Any] = field(repr=False)
    token: str = field(repr=False)
    number: int

    def send(self, line: Line) -> Heard:
        """Send it once."""
        return line.post("visits", self.body, token=self.token, number=self.number)


def visits_by(keeper: Keeper, clock: Clock, count: int, *, first: int = 0) -> list[Note]:
    """Visits of one member to the households of his zone, on several days of this week."""
    now, homes = clock.now(), keeper.household_ids
    written = []
    for number in range(count):
        home, day = homes[number % len(homes)], number // len(homes) % 6
        visit = {
            "id": str(uuid7(now)),
            "household_id": str(home),
            "visited_at": (now - timedelta(days=day, seconds=number % 3600)).isoformat(),
            "themes": [],
            "note": f"第 {number} 次走访，家里都好。",
        }
        written.append(Note(UUID(str(visit["id"])), visit, keeper.token, first + number))
    return written


def side_by_side(work: Callable[[int], None], count: int) -> None:
    """Do the same in many threads; what one raises is raised."""
    failed: list[BaseException] = []

    def one(number: int) -> None:
        try:
            work(number)
        except BaseException as problem:  # noqa: BLE001 - handed to the test
            failed.append(problem)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


class WeChat:
    """Makes packets as WeChat makes them, for the accounts that the stack is configured with."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._config = clock, starter()
        self._began = int(clock.now().timestamp())

    def app(self, account: str) -> App:
        """The account's keys."""
        found: App = getattr(self._config, account)
        return found

    def packet(self, account: str, event: Event, twist: Twist | None = None) -> Packet:
        """A signed packet, in an envelope of its own."""
        return packets.build(self.app(account), event, now=self._clock.now().timestamp(), twist=twist)

    def in_the_same_envelope(self, account: str, event: Event, used: Packet) -> Packet:
        """Another content under a timestamp and nonce that were used before, rightly signed."""
        app = self.app(account)
        sealed = packets.seal(app, packets.render(app.format, event.wrapped()), appid=app.appid)
        timestamp, nonce = used.query["timestamp"], used.query["nonce"]
        query = {**used.query, "msg_signature": packets.sign(app.token, timestamp, nonce, sealed)}
        body = packets.render(app.format, {"ToUserName": app.original_id, "Encrypt": sealed})
        return Packet(query, body.encode(), used.content_type)

    def accepts(self, openid: str, template_id: str, *, second: int) -> Event:
        """A person has tapped "allow": worth one message."""
        entry = {"TemplateId": template_id, "SubscribeStatusString": "accept", "PopupScene": "1"}
        head = {"ToUserName": self._config.mp.original_id, "FromUserName": openid, "MsgType": "event"}
        when = self._began - second  # by one clock: two taps are never the same because a second went by in between
        return Event({**head, "CreateTime": when, "Event": "subscribe_msg_popup_event", "List": [entry]})


def share(values: Iterable[float], part: float) -> float:
    """The value below which this part of all values lies."""
    ordered: Sequence[float] = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0
