"""Control: clock, faults, latency, settings, tokens, templates, the journal, starting afresh."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request

from sandbox.control.asking import the_world, told
from sandbox.faults import Fault, Latency
from sandbox.templates import Template
from sandbox.world import NextDue

routes = Blueprint("faults", __name__, url_prefix="/__ctl")


@routes.get("/clock")
def clock() -> dict[str, Any]:
    """The virtual moment and how fast it goes."""
    world = the_world()
    return {"now": world.clock.now(), "rate": world.clock.rate()}


@routes.post("/clock")
def set_clock() -> dict[str, Any]:
    """Set the moment, the speed, or both: {"now"?, "rate"?, "pause"?}."""
    world, wanted = the_world(), told()
    rate = 0.0 if wanted.get("pause") else wanted.get("rate")
    with world.lock:
        world.clock.set(
            now=None if wanted.get("now") is None else float(wanted["now"]), rate=None if rate is None else float(rate)
        )
        world.post.touch()
    return clock()


@routes.post("/advance")
def advance() -> dict[str, Any]:
    """Jump: {"seconds"}."""
    world = the_world()
    with world.lock:
        world.clock.advance(float(told()["seconds"]))
        world.post.touch()
    return clock()


@routes.post("/next-due")
def set_next_due() -> dict[str, Any]:
    """The product says when something is due next: {"at", "label"?}; {"at": null} takes it back."""
    world, wanted = the_world(), told()
    with world.lock:
        at = wanted["at"]
        world.next_due = None if at is None else NextDue(float(at), str(wanted.get("label", "")))
        world.post.touch()
    return {"next_due": asdict(world.next_due) if world.next_due else None}


@routes.get("/fault")
def list_faults() -> dict[str, Any]:
    """The faults in force."""
    return {"faults": [one.as_dict() for one in the_world().faults.faults]}


@routes.post("/fault")
def add_fault() -> dict[str, Any]:
    """Order a fault: {"path", "kind" or "errcode", "times"?, "probability"?, "openid"?, "delay_ms"?, "label"?}."""
    world, fault = the_world(), Fault.of(told())
    with world.lock:
        world.faults.add(fault)
        world.post.touch()
    return fault.as_dict()


@routes.delete("/fault")
def clear_faults() -> dict[str, Any]:
    """Take faults out of force: all, or ?id= or ?label=."""
    world = the_world()
    with world.lock:
        world.faults.clear(number=request.args.get("id", type=int), label=request.args.get("label"))
        world.post.touch()
    return list_faults()


@routes.get("/latency")
def latency() -> dict[str, Any]:
    """How slow WeChat answers."""
    return the_world().latency.as_dict()


@routes.post("/latency")
def set_latency() -> dict[str, Any]:
    """Set how slow: {"p50_ms"?, "jitter_ms"?, "tail"?, "tail_ms"?, "black_hole"?}; what is not named is 0."""
    world, wanted = the_world(), told()
    if "tail_ms" in wanted:
        wanted["tail_ms"] = tuple(wanted["tail_ms"])
    with world.lock:
        world.latency = Latency(**wanted)
    return latency()


@routes.get("/settings")
def settings() -> dict[str, Any]:
    """All settings."""
    return the_world().settings.as_dict()


@routes.route("/settings", methods=["POST", "PATCH"])
def change_settings() -> dict[str, Any]:
    """Change some settings."""
    world = the_world()
    with world.lock:
        world.settings.change(told())
        world.post.touch()
    return settings()


@routes.post("/tokens/revoke")
def revoke_tokens() -> dict[str, Any]:
    """All tokens are invalid at once: {"appid"?}."""
    world = the_world()
    with world.lock:
        return {"revoked": world.tokens.revoke(told().get("appid"))}


@routes.get("/templates")
def templates() -> dict[str, Any]:
    """The template library."""
    return {"templates": [asdict(one) for one in the_world().templates.values()]}


@routes.post("/templates")
def add_templates() -> dict[str, Any]:
    """Add or replace templates: {"templates": [{"id", "title", "kind", "fields", "long_term"?, "enums"?}]}."""
    world = the_world()
    wanted = [Template.of(one) for one in told()["templates"]]
    with world.lock:
        world.templates.update({one.id: one for one in wanted})
        world.config.templates = list(world.templates.values())
        world.post.touch()
    return templates()


@routes.get("/calls")
def calls() -> dict[str, Any]:
    """The journal: ?path= and ?limit= (100); `count` and `counts` are exact since the start."""
    world = the_world()
    with world.lock:
        return world.journal.summary(request.args.get("path"), request.args.get("limit", 100, type=int))


@routes.get("/copies")
def copies() -> dict[str, Any]:
    """Accepted messages counted per message: ?min= (2) lists those with so many copies."""
    world = the_world()
    with world.lock:
        return world.journal.copies_summary(request.args.get("min", 2, type=int))


@routes.post("/copies")
def count_copies() -> dict[str, Any]:
    """Count copies from now on: {"on", "by"?}; `by` is a dotted path into the body, else the content counts."""
    world, wanted = the_world(), told()
    with world.lock:
        world.journal.count_copies(on=bool(wanted["on"]), by=wanted.get("by"))
    return copies()


@routes.post("/reset")
def reset() -> dict[str, Any]:
    """Forget what happened; {"phones": true} takes the phones off the desk too, {"settings": true} resets those."""
    world, wanted = the_world(), told()
    with world.lock:
        if wanted.get("phones"):
            world.phones.clear()
        if wanted.get("settings"):
            world.restore_settings()
        world.start_afresh()
        world.courier.forget()
    return {"ok": True}
