"""Builds packets as WeChat does, with wechatpy's own cipher: three modes, XML or JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from wechatpy.crypto import PrpCrypto, WeChatCrypto

from app.adapters.wechat.callbacks import CallbackApp, Mode
from app.domains.notices.ports import RawCallback
from tests.adapters.conftest import NOON

TOKEN, APP, ORIGINAL = "callback-token", "wxdoor0123456789", "gh_door00000001"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
OPENID = "oCanaryOpenId"
CREATED = int(NOON.timestamp()) - 2


def door_app(mode: Mode, **rest: Any) -> CallbackApp:
    return CallbackApp("mini_program", APP, TOKEN, mode, AES_KEY, **{"original_id": ORIGINAL, **rest})


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the platform's protocol


@dataclass(frozen=True)
class Post:
    """How a packet is put in its envelope."""

    mode: Mode = Mode.SAFE
    as_json: bool = False
    timestamp: int = int(NOON.timestamp())
    nonce: str = "nonce1"
    token: str = TOKEN
    app_id: str = APP


def packet(event: str = "", **fields: Any) -> dict[str, Any]:
    head = {"ToUserName": ORIGINAL, "FromUserName": OPENID, "CreateTime": CREATED}
    kind = {"MsgType": "event", "Event": event} if event else {}
    return {**head, **kind, **fields}


def xml(fields: dict[str, Any]) -> str:
    return f"<xml>{_inside(fields)}</xml>"


def posted(fields: dict[str, Any], post: Post | None = None) -> RawCallback:
    """The packet in its envelope."""
    post = post or Post()
    text = json.dumps(fields, ensure_ascii=False) if post.as_json else xml(fields)
    return enveloped(text.encode(), post, outside=fields if post.mode is Mode.COMPATIBLE else None)


def enveloped(body: bytes, post: Post, *, outside: dict[str, Any] | None = None) -> RawCallback:
    """Any body, properly signed: what a sender who knows the token could send."""
    timestamp = str(post.timestamp)
    query = {"timestamp": timestamp, "nonce": post.nonce, "signature": sign(post.token, timestamp, post.nonce)}
    kind = "application/json" if post.as_json else "text/xml"
    if post.mode is Mode.PLAIN:
        return RawCallback(query, body, kind)
    key = WeChatCrypto(post.token, AES_KEY, post.app_id).key
    sealed = PrpCrypto(key).encrypt(body, post.app_id).decode()
    query |= {"encrypt_type": "aes", "msg_signature": sign(post.token, timestamp, post.nonce, sealed)}
    envelope = {"ToUserName": ORIGINAL, **(outside or {}), "Encrypt": sealed}
    text = json.dumps(envelope) if post.as_json else xml(envelope)
    return RawCallback(query, text.encode(), kind)


def _inside(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_element(name, one) for name, one in value.items())
    return f"<![CDATA[{value}]]>" if isinstance(value, str) else str(value)


def _element(name: str, value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return "".join(f"<{name}>{_inside(one)}</{name}>" for one in values)
