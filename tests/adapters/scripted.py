"""A small HTTP server whose answers a test writes: it remembers requests and can misbehave on the wire."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer, and what goes wrong with it on the way."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    after: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = ""  # reset | cut | drip | close


def says(fields: Any, **rest: Any) -> Reply:
    """An answer of JSON."""
    return Reply(json.dumps(fields, ensure_ascii=False).encode(), **rest)


Script = Callable[[Asked], Reply]


class ScriptedServer:
    """Runs in threads of this process until it is closed."""

    def __init__(self, script: Script | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.script: Script = script or _fixed(says({"errcode": 0, "errmsg": "ok"}))
        self.connections = 0
        self._server = _Threads(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": self}))
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def always(self, reply: Reply) -> None:
        """Give the same answer to everything from now on."""
        self.script = _fixed(reply)

    def count(self, path: str) -> int:
        return sum(one.path == path for one in self.asked)

    def last(self, path: str) -> Asked:
        return [one for one in self.asked if one.path == path][-1]


class _Threads(ThreadingHTTPServer):
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the test."""


def _fixed(reply: Reply) -> Script:
    def answer(_asked: Asked) -> Reply:
        return reply

    return answer


class _Handler(BaseHTTPRequestHandler):
    scripted: ScriptedServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.scripted.connections += 1

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), dict(self.headers), body)
        self.scripted.asked.append(asked)
        reply = self.scripted.script(asked)
        time.sleep(reply.after)
        if reply.fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.shutdown(socket.SHUT_RD)
            self.close_connection = True
            self.connection.close()
            return
        self._write(reply)

    def _write(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if reply.fault == "drip":
            self._drip(reply.body)
        else:
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.fault == "cut" else reply.body)
        self.close_connection = reply.fault in {"cut", "close"}

    def _drip(self, body: bytes) -> None:
        for one in body:
            self.wfile.write(bytes([one]))
            self.wfile.flush()
            time.sleep(0.1)
