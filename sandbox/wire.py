"""HTTP/1.1 over asyncio, down to the socket.

Written by hand because the faults this program plays (an answer that never comes, a reset, half a body) happen
below what a WSGI server lets one touch, and because the push benchmark must be limited by the product, not by us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

MAX_HEAD = 64 * 1024
MAX_BODY = 32 * 1024 * 1024
JSON = "application/json; encoding=utf-8"
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(slots=True)
class Request:
    """One request as it came in."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    peer: str = "127.0.0.1"

    def args(self) -> dict[str, str]:
        """The query string as a dictionary; of repeated names the last one counts."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


@dataclass(slots=True)
class Answer:
    """What goes back, before anybody decides when or whether it goes."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: list[tuple[str, str]] = field(default_factory=list)

    def packed(self, *, head_only: bool = False) -> bytes:
        """The bytes on the wire."""
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head if head_only else head + self.body


class Malformed(Exception):
    """The bytes are not a request we take; carries the status to answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


Serve = Callable[[Request, "Connection"], None]


class Connection(asyncio.Protocol):
    """One client connection: takes requests one after the other and waits for each to be answered."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._buffer = bytearray()
        self._waiting = False
        self._close_after = False
        self._head_only = False
        self._transport: asyncio.Transport | None = None
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._peer = str((transport.get_extra_info("peername") or ("?",))[0])

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone; nothing more can be written."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Collect bytes; serve when a whole request is there."""
        self._buffer += data
        self._serve_next()

    def send(self, answer: Answer) -> None:
        """Answer the request that is waiting, then look whether the next one has come already."""
        if self._transport is None:
            return
        self._transport.write(answer.packed(head_only=self._head_only))
        if self._close_after:
            self._transport.close()
            return
        self._waiting = False
        if self._buffer:
            self._serve_next()

    def reset(self) -> None:
        """Break the connection at once, without an answer."""
        if self._transport is not None:
            self._transport.abort()

    def _serve_next(self) -> None:
        if self._waiting or self._transport is None:
            return
        try:
            request = self._take()
        except Malformed as refusal:
            self._close_after = True
            self.send(Answer(b"", status=refusal.status))
            return
        if request is not None:
            self._waiting = True
            self._serve(request, self)

    def _take(self) -> Request | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD:
                raise Malformed(431)
            return None
        request, length = _read_head(bytes(self._buffer[:end]))
        if len(self._buffer) < end + 4 + length:
            self._continue(request)
            return None
        request.body = bytes(self._buffer[end + 4 : end + 4 + length])
        request.peer = self._peer
        del self._buffer[: end + 4 + length]
        self._head_only = request.method == "HEAD"
        self._close_after = request.headers.get("connection", "").lower() == "close"
        return request

    def _continue(self, request: Request) -> None:
        """curl waits for this word before it sends a long body."""
        if request.headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _read_head(head: bytes) -> tuple[Request, int]:
    first, *lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, _version = first.split(" ")
    except ValueError:
        raise Malformed(400) from None
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    path, _, query = target.partition("?")
    return Request(method, unquote(path), query, headers), _length(headers)


def _length(headers: dict[str, str]) -> int:
    if "transfer-encoding" in headers:
        raise Malformed(411)
    text = headers.get("content-length", "0")
    if not text.isdigit():
        raise Malformed(400)
    if int(text) > MAX_BODY:
        raise Malformed(413)
    return int(text)
