"""The page at `/`, and what it draws."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, render_template, request

from sandbox.control.asking import the_world
from sandbox.phones import Phone
from sandbox.world import World

routes = Blueprint("desk", __name__)

MOST_PHONES = 40
ON_SCREEN = 30
LINES = 40


@routes.get("/")
def page() -> str:
    """The desk with its phones."""
    return render_template("desk.html")


@routes.get("/__ctl/desk")
def desk() -> dict[str, Any]:
    """All that the page draws; only clock and revision when nothing changed since ?since=."""
    world = the_world()
    with world.lock:
        told = {"revision": world.post.revision, "clock": {"now": world.clock.now(), "rate": world.clock.rate()}}
        if request.args.get("since", type=int) == world.post.revision:
            return told
        return {**told, **_drawn(world)}


def _drawn(world: World) -> dict[str, Any]:
    shown = [one for one in world.phones if one.shown]
    return {
        "phones": [_phone(one) for one in shown[:MOST_PHONES]],
        "hidden": len(world.phones) - len(shown[:MOST_PHONES]),
        "lines": [asdict(one) for one in list(world.post.lines)[-LINES:]],
        "figures": {**world.post.figures, "waiting": sum(len(one.held) for one in world.phones)},
        "faults": [one.as_dict() for one in world.faults.faults],
        "settings": {
            name: world.settings.as_dict()[name] for name in ("push_copies", "push_shuffle", "slow_net_seconds")
        },
        "templates": [asdict(one) for one in world.templates.values()],
        "next_due": asdict(world.next_due) if world.next_due else None,
        "h5_base": world.config.h5_base,
    }


def _phone(phone: Phone) -> dict[str, Any]:
    named = ("openid", "name", "subtitle", "follows_oa", "has_signal", "looks")
    return {
        **{key: getattr(phone, key) for key in named},
        "credits": sum(phone.credits.values()) + len(phone.standing),
        "held": len(phone.held),
        "screen": [asdict(item) for item in list(phone.screen)[-ON_SCREEN:]],
    }
