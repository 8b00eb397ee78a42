"""The immediate text answer to a person's message, in the form in which the message came."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime
from typing import Any

from app.adapters.wechat.sealing import Seal, signature_of
from app.domains.notices.ports import Inbound

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_reply(inbound: Inbound, text: str, now: datetime, *, seal: Seal | None, token: str) -> str:
    """The body to answer with; sealed and signed when a seal is given."""
    fields = {
        "ToUserName": inbound.openid or "",
        "FromUserName": str(inbound.payload.get("ToUserName", "")),
        "CreateTime": int(now.timestamp()),
        "MsgType": "text",
        "Content": text,
    }
    written = _written(fields, is_json=inbound.is_json)
    if seal is None:
        return written
    sealed, timestamp, nonce = seal.close(written), str(int(now.timestamp())), secrets.token_hex(8)
    envelope = {
        "Encrypt": sealed,
        "MsgSignature": signature_of(token, timestamp, nonce, sealed),
        "TimeStamp": int(timestamp),
        "Nonce": nonce,
    }
    return _written(envelope, is_json=inbound.is_json)


def _written(fields: dict[str, Any], *, is_json: bool) -> str:
    if is_json:
        return json.dumps(fields, ensure_ascii=False)
    return "<xml>" + "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in fields.items()) + "</xml>"


def _xml(value: str | int) -> str:
    """Text as CDATA that its own content cannot leave: a closing mark inside is split over two sections."""
    if isinstance(value, int):
        return str(value)
    return "<![CDATA[" + _ILLEGAL.sub("", value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
