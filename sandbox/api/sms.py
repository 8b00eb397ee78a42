"""A text-message gateway: POST /sms/send with a bearer key; the phone with that number receives it."""

from __future__ import annotations

import hmac
import re
from typing import Any

from sandbox.answers import as_json
from sandbox.api.calls import Call
from sandbox.postbox import Letter
from sandbox.wire import Answer
from sandbox.world import World

LONGEST = 500
LINK = re.compile(r"https://wxaurl\.cn/[\w-]+")


def sms_letter(world: World, call: Call) -> Letter:
    """What the text looks like on the phone."""
    content = call.sent or {}
    text = str(content.get("text") or "")
    phone = world.phones.any(call.to)
    link = world.link_of(_page_behind(world, text), phone)
    return Letter(phone, "sms", text=text, link=link, client_id=str(content.get("id") or ""), content=text)


def _page_behind(world: World, text: str) -> str:
    """The mini-program's page that the first link in a text opens, if one of ours is in it."""
    return next((page for page in map(world.memory.links.get, LINK.findall(text)) if page), "")


def send_sms(world: World, call: Call) -> dict[str, Any] | Answer:
    """Take a text for a number; the same id again gets the same answer and no second text."""
    key = call.request.headers.get("authorization", "")
    if not hmac.compare_digest(key.encode(), f"Bearer {world.config.sms_key}".encode()):
        return Answer(as_json({"code": 401, "message": "wrong key"}).body, status=401)
    content = call.sent or {}
    number, text, own_id = (str(content.get(name) or "") for name in ("phone", "text", "id"))
    if not number.isdigit() or not text or not own_id or len(text) > LONGEST:
        return {"code": 400, "message": "phone, text and id are needed"}
    if world.settings.sms_refusal:
        return {"code": world.settings.sms_refusal, "message": "refused"}
    known = world.memory.answered.get(("sms", own_id))
    if known is not None:
        return {"code": 0, "id": known, "_repeated": True}
    provider_id = f"sms{world.next_msgid()}"
    world.remember(("sms", own_id), provider_id)
    return {"code": 0, "id": provider_id}
