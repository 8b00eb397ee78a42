"""What people do with their phones, as the mini-program does it for them."""

from __future__ import annotations

import io
import random
from functools import partial
from typing import Any
from uuid import uuid4

from PIL import Image

from app.domains.notices.preset import Messages
from app.kernel.presets import FOLDER, load
from app.kernel.values import uuid7
from tests.stack import Phone, Stack, until

_MESSAGES = load(Messages, FOLDER / "messages.toml")


def take_phone(stack: Stack, name: str, number: str = "", **facts: Any) -> Phone:
    """Somebody gets a phone, opens the mini-program and is signed in."""
    openid = stack.phone(openid=f"o{uuid4().hex[:20]}", name=name, number=number, **facts)
    return open_again(stack, openid)


def open_again(stack: Stack, openid: str) -> Phone:
    """The mini-program is opened again, perhaps after its session has run out."""
    stack.ask_sandbox(f"phones/{openid}/visit", {})
    return stack.sign_in(openid)


def new_id(stack: Stack) -> str:
    """The id that a phone makes before it sends anything."""
    return str(uuid7(stack.clock.now()))


def bind_by_phone(phone: Phone) -> dict[str, Any]:
    """Tap "use my WeChat number"."""
    code = phone.stack.ask_sandbox(f"phones/{phone.openid}/phone-code", {})["code"]
    return said(phone.post("bindings", {"id": new_id(phone.stack), "way": "phone", "code": code}), 201)


def bind_by_slip(phone: Phone, code: str) -> dict[str, Any]:
    """Type the code of the slip that a cadre has handed over."""
    return said(phone.post("bindings", {"id": new_id(phone.stack), "way": "slip", "code": code}), 201)


def ask_at_door(phone: Phone, *, token: str, name: str) -> dict[str, Any]:
    """Scan the code at one's door and say one's name."""
    body = {"id": new_id(phone.stack), "way": "door", "token": token, "name": name}
    return said(phone.post("bindings", body), 201)


def said(answer: Any, status: int = 200) -> dict[str, Any]:
    """The body of an answer that was expected."""
    assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"
    body: dict[str, Any] = answer.json()
    return body


def choose_templates(stack: Stack) -> None:
    """What the operator does once on WeChat's admin pages: choose the templates of messages.toml."""
    stack.ask_sandbox("templates", {"templates": _MESSAGES.on_wechat()})


def accept(phone: Phone, template: str, *, times: int = 1) -> None:
    """Tap "allow" so often in WeChat's dialog, and wait until the product has heard of it."""
    provider = _MESSAGES.templates[template].subscribe
    assert provider is not None
    for tap in range(1, times + 1):
        phone.stack.ask_sandbox(f"phones/{phone.openid}/subscribe", {"templates": [provider.id], "answer": "accept"})
        until(partial(_allows, phone, template, times=tap))
        phone.stack.forward(
            seconds=2
        )  # nobody taps twice in a second, and WeChat tells such taps apart by nothing else


def _allows(phone: Phone, template: str, *, times: int) -> bool:
    """Whether WeChat may still bring so many messages of this kind, as the mini-program shows it."""
    kinds = said(phone.get("subscriptions"))["items"]
    return next(int(kind["left"]) >= times for kind in kinds if kind["template"] == template)


def photo(size: tuple[int, int] = (640, 480)) -> bytes:
    """A picture as a phone takes it; no two are alike."""
    dice = random.Random(uuid4().int)
    picture = Image.effect_noise(size, dice.uniform(20, 60)).convert("RGB")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
