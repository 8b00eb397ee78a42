"""What a person does with a phone: signs in, agrees to be told, follows, writes, taps the menu, scans a code.

Each deed has the effects it has in WeChat: credits, windows, and an event or message for the product's callback.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sandbox.config import App
from sandbox.phones import Item, Phone
from sandbox.push import packets
from sandbox.push.courier import Delivery
from sandbox.push.packets import Event
from sandbox.templates import Template
from sandbox.world import World

WINDOWS = {"message": (5, 48 * 3600.0), "menu": (3, 60.0), "follow": (3, 60.0), "scan": (3, 60.0), "enter": (2, 60.0)}
MOST_TEMPLATES = 3
ANSWERS = frozenset({"accept", "reject", "ban", "filter"})
NO_SERVICE = "该公众号暂时无法提供服务，请稍后再试"


def answer_subscription(world: World, phone: Phone, choices: dict[str, str]) -> dict[str, Any]:
    """The person answers wx.requestSubscribeMessage; returns what the mini-program gets from WeChat."""
    failure = _cannot_ask(world, choices)
    if failure:
        return {"errMsg": "requestSubscribeMessage:fail", "errCode": failure}
    now = world.clock.now()
    phone.visited_at = now
    entries = []
    for template_id, answer in choices.items():
        template = world.templates[template_id]
        if answer == "accept":
            _agree(phone, template)
        entries.append({"TemplateId": template_id, "SubscribeStatusString": answer, "PopupScene": "0"})
        world.post.say(phone.name, template.title, "said", answer)
    _push(world, world.config.mp, phone, {"Event": "subscribe_msg_popup_event", "List": entries})
    return {"errMsg": "requestSubscribeMessage:ok", **choices}


def withdraw_subscription(world: World, phone: Phone, template_id: str) -> None:
    """The person switches a template off in WeChat's settings."""
    phone.credits.pop(template_id, None)
    phone.standing.discard(template_id)
    entry = {"TemplateId": template_id, "SubscribeStatusString": "reject"}
    _push(world, world.config.mp, phone, {"Event": "subscribe_msg_change_event", "List": [entry]})
    world.post.touch()


def follow(world: World, phone: Phone, *, scene: str = "", ticket: str = "") -> None:
    """The person follows the official account, perhaps by scanning its code."""
    phone.follows_oa = True
    phone.followed_at = world.clock.now()
    _open(world, phone, "oa", "follow")
    extra = {"EventKey": f"qrscene_{scene}" if scene else "", **({"Ticket": ticket} if ticket else {})}
    _push(world, world.config.oa, phone, {"Event": "subscribe", **extra})
    world.post.say(phone.name, "关注了公众号", "said")


def unfollow(world: World, phone: Phone) -> None:
    """The person no longer follows the official account."""
    phone.follows_oa = False
    _push(world, world.config.oa, phone, {"Event": "unsubscribe", "EventKey": ""})
    world.post.say(phone.name, "不再关注公众号", "said")


def write(world: World, phone: Phone, text: str, *, account: str = "oa") -> str:
    """The person writes to an account; what it answers at once appears on the phone. Returns the MsgId."""
    app = world.config.mp if account == "mp" else world.config.oa
    msgid = world.next_msgid()
    phone.screen.append(Item(world.post.next_id(), world.clock.now(), "own", text=text))
    world.post.say(phone.name, text, "said")
    _open(world, phone, account, "message")
    _push(world, app, phone, {"MsgType": "text", "Content": text, "MsgId": msgid})
    return str(msgid)


def tap_menu(world: World, phone: Phone, *, key: str = "", url: str = "") -> None:
    """The person taps an entry of the account's menu: a key (CLICK) or an address (VIEW)."""
    _open(world, phone, "oa", "menu")
    event = {"Event": "VIEW", "EventKey": url} if url else {"Event": "CLICK", "EventKey": key}
    _push(world, world.config.oa, phone, event)
    world.post.say(phone.name, "点了菜单", "said")


def enter_session(world: World, phone: Phone) -> None:
    """The person opens the customer-service talk of the mini-program."""
    _open(world, phone, "mp", "enter")
    _push(world, world.config.mp, phone, {"Event": "user_enter_tempsession", "SessionFrom": "wxapp"})


