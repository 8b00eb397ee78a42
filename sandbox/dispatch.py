"""From a request to an answer: token, fault plan, handler, journal, phone; and to when and whether the answer goes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.answers import Refusal, as_json, new_rid, refused
from sandbox.api.calls import Call, Route
from sandbox.api.routes import ROUTES
from sandbox.faults import ACCEPTING, UNANSWERED, Fault
from sandbox.journal import Entry
from sandbox.wire import Answer, Request
from sandbox.world import World

_GATEWAY = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
_PAGE = "<!doctype html><html><head><title>微信</title></head><body>网络出错，请稍后再试</body></html>".encode()
BUSY_FOR_GOOD = 3600.0


@dataclass(slots=True)
class Plan:
    """What shall happen on the wire."""

    answer: Answer | None  # None: none ever comes
    after: float = 0.0
    reset: bool = False
    busy: str = ""  # the openid that is taken until then


class Dispatcher:
    """Answers the interfaces of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def knows(self, request: Request) -> Route | None:
        """The interface behind a request, if it is one."""
        return ROUTES.get((request.method, request.path))

    def plan(self, request: Request, route: Route) -> Plan:
        """Play the call out and say what goes over the wire."""
        call = Call(request)
        with self._world.lock:
            fault = self._world.faults.draw(request.path, call.to)
            if fault is not None and fault.kind not in ACCEPTING:
                return self._spoilt(call, route, fault)
            content = self._content(call, route, fault)
            seconds = self._world.latency.seconds()
            return self._on_the_wire(call, route, (content, fault, seconds))

    def _content(self, call: Call, route: Route, fault: Fault | None) -> Answer:
        """The handler's answer; the journal and the phone have it as well."""
        rid = new_rid()
        try:
            self._admit(call, route)
            content = route.handler(self._world, call)
        except Refusal as refusal:
            content = refused(refusal, rid)
        if isinstance(content, Answer):
            self._write_down(call, content.status if content.status >= 400 else 0, rid, fault)
            return content
        code = int(content.get("errcode") or content.get("code") or 0)
        self._write_down(call, code, rid, fault)
        if route.letter is not None:
            self._show(call, route, content, answered=fault is None or fault.kind not in UNANSWERED)
        return as_json({key: value for key, value in content.items() if not key.startswith("_")})

    def _admit(self, call: Call, route: Route) -> None:
        world, now = self._world, self._world.clock.now()
        if route.account:
            call.appid = world.tokens.appid_of(call.args.get("access_token", ""), now)
            if not self._is_entitled(call.appid, route.account):
                raise Refusal(48001)
        if route.serial and world.settings.refuse_concurrent and call.to in world.in_flight:
            raise Refusal(43108)
        if route.per_minute or route.per_day:
            name = f"{call.appid}{call.request.path}"
            world.quotas.use(name, now, per_minute=route.per_minute, per_day=route.per_day)

    def _is_entitled(self, appid: str, account: str) -> bool:
        config = self._world.config
        entitled = {"mp": appid == config.mp.appid, "oa": appid == config.oa.appid, "wecom": appid.startswith("agent:")}
        return entitled.get(account, appid in (config.mp.appid, config.oa.appid))

    def _show(self, call: Call, route: Route, content: dict[str, Any], *, answered: bool) -> None:
        assert route.letter is not None
        letter = route.letter(self._world, call)
        code = int(content.get("errcode") or content.get("code") or 0)
        if code:
            self._world.post.refuse(letter, str(code))
        elif not content.get("_repeated"):
            self._world.journal.record_accepted(letter.key, call.sent or {})
            if content.get("_unseen"):
                self._world.post.refuse(letter, self._world.settings.template_status)
            else:
                self._world.post.deliver(letter, msgid=str(content.get("msgid", "")), answered=answered)

    def _spoilt(self, call: Call, route: Route, fault: Fault) -> Plan:
        """A call that was not accepted at all."""
        rid = new_rid()
        self._write_down(call, fault.errcode if fault.kind == "errcode" else 0, rid, fault)
        if route.letter is not None:
            reason = str(fault.errcode) if fault.kind == "errcode" else fault.kind
            self._world.post.refuse(route.letter(self._world, call), reason)
        seconds = self._world.latency.seconds() or 0.0
        if fault.kind == "reset":
            return Plan(None, seconds, reset=True)
        if fault.kind == "black_hole":
            return Plan(None)
        if fault.kind == "errcode":
            content = refused(Refusal(fault.errcode), rid)
            if call.request.path == "/sms/send":
                content = {"code": fault.errcode, "message": "refused"}
            return Plan(as_json(content), seconds)
        page = Answer(_GATEWAY, 502, "text/html") if fault.kind == "http_502" else Answer(_PAGE, 200, "text/html")
        return Plan(page, seconds)

    def _on_the_wire(self, call: Call, route: Route, played: tuple[Answer, Fault | None, float | None]) -> Plan:
        answer, fault, seconds = played
        busy = call.to if route.serial and seconds else ""
        kind = fault.kind if fault else ""
        if seconds is None or kind == "timeout_after_accept":
            return Plan(None, seconds or 0.0, busy=busy)
        if kind == "reset_after_accept":
            return Plan(None, seconds, reset=True, busy=busy)
        if kind == "truncated_json":
            answer = Answer(answer.body[: len(answer.body) // 2], answer.status, answer.content_type)
        if fault is not None and kind == "delay_ms":
            seconds += fault.delay_ms / 1000
            busy = call.to if route.serial else ""
        return Plan(answer, seconds, busy=busy)

    def _write_down(self, call: Call, code: int, rid: str, fault: Fault | None) -> None:
        request = call.request
        body = call.sent or {key: value for key, value in call.args.items() if key not in ("access_token", "secret")}
        kind = fault.kind if fault else ""
        self._world.journal.record(
            Entry(self._world.clock.now(), request.method, request.path, call.to, body, code, rid, kind)
        )
