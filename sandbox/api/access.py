"""Tokens and who is behind a one-time code: token, stable_token, jscode2session, getuserphonenumber."""

from __future__ import annotations

import base64
import secrets
from typing import Any

from sandbox.answers import Refusal
from sandbox.api.calls import Call
from sandbox.config import App
from sandbox.tokens import FORCE_PER_DAY, Token
from sandbox.world import World

SIGN_INS_PER_MINUTE = 100


def classic_token(world: World, call: Call) -> dict[str, Any]:
    """GET /cgi-bin/token: a new token each time."""
    if call.args.get("grant_type") != "client_credential":
        raise Refusal(40002)
    app = _entitled(world, call.args.get("appid"), call.args.get("secret"))
    now = world.clock.now()
    world.quotas.use(f"{app.appid}/cgi-bin/token", now, per_day=world.settings.classic_per_day)
    return _told(world.tokens.classic(app.appid, now), now)


def stable_token(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/stable_token: the same token for all who ask."""
    if call.json.get("grant_type") != "client_credential":
        raise Refusal(40002)
    app = _entitled(world, call.json.get("appid"), call.json.get("secret"))
    now, force = world.clock.now(), call.json.get("force_refresh") is True
    world.quotas.use(f"{app.appid}/cgi-bin/stable_token", now, per_minute=10_000, per_day=500_000)
    if force:
        world.quotas.use(f"{app.appid}/cgi-bin/stable_token#force", now, per_day=FORCE_PER_DAY)
    return _told(world.tokens.stable(app.appid, now, force=force), now)


def sign_in(world: World, call: Call) -> dict[str, Any]:
    """GET /sns/jscode2session: who got this code from wx.login; a success has no errcode."""
    app = _entitled(world, call.args.get("appid"), call.args.get("secret"), check_ip=False)
    if app.kind != "mp":
        raise Refusal(40013)
    phone = world.redeem(call.args.get("js_code"), "login")
    if phone.high_risk:
        raise Refusal(40226)
    world.quotas.use(f"sign_in/{phone.openid}", world.clock.now(), per_minute=SIGN_INS_PER_MINUTE)
    session = {"session_key": base64.b64encode(secrets.token_bytes(16)).decode(), "openid": phone.openid}
    return {**session, "unionid": phone.unionid} if phone.bound else session


def phone_number(world: World, call: Call) -> dict[str, Any]:
    """POST /wxa/business/getuserphonenumber: the number that the person agreed to show."""
    phone = world.redeem(call.json.get("code"), "phone")
    told = {
        "phoneNumber": phone.number,
        "purePhoneNumber": phone.number,
        "countryCode": 86 if world.settings.country_code_as_number else "86",
        "watermark": {"timestamp": int(world.clock.now()), "appid": world.config.mp.appid},
    }
    return {"errcode": 0, "errmsg": "ok", "phone_info": told}


def _entitled(world: World, appid: object, secret: object, *, check_ip: bool = True) -> App:
    app = world.app_of(appid)
    if secret != app.secret:
        raise Refusal(40125)
    if check_ip and not world.settings.ip_allowed:
        raise Refusal(40164)
    return app


def _told(token: Token, now: float) -> dict[str, Any]:
    return {"access_token": token.value, "expires_in": token.left(now)}