def scan(world: World, phone: Phone, text: str) -> dict[str, Any]:
    """The person scans a code; returns what the opened page gets, or what the account's code did."""
    phone.visited_at = world.clock.now()
    world.post.say(phone.name, "扫了一个码", "said")
    scene = world.memory.tickets.get(text)
    if scene is not None:
        return _scan_account_code(world, phone, scene=scene, ticket=text)
    return opened_by(text, now=int(world.clock.now()))


def opened_by(text: str, *, now: int) -> dict[str, Any]:
    """What the mini-program's page gets from a scanned code: a scene, or a plain link as `q`."""
    if "://" not in text:
        return {"opens": "page", "page": "", "query": {"scene": unquote(text)}, "scene_code": 1047}
    parts = urlsplit(text)
    path, _, query = parts.fragment.partition("?") if parts.fragment.startswith("/") else (parts.path, "", parts.query)
    found = dict(parse_qsl(query, keep_blank_values=True))
    if "scene" in found:
        page = path.removeprefix("/")
        return {"opens": "page", "page": page, "query": {"scene": found["scene"]}, "scene_code": 1047}
    asked = {"q": quote(text, safe=""), "scancode_time": str(now)}
    return {"opens": "page", "page": "", "query": asked, "scene_code": 1011}


def _scan_account_code(world: World, phone: Phone, *, scene: str, ticket: str) -> dict[str, Any]:
    if not phone.follows_oa:
        follow(world, phone, scene=scene, ticket=ticket)
        return {"opens": "account", "event": "subscribe", "scene": scene}
    _open(world, phone, "oa", "scan")
    _push(world, world.config.oa, phone, {"Event": "SCAN", "EventKey": scene, "Ticket": ticket})
    return {"opens": "account", "event": "SCAN", "scene": scene}


def _cannot_ask(world: World, choices: dict[str, str]) -> int:
    """The client's error number, 0 when WeChat would show the dialog."""
    if not choices:
        return 10001
    if len(choices) > MOST_TEMPLATES:
        return 20003
    templates = [world.templates.get(one) for one in choices]
    if any(one is None or one.kind != "subscribe" for one in templates):
        return 20001
    if len({one.long_term for one in templates if one}) > 1:
        return 20002
    unknown = set(choices.values()) - ANSWERS
    if unknown:
        raise ValueError(f"an answer is one of: {', '.join(sorted(ANSWERS))}")
    return 0


def _agree(phone: Phone, template: Template) -> None:
    if template.long_term:
        phone.standing.add(template.id)
    else:
        phone.credits[template.id] = phone.credits.get(template.id, 0) + 1


def _open(world: World, phone: Phone, account: str, deed: str) -> None:
    messages, seconds = WINDOWS[deed]
    phone.open_window(account, until=world.clock.now() + seconds, messages=messages)


def _push(world: World, app: App, phone: Phone, fields: dict[str, Any]) -> None:
    head = {
        "ToUserName": app.original_id,
        "FromUserName": phone.openid if app.kind == "mp" else phone.oa_openid,
        "CreateTime": int(world.clock.now()),
        "MsgType": "event",
    }
    event = Event({**head, **fields}, _wrapper(fields))

    def replied(delivery: Delivery, body: bytes) -> None:
        _show_reply(world, app, (phone, delivery, body))

    world.courier.push(app, event, replied=replied)


def _wrapper(fields: dict[str, Any]) -> str:
    """subscribe_msg_popup_event → SubscribeMsgPopupEvent."""
    return "".join(part.capitalize() for part in fields["Event"].split("_")) if "List" in fields else ""


def _show_reply(world: World, app: App, came: tuple[Phone, Delivery, bytes]) -> None:
    phone, delivery, body = came
    if delivery.is_answered and body.strip() in (b"", b"success"):
        return
    reply = packets.read_reply(app, body) if delivery.is_answered else None
    with world.lock:
        if reply is None:
            if app.kind == "oa":
                world.post.note(phone, NO_SERVICE)
        elif reply["MsgType"] != "transfer_customer_service":
            text = reply.get("Content") or reply.get("Title") or f"[{reply['MsgType']}]"
            world.post.note(phone, text, kind="custom")
