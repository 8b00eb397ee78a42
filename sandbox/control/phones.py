"""Control: the phones, what is on them, and what their owners do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request

from sandbox import people
from sandbox.control.asking import the_phone, the_world, told
from sandbox.phones import Phone

routes = Blueprint("phones", __name__, url_prefix="/__ctl/phones")


@routes.get("")
def list_phones() -> dict[str, Any]:
    """All phones."""
    return {"phones": [one.facts() for one in the_world().phones]}


@routes.post("")
def add_phones() -> dict[str, Any]:
    """Put a phone on the desk, or change it: {"openid"?, "name", "subtitle", "number", "follows_oa", …}; or {"phones": […]}."""
    world, wanted = the_world(), told()
    with world.lock:
        many = [_put(one) for one in wanted["phones"]] if "phones" in wanted else [_put(wanted)]
        world.post.touch()
    return {"phones": [one.facts() for one in many]} if "phones" in wanted else many[0].facts()


def _put(wanted: dict[str, Any]) -> Phone:
    world = the_world()
    known = world.phones.any(str(wanted.get("openid", "")))
    if known is not None:
        known.change(wanted)
        world.phones.index(known)
        return known
    phone = Phone.of(wanted)
    phone.visited_at = world.clock.now()
    return world.phones.add(phone)


@routes.get("/<openid>")
def one_phone(openid: str) -> dict[str, Any]:
    """One phone; any of its ids or its number will do."""
    return the_phone(openid).facts()


@routes.route("/<openid>", methods=["POST", "PATCH"])
def change_phone(openid: str) -> dict[str, Any]:
    """Change facts about the person."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        phone.change(told())
        world.phones.index(phone)
        world.post.touch()
    return phone.facts()


@routes.delete("/<openid>")
def remove_phone(openid: str) -> dict[str, Any]:
    """Take a phone off the desk."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        world.phones.remove(phone)
        world.post.touch()
    return {"ok": True}


@routes.get("/<openid>/messages")
def messages(openid: str) -> dict[str, Any]:
    """What is on the screen, oldest first, ghosts of refused messages included; `held` waits for a signal."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        kind = request.args.get("kind")
        found = [asdict(item) for item in phone.screen if kind in (None, item.kind)]
        return {"messages": found, "held": [asdict(item) for item in phone.held]}


@routes.post("/<openid>/login-code")
def login_code(openid: str) -> dict[str, Any]:
    """The code that wx.login gives."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        return {"code": world.new_code(phone, "login")}


@routes.post("/<openid>/phone-code")
def phone_code(openid: str) -> dict[str, Any]:
    """The code that the phone-number button gives."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        return {"code": world.new_code(phone, "phone")}


@routes.post("/<openid>/visit")
def visit(openid: str) -> dict[str, Any]:
    """The person uses the mini-program now; {"ago"} says how many seconds before now it was instead."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        phone.visited_at = world.clock.now() - float(told().get("ago", 0))
    return phone.facts()


@routes.post("/<openid>/subscribe")
def subscribe(openid: str) -> dict[str, Any]:
    """Answer the subscribe dialog: {"choices": {id: "accept"|"reject"|"ban"}}, or {"templates": […], "answer"}."""
    world, phone, wanted = the_world(), the_phone(openid), told()
    answer = str(wanted.get("answer", "accept"))
    choices = wanted.get("choices") or dict.fromkeys(wanted.get("templates", []), answer)
    with world.lock:
        return people.answer_subscription(world, phone, choices)


@routes.post("/<openid>/unsubscribe")
def unsubscribe(openid: str) -> dict[str, Any]:
    """Switch a template off in WeChat's settings: {"template"}."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        people.withdraw_subscription(world, phone, str(told()["template"]))
    return phone.facts()


@routes.post("/<openid>/credits")
def set_credits(openid: str) -> dict[str, Any]:
    """Set agreements without telling the product: {"template", "count"} or {"template", "standing": true|false}."""
    world, phone, wanted = the_world(), the_phone(openid), told()
    template = str(wanted["template"])
    with world.lock:
        if "count" in wanted:
            phone.credits[template] = int(wanted["count"])
        if "standing" in wanted:
            (phone.standing.add if wanted["standing"] else phone.standing.discard)(template)
        world.post.touch()
    return phone.facts()


@routes.post("/<openid>/follow")
def follow(openid: str) -> dict[str, Any]:
    """Follow the official account."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        people.follow(world, phone)
    return phone.facts()


@routes.post("/<openid>/unfollow")
def unfollow(openid: str) -> dict[str, Any]:
    """No longer follow the official account."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        people.unfollow(world, phone)
    return phone.facts()


@routes.post("/<openid>/reply")
def reply(openid: str) -> dict[str, Any]:
    """Write to the official account (or {"account": "mp"}): {"text"}; what it answers at once shows on the phone."""
    world, phone, wanted = the_world(), the_phone(openid), told()
    with world.lock:
        return {"msgid": people.write(world, phone, str(wanted["text"]), account=str(wanted.get("account", "oa")))}


@routes.post("/<openid>/menu-click")
def menu_click(openid: str) -> dict[str, Any]:
    """Tap a menu entry of the official account: {"key"} or {"url"}."""
    world, phone, wanted = the_world(), the_phone(openid), told()
    with world.lock:
        people.tap_menu(world, phone, key=str(wanted.get("key", "")), url=str(wanted.get("url", "")))
    return {"ok": True}


@routes.post("/<openid>/enter")
def enter(openid: str) -> dict[str, Any]:
    """Open the customer-service talk of the mini-program."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        people.enter_session(world, phone)
    return {"ok": True}


@routes.post("/<openid>/scan")
def scan(openid: str) -> dict[str, Any]:
    """Scan what a code says: {"text"}; returns what the mini-program's page would get, and where H5 has it."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        found = people.scan(world, phone, str(told()["text"]))
    if found.get("page"):
        query = "&".join(f"{key}={value}" for key, value in found["query"].items())
        found["link"] = world.link_of(f"{found['page']}?{query}", phone)
    return found


@routes.post("/<openid>/no-signal")
def no_signal(openid: str) -> dict[str, Any]:
    """{"on"}: messages wait until the phone has a signal again."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        phone.has_signal = not told().get("on", True)
        world.post.touch()
        if phone.has_signal:
            world.post.regain(phone)
    return phone.facts()


@routes.post("/<openid>/does-not-look")
def does_not_look(openid: str) -> dict[str, Any]:
    """{"on"}: messages arrive, but nobody reads them."""
    world, phone = the_world(), the_phone(openid)
    with world.lock:
        phone.looks = not told().get("on", True)
        world.post.touch()
        if phone.looks:
            world.post.look(phone)
    return phone.facts()
