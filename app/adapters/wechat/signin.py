"""Sign-in through WeChat: the code of `wx.login` becomes an identity, the phone button's code becomes a number."""

from __future__ import annotations

import re
from typing import Final

from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.gateway import Gateway
from app.domains.identity.ports import CodeRefusal, PhoneNumber, WeChatIdentity
from app.domains.notices.ports import Outcome

SESSION_PATH = "/sns/jscode2session"
PHONE_PATH = "/wxa/business/getuserphonenumber"

_CODE = re.compile(r"[\x21-\x7e]{1,256}")
_BY_NUMBER: Final = {
    "40029": CodeRefusal.BAD_CODE,
    "40163": CodeRefusal.USED_CODE,
    "40226": CodeRefusal.HIGH_RISK,
    "45011": CodeRefusal.TOO_OFTEN,
}


class WeChatSessions:
    """Says who holds a code. Uses no access token, so people can sign in while the token endpoint is down."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def exchange(self, code: str) -> WeChatIdentity | CodeRefusal:
        """The person behind the code, or why there is none; the session key is dropped."""
        if not _CODE.fullmatch(code):
            return CodeRefusal.BAD_CODE
        try:
            fields = self._gateway.get_with_secret(SESSION_PATH, {"js_code": code, "grant_type": "authorization_code"})
        except WeChatRefused as refusal:
            return _kind_of(refusal)
        openid, unionid = fields.get("openid"), fields.get("unionid")
        if not isinstance(openid, str) or not openid:
            return CodeRefusal.BUSY
        return WeChatIdentity(openid, unionid if isinstance(unionid, str) and unionid else None)


class WeChatPhones:
    """Says which number a person agreed to show."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def number(self, code: str) -> PhoneNumber | CodeRefusal:
        """The number behind the code, or why there is none."""
        if not _CODE.fullmatch(code):
            return CodeRefusal.BAD_CODE
        try:
            found = self._gateway.call(PHONE_PATH, {"code": code}).get("phone_info")
        except WeChatRefused as refusal:
            return _kind_of(refusal)
        number = found.get("purePhoneNumber") if isinstance(found, dict) else None
        if not isinstance(found, dict) or not isinstance(number, str) or not number:
            return CodeRefusal.BUSY
        return PhoneNumber(number, str(found.get("countryCode") or "86"))


def _kind_of(refusal: WeChatRefused) -> CodeRefusal:
    """WeChat's refusal in sign-in's words."""
    result = refusal.result
    if kind := _BY_NUMBER.get(result.code):
        return kind
    return CodeRefusal.MISCONFIGURED if result.outcome is Outcome.MISCONFIGURED else CodeRefusal.BUSY
