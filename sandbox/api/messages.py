"""Messages to people: subscribe messages of the mini-program, template and customer-service messages of the account."""

from __future__ import annotations

from typing import Any

from sandbox.answers import Refusal
from sandbox.api.calls import Call
from sandbox.config import App
from sandbox.phones import Phone
from sandbox.postbox import Letter
from sandbox.push.packets import Event
from sandbox.templates import Template
from sandbox.world import World

STATES = frozenset({"developer", "trial", "formal"})
DEDUP_SECONDS = 600  # how long a client_msg_id is remembered


def subscribe_letter(world: World, call: Call) -> Letter:
    """What a subscribe message would look like on the phone."""
    return _letter(world, call, phone=world.phones.of_mp(call.to), link=str((call.sent or {}).get("page") or ""))


def send_subscribe(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/subscribe/send."""
    content = call.json
    phone = world.phones.of_mp(content.get("touser"))
    if phone is None:
        raise Refusal(40003)
    template = _template(world, content, "subscribe")
    _check_data(template, content.get("data"))
    page = content.get("page")
    if page and not world.page_exists(str(page)):
        raise Refusal(41030)
    if content.get("miniprogram_state", "formal") not in STATES:
        raise Refusal(47003, "argument invalid! miniprogram_state invalid")
    now, settings = world.clock.now(), world.settings
    if settings.enforce_credits and not _may_spend(phone, template):
        raise Refusal(43101)
    world.quotas.use(f"{call.appid}{call.request.path}", now, per_day=settings.subscribe_per_day)
    if settings.enforce_credits:
        phone.spend(template.id, long_term=template.long_term)
    msgid = world.next_msgid()
    world.courier.push(world.config.mp, _sent_event(world, phone, template, msgid), after=settings.sent_event_delay)
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid}


def template_letter(world: World, call: Call) -> Letter:
    """What a template message would look like on the phone."""
    content = call.sent or {}
    mini = content.get("miniprogram")
    page = mini.get("pagepath") if isinstance(mini, dict) else ""
    return _letter(world, call, phone=world.phones.of_oa(call.to), link=str(page or content.get("url") or ""))


def send_template(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/template/send."""
    content = call.json
    phone = _follower(world, content)
    template = _template(world, content, "oa")
    _check_data(template, content.get("data"))
    now, settings = world.clock.now(), world.settings
    key = (phone.openid, str(content.get("client_msg_id") or ""))
    known = world.memory.answered.get(key) if key[1] and settings.honour_client_msg_id else None
    if known is not None and now - known[0] < DEDUP_SECONDS:
        return {"errcode": 0, "errmsg": "ok", "msgid": known[1], "_repeated": True}
    world.quotas.use(f"{call.appid}{call.request.path}", now, per_day=settings.template_per_day)
    msgid = world.next_msgid()
    if key[1]:
        world.remember(key, (now, msgid))
    status = "failed:user block" if phone.has_blocked_oa else settings.template_status
    world.courier.push(world.config.oa, _finished(world, phone, msgid, status), after=settings.sent_event_delay)
    return {"errcode": 0, "errmsg": "ok", "msgid": msgid, "_unseen": status != "success"}


def send_subscribe_of_account(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/subscribe/bizsend: the account's own subscribe message; it needs an agreement too."""
    phone = _follower(world, call.json)
    template = _template(world, call.json, "oa")
    _check_data(template, call.json.get("data"))
    if world.settings.enforce_credits and not phone.spend(template.id, long_term=template.long_term):
        raise Refusal(43101)
    return {"errcode": 0, "errmsg": "ok"}


def custom_letter(world: World, call: Call) -> Letter:
    """What a customer-service message would look like on the phone."""
    phone, content = world.phones.any(call.to), call.sent or {}
    kind = content.get("msgtype", "text")
    inside = content.get(kind)
    inside = inside if isinstance(inside, dict) else {}
    text = str(inside.get("content") or inside.get("title") or inside.get("head_content") or f"[{kind}]")
    link = str(inside.get("pagepath") or inside.get("url") or "")
    return Letter(phone, "custom", text=text, link=world.link_of(link, phone), content=inside)


def send_custom(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/custom/send: only within a window that the person opened."""
    account = _account_of(world, call).kind
    find = world.phones.of_mp if account == "mp" else world.phones.of_oa
    phone = find(call.json.get("touser"))
    if phone is None:
        raise Refusal(40003)
    if call.json.get("msgtype") not in {"text", "image", "news", "link", "msgmenu", "miniprogrampage", "mpnewsarticle"}:
        raise Refusal(40008, "invalid message type")
    now = world.clock.now()
    open_now = sorted((one for one in phone.windows.get(account, []) if one.until > now), key=lambda one: one.until)
    if not open_now:
        raise Refusal(45015)
    usable = next((one for one in open_now if one.left > 0), None)
    if usable is None:
        raise Refusal(45047)
    usable.left -= 1
    return {"errcode": 0, "errmsg": "ok"}


def _letter(world: World, call: Call, *, phone: Phone | None, link: str) -> Letter:
    content = call.sent or {}
    template = world.templates.get(str(content.get("template_id")))
    return Letter(
        phone,
        "subscribe" if template is None or template.kind == "subscribe" else "template",
        title=template.title if template else "",
        fields=template.lines(content.get("data")) if template else [],
        link=world.link_of(link, phone),
        template_id=str(content.get("template_id") or ""),
        client_id=str(content.get("client_msg_id") or ""),
        content=content.get("data"),
    )


def _template(world: World, content: dict[str, Any], kind: str) -> Template:
    template = world.templates.get(str(content.get("template_id")))
    if template is None or template.kind != kind:
        raise Refusal(40037)
    return template


def _check_data(template: Template, data: object) -> None:
    complaint = template.complaint(data)
    if complaint:
        raise Refusal(47003, complaint)


def _follower(world: World, content: dict[str, Any]) -> Phone:
    phone = world.phones.of_oa(content.get("touser"))
    if phone is None:
        raise Refusal(40003)
    if not phone.follows_oa:
        raise Refusal(43004)
    return phone


def _may_spend(phone: Phone, template: Template) -> bool:
    return template.id in phone.standing if template.long_term else phone.credits.get(template.id, 0) > 0


def _account_of(world: World, call: Call) -> App:
    return world.config.mp if call.appid == world.config.mp.appid else world.config.oa


def _sent_event(world: World, phone: Phone, template: Template, msgid: int) -> Event:
    entry = {"TemplateId": template.id, "MsgID": str(msgid), "ErrorCode": "0", "ErrorStatus": "success"}
    head = _event_head(world.config.mp, phone.openid, int(world.clock.now()))
    return Event({**head, "Event": "subscribe_msg_sent_event", "List": [entry]}, "SubscribeMsgSentEvent")


def _finished(world: World, phone: Phone, msgid: int, status: str) -> Event:
    head = _event_head(world.config.oa, phone.oa_openid, int(world.clock.now()))
    return Event({**head, "Event": "TEMPLATESENDJOBFINISH", "MsgID": msgid, "Status": status})


def _event_head(app: App, openid: str, now: int) -> dict[str, Any]:
    return {"ToUserName": app.original_id, "FromUserName": openid, "CreateTime": now, "MsgType": "event"}
