"""What the sandbox's tests stand on: a desk that speaks to it as the product and as a person would, and a callback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import requests

from sandbox.config import starter
from sandbox.server import Running, start

CONFIG = starter()
TEMPLATES = [
    {"id": "once", "title": "事情有回音", "kind": "subscribe", "fields": {"thing1": "什么事", "name2": "谁去的"}},
    {"id": "always", "title": "走访提醒", "kind": "subscribe", "fields": {"thing1": "先去"}, "long_term": True},
    {"id": "oa", "title": "村里没接上", "kind": "oa", "fields": {"thing1": "什么事", "time2": "到点"}},
]
ONCE = {"thing1": {"value": "门前路灯不亮"}, "name2": {"value": "赵建国"}}
OA = {"thing1": {"value": "水渠堵了"}, "time2": {"value": "2026年11月23日 16:14"}}


class Desk:
    """A sandbox with some templates, and short ways to use it."""

    def __init__(self, running: Running) -> None:
        self.url = running.url
        self.running = running
        self._session = requests.Session()
        self._session.trust_env = False
        self._tokens: dict[str, str] = {}
        self.ctl("/templates", {"templates": TEMPLATES})
        self.ctl("/settings", {"sent_event_delay": 0.0, "media_delay": 0.0, "push_timeout": 0.3})

    def ctl(self, path: str, content: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        """Use the control API; without content a GET."""
        if content is None and method == "POST":
            method = "GET"
        answer = self._session.request(method, f"{self.url}/__ctl{path}", json=content, timeout=60)
        assert answer.ok, answer.text
        return answer.json()

    def phone(self, **facts: Any) -> dict[str, Any]:
        """A phone on the desk."""
        return self.ctl("/phones", {"name": "王桂兰", **facts})

    def get(self, path: str, **args: str) -> requests.Response:
        """Call an interface with GET."""
        return self._session.get(self.url + path, params=args, timeout=60)

    def post(self, path: str, content: Any, **args: str) -> requests.Response:
        """Call an interface with POST."""
        return self._session.post(self.url + path, json=content, params=args, timeout=60)

    def token(self, account: str = "mp") -> str:
        """A stable token of an account."""
        if account not in self._tokens:
            self._tokens[account] = self.fetch_token(account).json()["access_token"]
        return self._tokens[account]

    def fetch_token(self, account: str = "mp", **more: Any) -> requests.Response:
        """Ask for a stable token."""
        app = getattr(CONFIG, account)
        asked = {"grant_type": "client_credential", "appid": app.appid, "secret": app.secret}
        return self.post("/cgi-bin/stable_token", {**asked, **more})

    def call(self, path: str, content: Any, *, account: str = "mp") -> dict[str, Any]:
        """Call an interface that needs a token."""
        answer = self.post(path, content, access_token=self.token(account))
        assert answer.status_code == 200
        return answer.json()

    def call_raw(self, path: str, content: Any) -> dict[str, Any]:
        """Call an interface with Chinese left as it is, as WeChat wants it."""
        body = json.dumps(content, ensure_ascii=False).encode()
        args = {"access_token": self.token()}
        return self._session.post(self.url + path, data=body, params=args, timeout=60).json()

    def forget_tokens(self) -> None:
        """Fetch new ones next time."""
        self._tokens.clear()

    def subscribe_send(self, phone: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send the one-time subscribe message."""
        message = {"touser": phone["openid"], "template_id": "once", "page": "pages/case?id=7", "data": ONCE}
        return self.call("/cgi-bin/message/subscribe/send", {**message, **more})

    def template_send(self, phone: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Send the official account's template message."""
        message = {"touser": phone["oa_openid"], "template_id": "oa", "data": OA}
        return self.call("/cgi-bin/message/template/send", {**message, **more}, account="oa")

    def sms(self, number: str, text: str, *, own_id: str, key: str = CONFIG.sms_key) -> requests.Response:
        """Send an SMS."""
        message = {"phone": number, "text": text, "id": own_id}
        return self._session.post(
            f"{self.url}/sms/send", json=message, headers={"Authorization": f"Bearer {key}"}, timeout=10
        )

    def allow(self, phone: dict[str, Any], template: str = "once", times: int = 1) -> None:
        """The person agrees so many times."""
        for _ in range(times):
            self.ctl(f"/phones/{phone['openid']}/subscribe", {"templates": [template]})

    def screen(self, phone: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
        """What is on a phone."""
        found = self.ctl(f"/phones/{phone['openid']}/messages{f'?kind={kind}' if kind else ''}")
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    def close(self) -> None:
        """Let go of the connections, end the sandbox."""
        self._session.close()
        self.running.stop()


def desks() -> Iterator[Desk]:
    """A desk of its own for one test."""
    desk = Desk(start(starter()))
    yield desk
    desk.close()


@dataclass(frozen=True)
class Posted:
    """One packet that reached the callback."""

    query: dict[str, str]
    body: bytes
    content_type: str


class _Server(ThreadingHTTPServer):
    """Lets nobody of a burst wait at the door."""

    daemon_threads = True
    request_queue_size = 256


@dataclass
class Callback:
    """The product's callback, reduced to what it answers; used with `with`."""

    answer: Callable[[Posted], tuple[int, bytes]] = lambda _posted: (200, b"success")
    seconds: float = 0.0
    posted: list[Posted] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Listen on a free port."""
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}/wechat"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, number: int, *, seconds: float = 60.0) -> list[Posted]:
        """The packets, once so many have come."""
        until = time.monotonic() + seconds
        while len(self.posted) < number and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.posted) >= number, f"{len(self.posted)} of {number} packets came"
        return self.posted


def _handler(callback: Callback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Records what comes and answers as told."""

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            posted = Posted(self._query(), self.rfile.read(length), self.headers.get("Content-Type", ""))
            callback.posted.append(posted)
            status, body = callback.answer(posted)
            time.sleep(callback.seconds)
            self._reply(status, body)

        def do_GET(self) -> None:
            if self.path.startswith("/picture"):
                self._reply(200, b"\x89PNG picture")
            else:
                self._reply(200, self._query().get("echostr", "").encode())

        def _query(self) -> dict[str, str]:
            return dict(parse_qsl(urlsplit(self.path).query))

        def _reply(self, status: int, body: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    return Handler
