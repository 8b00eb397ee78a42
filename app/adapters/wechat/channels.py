"""Two ways to tell a person something through WeChat, behind the outbox's port `Channel`.

The subscribe message goes to users of the mini-program and uses up one of their consents; the template message goes to
followers of the official account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from app.adapters.wechat.errors import WeChatRefused, rid_in
from app.adapters.wechat.fit import fit_field
from app.adapters.wechat.gateway import Gateway
from app.domains.notices.ports import Outcome, Outgoing, SendResult

SUBSCRIBE_PATH = "/cgi-bin/message/subscribe/send"
TEMPLATE_PATH = "/cgi-bin/message/template/send"


class SubscribeChannel:
    """Subscribe messages of the mini-program."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        miniprogram_state: Literal["developer", "trial", "formal"] = "formal",
        lang: str = "zh_CN",
        name: str = "wechat_subscribe",
    ) -> None:
        self.name = name
        self._gateway = gateway
        self._fixed = {"miniprogram_state": miniprogram_state, "lang": lang}

    def send(self, message: Outgoing) -> SendResult:
        """Send once; WeChat knows no id of ours here, so what may have been accepted stays `UNKNOWN`."""
        request = {**_addressed(message), **self._fixed}
        if message.template.page:
            request["page"] = message.template.page.lstrip("/")
        return _send(self._gateway, SUBSCRIBE_PATH, request)


class OfficialTemplateChannel:
    """Template messages of the official account, which open the mini-program.

    `repeats_are_safe` says that the account honours `client_msg_id`: then what may have been accepted is simply sent
    again under the same id. Tencent's page does not promise it, so it is off until it was seen to work.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        mini_program_id: str | None = None,
        repeats_are_safe: bool = False,
        name: str = "wechat_template",
    ) -> None:
        self.name = name
        self._gateway = gateway
        self._mini_program_id = mini_program_id
        self._repeats_are_safe = repeats_are_safe

    def send(self, message: Outgoing) -> SendResult:
        """Send under the message's own id."""
        request = {**_addressed(message), "client_msg_id": message.message_id.hex}
        if self._mini_program_id and message.template.page:
            page = message.template.page.lstrip("/")
            request["miniprogram"] = {"appid": self._mini_program_id, "pagepath": page}
        result = _send(self._gateway, TEMPLATE_PATH, request)
        if result.outcome is Outcome.UNKNOWN and self._repeats_are_safe:
            return replace(result, outcome=Outcome.RETRY)
        return result


def _addressed(message: Outgoing) -> dict[str, Any]:
    fields = {name: {"value": fit_field(name, text)} for name, text in message.template.fields.items()}
    return {"touser": message.address, "template_id": message.template.template_id, "data": fields}


def _send(gateway: Gateway, path: str, request: Mapping[str, Any]) -> SendResult:
    try:
        answer = gateway.call(path, request)
    except WeChatRefused as refusal:
        return refusal.result
    provider_id = answer.get("msgid")
    return SendResult(
        Outcome.SENT,
        code="0",
        provider_id=None if provider_id is None else str(provider_id),
        rid=rid_in(str(answer.get("errmsg", ""))),
    )
