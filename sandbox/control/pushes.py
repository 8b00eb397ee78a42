"""Control: what goes to the product's callback: its form, checks, bursts and hostile packets."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request

from sandbox.config import App
from sandbox.control.asking import the_world, told
from sandbox.push.packets import Event, Twist

routes = Blueprint("pushes", __name__, url_prefix="/__ctl")

HOSTILE: dict[str, Twist] = {
    "plain": Twist(),
    "wrong_signature": Twist(wrong_signature=True),
    "foreign_appid": Twist(appid="wx0000000000000000"),
    "stale": Twist(age=3600),
    "huge_body": Twist(padding=2 * 1024 * 1024),
}
MODES = frozenset({"plain", "compatible", "safe"})
FORMATS = frozenset({"xml", "json"})


@routes.get("/callback")
def callbacks() -> dict[str, Any]:
    """Where the accounts' events are posted, and in which mode and format."""
    config = the_world().config
    apps = (config.mp, config.oa, config.wecom)
    return {one.kind: {"url": one.callback, "mode": one.mode, "format": one.format} for one in apps}


@routes.post("/callback")
def set_callback() -> dict[str, Any]:
    """Change it: {"app": "mp"|"oa"|"wecom", "url"?, "mode"?: plain|compatible|safe, "format"?: xml|json}."""
    world, wanted = the_world(), told()
    app = _app(wanted)
    if wanted.get("mode", app.mode) not in MODES or wanted.get("format", app.format) not in FORMATS:
        raise ValueError("mode is plain, compatible or safe; format is xml or json")
    with world.lock:
        app.callback = str(wanted.get("url", app.callback))
        app.mode, app.format = wanted.get("mode", app.mode), wanted.get("format", app.format)
    return callbacks()


@routes.post("/verify-callback")
def verify_callback() -> dict[str, Any]:
    """WeChat's check when an address is saved: {"app", "wrong_signature"?}; ok when the echostr comes back."""
    wanted = told()
    return the_world().courier.verify(_app(wanted), wrong_signature=bool(wanted.get("wrong_signature")))


@routes.post("/push")
def push() -> dict[str, Any]:
    """Post one packet now and say what came back: {"app", "kind", "fields"?}; kinds: plain, wrong_signature, foreign_appid, stale, huge_body, unknown_event, replay."""
    world, wanted = the_world(), told()
    app, kind = _app(wanted), str(wanted.get("kind", "plain"))
    if kind == "replay":
        again = world.courier.replay(app)
        return asdict(again) if again else {"error": "nothing was sent before"}
    if kind != "unknown_event" and kind not in HOSTILE:
        raise ValueError(f"kind is one of: {', '.join([*HOSTILE, 'unknown_event', 'replay'])}")
    fields = {"Event": "debug_demo"} if kind == "unknown_event" else {}
    event = _event(app, {**fields, **wanted.get("fields", {})})
    return asdict(world.courier.carry_once(app, event, twist=HOSTILE.get(kind)))


@routes.post("/event")
def event() -> dict[str, Any]:
    """Push an event the usual way (copies, re-sending): {"app", "fields", "wrapper"?}."""
    world, wanted = the_world(), told()
    app = _app(wanted)
    world.courier.push(app, _event(app, wanted["fields"], wrapper=str(wanted.get("wrapper", ""))))
    return {"ok": True}


@routes.post("/burst")
def burst() -> dict[str, Any]:
    """Many events: {"app"?, "n", "rate", "copies"?, "fields"?}; they go out in the background, see /__ctl/pushes."""
    world, wanted = the_world(), told()
    app, count, copies = _app({"app": "oa", **wanted}), int(wanted["n"]), int(wanted.get("copies", 1))
    events = [_event(app, {"MsgID": world.next_msgid(), **wanted.get("fields", {})}) for _ in range(count)]
    world.courier.burst(app, [one for one in events for _ in range(copies)], rate=float(wanted.get("rate", 500)))
    return {"events": count, "packets": count * copies}


@routes.get("/pushes")
def pushes() -> dict[str, Any]:
    """How the pushes went: figures, answer times, the last ones (?limit=50)."""
    world = the_world()
    with world.lock:
        return world.courier.summary(request.args.get("limit", 50, type=int))


def _app(wanted: dict[str, Any]) -> App:
    config = the_world().config
    apps = {"mp": config.mp, "oa": config.oa, "wecom": config.wecom}
    if wanted.get("app") not in apps:
        raise ValueError("app is mp, oa or wecom")
    return apps[wanted["app"]]


def _event(app: App, fields: dict[str, Any], *, wrapper: str = "") -> Event:
    """An event with the usual head; by default the report of a sent template message."""
    world = the_world()
    phone = next(iter(world.phones), None)
    openid = "" if phone is None else phone.openid if app.kind == "mp" else phone.oa_openid
    head = {
        "ToUserName": app.original_id,
        "FromUserName": openid or "oSandboxNobody",
        "CreateTime": int(world.clock.now()),
        "MsgType": "event",
        "Event": "TEMPLATESENDJOBFINISH",
        "Status": "success",
    }
    return Event({**head, **fields}, wrapper)
