"""A closed-loop HTTP load generator: connections that are kept alive, requests made beforehand, one thread.

It costs the machine some twenty microseconds a request, which `ceiling` measures against a server that does nothing, so that
nobody takes the generator's limit for a server's.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_END = b"\r\n\r\n"
_PATIENCE = 30.0


class BadAnswer(Exception):
    """A server answered with something a figure cannot be made of."""


@dataclass
class Tally:
    """What came back in one turn."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    sample: bytes = b""

    @property
    def answers(self) -> int:
        """How many requests were answered."""
        return len(self.times)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    def percentile(self, share: float) -> float:
        """The time in milliseconds that this share of the answers did not exceed."""
        ranked = sorted(self.times)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))] * 1000

    def require(self, status: int) -> Tally:
        """This tally, when every answer had this status."""
        if set(self.statuses) != {status}:
            raise BadAnswer(f"wanted only {status}, got {dict(self.statuses)}: {self.sample[:600]!r}")
        return self


class _Connection:
    """One keep-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._received = b""
        self._needs = 0

    def ask(self, request: bytes) -> None:
        self._received, self._needs = b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def hear(self) -> bytes | None:
        """The whole answer once it is there."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise BadAnswer(f"the server hung up after {self._received[:300]!r}")
        self._received += piece
        if not self._needs:
            self._needs = _length(self._received)
        if self._needs and len(self._received) >= self._needs:
            return self._received
        return None


def _length(answer: bytes) -> int:
    """How long the answer will be with its head; 0 while the head is incomplete."""
    end = answer.find(_END)
    if end < 0:
        return 0
    for line in answer[:end].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return end + len(_END) + int(value)
    raise BadAnswer(f"an answer without a length: {answer[:300]!r}")


def drive(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Tally:
    """Send requests for so long, or until there are no more; every connection waits for its answer before it asks again."""
    tally, open_ones = Tally(), [_Connection(port) for _ in range(connections)]
    with selectors.DefaultSelector() as selector:
        for one in open_ones:
            selector.register(one.socket, selectors.EVENT_READ, one)
        started = time.perf_counter()
        _run(selector, open_ones, requests, tally, until=started + seconds)
        tally.seconds = time.perf_counter() - started
    for one in open_ones:
        one.socket.close()
    return tally


def _run(
    selector: selectors.BaseSelector,
    connections: list[_Connection],
    requests: Iterator[bytes],
    tally: Tally,
    *,
    until: float,
) -> None:
    busy = 0
    for connection in connections:
        busy += _ask_next(connection, requests)
    while busy:
        ready = selector.select(_PATIENCE)
        if not ready:
            raise BadAnswer(f"no answer within {_PATIENCE} s to {busy} requests")
        for key, _ in ready:
            answer = key.data.hear()
            if answer is None:
                continue
            _note(tally, answer, key.data.sent_at)
            busy -= 1
            if time.perf_counter() < until:
                busy += _ask_next(key.data, requests)


def _ask_next(connection: _Connection, requests: Iterator[bytes]) -> int:
    request = next(requests, None)
    if request is None:
        return 0
    connection.ask(request)
    return 1


def _note(tally: Tally, answer: bytes, sent_at: float) -> None:
    tally.times.append(time.perf_counter() - sent_at)
    status = int(answer[9:12])
    if status >= 400 or not tally.sample:
        tally.sample = answer
    tally.statuses[status] += 1


def get(path: str, headers: str = "") -> bytes:
    """A GET request as bytes; each header line ends in CR LF."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode()


def post(path: str, body: bytes, headers: str = "") -> bytes:
    """A POST request of JSON as bytes; each header line ends in CR LF."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}{headers}\r\n".encode() + body
