"""What every control route needs: the world behind the application, and the JSON that was sent."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request

from sandbox.phones import Phone
from sandbox.world import World


def the_world() -> World:
    """The world this application shows."""
    world = current_app.extensions["world"]
    assert isinstance(world, World)
    return world


def told() -> dict[str, Any]:
    """The JSON object of the request; an empty one when nothing was sent."""
    if not request.get_data():
        return {}
    content = request.get_json(force=True)
    if not isinstance(content, dict):
        raise TypeError("a JSON object is wanted")
    return content


def the_phone(key: str) -> Phone:
    """The phone with this id (openid of either account, union id, number); 404 when there is none."""
    phone = the_world().phones.any(key)
    if phone is None:
        abort(404, "no such phone")
    return phone
