"""Starts the sandbox: WeChat's interfaces on the event loop, the desk and its control API through Flask."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

from sandbox.answers import Refusal, as_json, new_rid, refused
from sandbox.clock import VirtualClock
from sandbox.config import Config, starter
from sandbox.control import make_desk
from sandbox.dispatch import Dispatcher, Plan
from sandbox.wire import Answer, Connection, Request
from sandbox.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

DESK_PATHS = ("/__ctl", "/static/", "/connect/")
TIMER_LATE = 0.0007  # the loop rounds its timers up to the next millisecond; on the average this is what it adds
_DESK_THREADS = 8


class Server:
    """Takes requests from the wire and answers them when the plan says so."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._dispatcher = Dispatcher(world)
        self._desk = make_desk(world)
        self._connections: WeakSet[Connection] = WeakSet()
        self._threads = ThreadPoolExecutor(_DESK_THREADS, thread_name_prefix="sandbox-desk")

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Open the port."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._connect, host, port, backlog=1024)

    def _connect(self) -> Connection:
        connection = Connection(self.serve)
        self._connections.add(connection)
        return connection

    def serve(self, request: Request, connection: Connection) -> None:
        """Answer one request; nothing in here waits."""
        loop = asyncio.get_running_loop()
        if request.path == "/" or request.path.startswith(DESK_PATHS):
            work = loop.run_in_executor(self._threads, through_wsgi, self._desk, request)
            work.add_done_callback(lambda done: connection.send(_result(done)))
            return
        route = self._dispatcher.knows(request)
        if route is None:
            connection.send(as_json(refused(Refusal(40066), new_rid())))
        else:
            self._carry_out(loop, self._dispatcher.plan(request, route), connection)

    async def close(self, listening: asyncio.Server) -> None:
        """Close the port, break the connections, end the threads."""
        listening.close()
        for connection in list(self._connections):
            connection.reset()
        await asyncio.sleep(0.01)  # the loop closes their sockets in its next rounds
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.world.courier.stop()

    def _carry_out(self, loop: asyncio.AbstractEventLoop, plan: Plan, connection: Connection) -> None:
        if plan.busy:
            self.world.in_flight.add(plan.busy)
            loop.call_later(plan.after, self.world.in_flight.discard, plan.busy)
        act = connection.reset if plan.reset else None if plan.answer is None else partial(connection.send, plan.answer)
        if act is None:
            return
        if plan.after > 0:
            loop.call_later(max(0.0, plan.after - TIMER_LATE), act)
        else:
            act()


def _result(done: asyncio.Future[Answer]) -> Answer:
    return done.result()


def through_wsgi(app: WSGIApplication, request: Request) -> Answer:
    """Let a WSGI application answer a request."""
    told: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> Any:
        told["status"], told["headers"] = int(status.split(" ", 1)[0]), headers
        return BytesIO().write

    start: StartResponse = start_response
    chunks = app(_environ(request), start)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    named = {name.lower(): value for name, value in told["headers"]}
    kept = [(name, value) for name, value in told["headers"] if name.lower() not in ("content-type", "content-length")]
    return Answer(body, told["status"], named.get("content-type", "text/plain"), kept)


def _environ(request: Request) -> dict[str, Any]:
    host = request.headers.get("host", "127.0.0.1")
    name, _, port = host.partition(":")
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path.encode().decode("latin-1"),
        "QUERY_STRING": request.query,
        "SERVER_NAME": name,
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.peer,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{key.upper().replace('-', '_')}": value for key, value in request.headers.items()},
    }


@dataclass(slots=True)
class Running:
    """A sandbox that runs in a thread of this process; for tests."""

    url: str
    world: World
    _loop: asyncio.AbstractEventLoop
    _thread: threading.Thread

    def stop(self) -> None:
        """End it and wait until it has ended."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(config: Config | None = None, *, clock: VirtualClock | None = None, port: int = 0) -> Running:
    """Start a sandbox on this machine in a thread; port 0 picks a free one."""
    world = World(config or starter(), clock or VirtualClock())
    loop, ready = asyncio.new_event_loop(), threading.Event()
    bound: list[int] = []
    thread = threading.Thread(target=_run, args=(loop, Server(world), (port, bound, ready)), daemon=True)
    thread.start()
    if not ready.wait(10) or not bound:
        raise RuntimeError("the sandbox did not start")
    return Running(f"http://127.0.0.1:{bound[0]}", world, loop, thread)


def _run(loop: asyncio.AbstractEventLoop, server: Server, where: tuple[int, list[int], threading.Event]) -> None:
    port, bound, ready = where
    asyncio.set_event_loop(loop)
    try:
        listening = loop.run_until_complete(server.listen("127.0.0.1", port))
        bound.append(listening.sockets[0].getsockname()[1])
        ready.set()
        loop.run_forever()
        loop.run_until_complete(server.close(listening))
    finally:
        ready.set()
        loop.close()
