"""WeCom: the token of an app, and its messages to members."""

from __future__ import annotations

from typing import Any

from sandbox.answers import Refusal
from sandbox.api.calls import Call
from sandbox.journal import content_key
from sandbox.phones import Phone
from sandbox.postbox import Letter
from sandbox.world import World

PER_MINUTE_AND_MEMBER = 30
DUPLICATE_SECONDS = 1800
MOST_MEMBERS = 1000
LONGEST_TEXT_BYTES = 2048


def token(world: World, call: Call) -> dict[str, Any]:
    """GET /cgi-bin/gettoken: the same token within its life."""
    if call.args.get("corpid") != world.config.wecom.appid:
        raise Refusal(40013, "invalid corpid")
    agent = next((key for key, one in world.config.wecom_agents.items() if one == call.args.get("corpsecret")), None)
    if agent is None:
        raise Refusal(40091)
    if not world.settings.ip_allowed:
        raise Refusal(60020, "not allow to access from your ip, hint: [1655882753557010848204971], from ip: 127.0.0.1")
    now = world.clock.now()
    issued = world.tokens.wecom(f"agent:{agent}", now)
    return {"errcode": 0, "errmsg": "ok", "access_token": issued.value, "expires_in": issued.left(now)}


def send(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/message/send: what of it arrives is told member by member; surplus is dropped silently."""
    asked = call.json
    if call.appid != f"agent:{asked.get('agentid')}":
        raise Refusal(40056, "invalid agentid")
    names = [one for one in str(asked.get("touser") or "").split("|") if one]
    if len(names) > MOST_MEMBERS:
        raise Refusal(40003, "invalid userid list length")
    found = {name: world.phones.any(name.lower()) for name in names}
    unknown = [name.lower() for name, phone in found.items() if phone is None]
    if len(unknown) == len(names):
        raise Refusal(81013, invaliduser="|".join(unknown))
    letters = [_letter(asked, phone) for phone in found.values() if phone is not None]
    for letter in letters:
        if not _is_repeated(world, asked, letter) and not _is_surplus(world, letter):
            world.post.deliver(letter)
    told = {"errcode": 0, "errmsg": "ok", "msgid": f"wecom{world.next_msgid()}"}
    return {**told, "invaliduser": "|".join(unknown)} if unknown else told


def who(world: World, call: Call) -> dict[str, Any]:
    """GET /cgi-bin/user/getuserinfo: the member behind a code of the sign-in page."""
    phone = world.redeem(call.args.get("code"), "login")
    if not phone.userid:
        return {"errcode": 0, "errmsg": "ok", "OpenId": phone.unionid, "DeviceId": ""}
    return {"errcode": 0, "errmsg": "ok", "UserId": phone.userid, "DeviceId": ""}


def _letter(asked: dict[str, Any], phone: Phone) -> Letter:
    kind = str(asked.get("msgtype", "text"))
    inside = asked.get(kind)
    inside = inside if isinstance(inside, dict) else {}
    text = str(inside.get("content") or inside.get("description") or "")
    if not text or len(text.encode()) > LONGEST_TEXT_BYTES:
        raise Refusal(44004 if not text else 45002, None if text else "content is empty")
    return Letter(
        phone,
        "wecom",
        title=str(inside.get("title") or ""),
        text=text,
        link=str(inside.get("url") or ""),
        content=inside,
    )


def _is_repeated(world: World, asked: dict[str, Any], letter: Letter) -> bool:
    if asked.get("enable_duplicate_check") != 1:
        return False
    key, now = ("wecom", content_key(letter.key)), world.clock.now()
    seconds = int(asked.get("duplicate_check_interval", DUPLICATE_SECONDS))
    last = world.memory.answered.get(key)
    world.remember(key, now)
    return last is not None and now - last < seconds


def _is_surplus(world: World, letter: Letter) -> bool:
    assert letter.phone is not None
    try:
        name = f"wecom/{letter.phone.openid}"
        world.quotas.use(name, world.clock.now(), per_minute=PER_MINUTE_AND_MEMBER)
    except Refusal:
        return True
    return False
