"""HTTP to one fixed host, and no other: kept-alive connections, time limits, a size limit, no redirects.

What it raises never carries the URL, a header or the body: those hold secrets. It says one thing more than a usual
client does, because a message must not be sent twice: whether the other side may have seen the whole request.
"""

from __future__ import annotations

import ipaddress
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Self
from urllib.parse import urlencode, urlsplit

from app.adapters.http_answers import Answer, AnswerReader, Broken, TooLarge

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 8.0
_IDLE_SECONDS = 20.0  # a connection that rested longer is likely to be closed at the other end
_KEPT = 64
_TARGET = re.compile(r"[\x21-\x7e]+")
_LINE = re.compile(r"[\x21-\x7e][\x20-\x7e]*")


class WireFailed(Exception):
    """No usable answer. `maybe_sent` says whether the other side may have acted on the request."""

    def __init__(self, what: str, *, maybe_sent: bool) -> None:
        super().__init__(what)
        self.what = what
        self.maybe_sent = maybe_sent


def is_private(host: str) -> bool:
    """Whether a host is written as an address or as localhost: then a private peer is what was asked for."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


class _Connection:
    """A dialled connection, and since when it rests."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.rested_at = 0.0
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def is_alive(self) -> bool:
        """Whether the other end has kept the resting connection open: a closed one is readable."""
        return time.monotonic() - self.rested_at <= _IDLE_SECONDS and not self._poll.poll(0)

    def close(self) -> None:
        """Hang up."""
        self.sock.close()


class Wire:
    """Thread-safe HTTP client of one base URL."""

    def __init__(
        self,
        base_url: str,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        max_bytes: int = 1_048_576,
        may_be_private: bool | None = None,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("a base URL is http(s)://host[:port][/prefix]")
        self.host = parts.hostname
        self.port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._connect_seconds, self._answer_seconds = connect_seconds, answer_seconds
        self._prefix = parts.path.rstrip("/")
        self._fixed = (f"Host: {parts.netloc}", "Accept-Encoding: identity", "User-Agent: lianxin")
        self._max_bytes = max_bytes
        self._may_be_private = is_private(self.host) if may_be_private is None else may_be_private
        self._resting: list[_Connection] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def may_reach(self, address: str) -> bool:
        """Whether a resolved address may be dialled; a public name that leads into our own network may not."""
        place = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
        mapped = getattr(place, "ipv4_mapped", None) or place
        return self._may_be_private or bool(mapped.is_global)

    def get(self, path: str, query: Mapping[str, str]) -> Answer:
        """Fetch; the query may hold secrets, no error will."""
        return self._exchange("GET", path, query=query, body=b"", headers={})

    def post(self, path: str, body: bytes, *, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Send a body and read the answer."""
        return self._exchange("POST", path, query=query, body=body, headers=headers)

    def close(self) -> None:
        """Close the resting connections; those in use close when they come back."""
        with self._lock:
            resting, self._resting = self._resting, []
        for connection in resting:
            connection.close()

    def _exchange(
        self, method: str, path: str, *, query: Mapping[str, str], body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        target = f"{self._prefix}{path}?{urlencode(query)}" if query else self._prefix + path
        lines = [f"{method} {target} HTTP/1.1", *self._fixed, f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if not _TARGET.fullmatch(target) or not all(map(_LINE.fullmatch, lines)):
            raise WireFailed("bad_request", maybe_sent=False)
        connection = self._connection()
        try:
            self._send(connection, "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body)
            return self._receive(connection)
        except BaseException:
            connection.close()
            raise

    @staticmethod
    def _send(connection: _Connection, request: bytes) -> None:
        """Hand over the request. When this fails the other side cannot hold all of it, so it has not acted."""
        try:
            connection.sock.sendall(request)
        except OSError as failure:
            raise WireFailed(_word(failure, "no_connection"), maybe_sent=False) from None

    def _receive(self, connection: _Connection) -> Answer:
        reader = AnswerReader(connection.sock, max_bytes=self._max_bytes, seconds=self._answer_seconds)
        try:
            answer = reader.read()
        except TooLarge:
            raise WireFailed("too_large", maybe_sent=True) from None
        except (OSError, Broken) as failure:
            raise WireFailed(_word(failure, "reset"), maybe_sent=True) from None
        self._rest(connection, keep=answer.may_stay)
        return answer

    def _connection(self) -> _Connection:
        """A connection that rested and is still alive, or a new one."""
        while resting := self._taken():
            if resting.is_alive():
                return resting
            resting.close()
        try:
            return _Connection(self._dialled())
        except (OSError, UnicodeError) as failure:
            raise WireFailed(_word(failure, "no_connection"), maybe_sent=False) from None

    def _taken(self) -> _Connection | None:
        with self._lock:
            return self._resting.pop() if self._resting else None

    def _dialled(self) -> socket.socket:
        """An open socket; the resolved address is looked at before it is dialled, so a poisoned name leads nowhere."""
        failure = OSError("the name resolves to nothing that may be reached")
        for *_, place in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            host = str(place[0])
            try:
                if self.may_reach(host):
                    return self._opened(socket.create_connection((host, self.port), self._connect_seconds))
            except OSError as refused:
                failure = refused
        raise failure

    def _opened(self, sock: socket.socket) -> socket.socket:
        """Encrypted when the scheme says so; from now on it waits as long as an answer may take."""
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_hostname=self.host)
            sock.settimeout(self._answer_seconds)
        except BaseException:
            sock.close()
            raise
        return sock

    def _rest(self, connection: _Connection, *, keep: bool) -> None:
        connection.rested_at = time.monotonic()
        with self._lock:
            keep = keep and len(self._resting) < _KEPT
            if keep:
                self._resting.append(connection)
        if not keep:
            connection.close()


def _word(failure: Exception, otherwise: str) -> str:
    """A failure in one word that says nothing about the request."""
    return "timeout" if isinstance(failure, TimeoutError) else otherwise
