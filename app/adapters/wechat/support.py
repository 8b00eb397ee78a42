"""Talking with one person through WeChat: customer-service answers, and who a follower is across our accounts."""

from __future__ import annotations

from collections.abc import Mapping

from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.gateway import Gateway
from app.domains.notices.ports import Outcome, SendResult

CUSTOM_PATH = "/cgi-bin/message/custom/send"
USER_PATH = "/cgi-bin/user/info"
_LONGEST = 600  # characters; WeChat counts 2048 bytes


class WeChatReplies:
    """Customer-service messages of our accounts, allowed for a while after a person has written."""

    def __init__(self, gateways: Mapping[str, Gateway]) -> None:
        self._gateways = gateways

    def reply(self, app: str, openid: str, text: str) -> SendResult:
        """Say this to the person, through the account he wrote to."""
        request = {"touser": openid, "msgtype": "text", "text": {"content": text[:_LONGEST]}}
        try:
            self._gateways[app].call(CUSTOM_PATH, request)
        except WeChatRefused as refusal:
            return refusal.result
        return SendResult(Outcome.SENT, code="0")


class WeChatFollowers:
    """The followers of the official account."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def unionid_of(self, openid: str) -> str | None:
        """The follower's union id; None when the accounts are not bound or WeChat does not answer."""
        try:
            answer = self._gateway.look_up(USER_PATH, {"openid": openid, "lang": "zh_CN"})
        except WeChatRefused:
            return None
        unionid = answer.get("unionid")
        return unionid if isinstance(unionid, str) and unionid else None
