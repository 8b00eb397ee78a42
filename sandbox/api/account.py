"""Housekeeping of an account: its menu, its followers, its quotas."""

from __future__ import annotations

from typing import Any

from sandbox.answers import Refusal
from sandbox.api.calls import Call
from sandbox.world import World

CLEARS_PER_MONTH = 10
MOST_BUTTONS = 3
MOST_SUB_BUTTONS = 5


def create_menu(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/menu/create."""
    buttons = call.json.get("button")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        raise Refusal(40016, "invalid button size")
    for button in buttons:
        below = button.get("sub_button", []) if isinstance(button, dict) else None
        if below is None or len(below) > MOST_SUB_BUTTONS:
            raise Refusal(40016, "invalid button size")
    world.memory.menus[call.appid] = {"button": buttons}
    return {"errcode": 0, "errmsg": "ok"}


def get_menu(world: World, call: Call) -> dict[str, Any]:
    """GET /cgi-bin/menu/get."""
    menu = world.memory.menus.get(call.appid)
    if menu is None:
        raise Refusal(46003)
    return {"menu": menu}


def delete_menu(world: World, call: Call) -> dict[str, Any]:
    """GET /cgi-bin/menu/delete."""
    world.memory.menus.pop(call.appid, None)
    return {"errcode": 0, "errmsg": "ok"}


def follower(world: World, call: Call) -> dict[str, Any]:
    """GET /cgi-bin/user/info: of somebody who does not follow, little is told."""
    phone = world.phones.of_oa(call.args.get("openid"))
    if phone is None:
        raise Refusal(40003)
    known = {"openid": phone.oa_openid, **({"unionid": phone.unionid} if phone.bound else {})}
    if not phone.follows_oa:
        return {"subscribe": 0, **known}
    return {
        "subscribe": 1,
        **known,
        "language": "zh_CN",
        "subscribe_time": int(phone.followed_at),
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_QR_CODE",
        "qr_scene": 0,
        "qr_scene_str": "",
    }


def clear_quota(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/clear_quota: the day's counts start afresh, ten times a month."""
    appid = str(call.json.get("appid"))
    if appid != call.appid:
        raise Refusal(40013)
    month = f"clears/{appid}/{int(world.clock.now() // (30 * 86400))}"
    used = world.memory.clears.get(month, 0)
    if used >= CLEARS_PER_MONTH:
        raise Refusal(48006)
    world.memory.clears[month] = used + 1
    world.quotas.clear(appid)
    return {"errcode": 0, "errmsg": "ok"}


def quota(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/openapi/quota/get."""
    path = str(call.json.get("cgi_path"))
    limits = {
        "/cgi-bin/message/subscribe/send": world.settings.subscribe_per_day,
        "/cgi-bin/message/template/send": world.settings.template_per_day,
        "/cgi-bin/token": world.settings.classic_per_day,
        "/wxa/msg_sec_check": 2_000_000,
        "/wxa/media_check_async": 200_000,
    }
    if path not in limits:
        raise Refusal(76021, "cgi_path not found, please check")
    used = world.quotas.used_today(f"{call.appid}{path}", world.clock.now())
    told = {"daily_limit": limits[path], "used": used, "remain": max(0, limits[path] - used)}
    return {"errcode": 0, "errmsg": "ok", "quota": told}
