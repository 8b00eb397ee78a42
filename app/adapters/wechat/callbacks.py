"""The door through which WeChat speaks to us: proves the sender, opens the packet, names what happened.

Nothing raises here, whatever was sent. Copies and replays are the caller's to stop, with the two keys of `Inbound`
under a unique index: `key` is the same for the copies of one packet, `nonce_key` for two packets in one envelope.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from app.adapters.wechat import replies
from app.adapters.wechat.packets import LARGEST, Packet, Unreadable, parse
from app.adapters.wechat.sealing import BrokenPacket, ForeignApp, Seal, is_fresh, is_signed
from app.domains.notices.ports import Inbound, InboundKind, InboundRefusal, RawCallback

_YEAR_2100 = 4_102_444_800


class Mode(StrEnum):
    """How the console is set to send packets."""

    PLAIN = "plain"
    COMPATIBLE = "compatible"  # plain and sealed in one body: only the sealed half is proven, so only it is read
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class CallbackApp:
    """One account's callback settings, as they stand in WeChat's console."""

    name: str
    app_id: str
    token: str = field(repr=False)
    mode: Mode = Mode.SAFE
    aes_key: str = field(default="", repr=False)
    original_id: str | None = None  # gh_…; when given, packets to another account are refused


class _Refused(Exception):
    def __init__(self, kind: InboundRefusal) -> None:
        super().__init__(kind.value)
        self.kind = kind


class WeChatDoor:
    """Receives the packets of one account."""

    def __init__(self, app: CallbackApp) -> None:
        self._app = app
        self._seal = None if app.mode is Mode.PLAIN else Seal(app.app_id, app.aes_key)

    def receive(self, raw: RawCallback, now: datetime) -> Inbound | InboundRefusal:
        """The packet, or why it is refused."""
        try:
            return self._received(raw, now)
        except _Refused as refused:
            return refused.kind
        except Unreadable:
            return InboundRefusal.UNREADABLE

    def greet(self, query: Mapping[str, str], now: datetime) -> str | InboundRefusal:
        """The echo string, when the console that asks knows our token."""
        try:
            self._check_envelope(query, now, claimed=query.get("signature", ""))
        except _Refused as refused:
            return refused.kind
        return query.get("echostr", "")

    def reply_text(self, inbound: Inbound, text: str, now: datetime) -> str:
        """The body of an immediate answer in the form in which the packet came."""
        return replies.text_reply(inbound, text, now, seal=self._seal, token=self._app.token)

    def _received(self, raw: RawCallback, now: datetime) -> Inbound:
        if len(raw.body) > LARGEST:
            raise _Refused(InboundRefusal.TOO_LARGE)
        packet, is_json = self._proven(raw, now)
        self._check_addressee(packet)
        kind, event = _kind_and_event(packet)
        return Inbound(
            app=self._app.name,
            kind=kind,
            event=event,
            key=_key(self._app.name, kind, packet),
            nonce_key=_digest(self._app.name, raw.query.get("timestamp", ""), raw.query.get("nonce", "")),
            openid=_openid(packet),
            created_at=_created_at(packet, raw.query["timestamp"]),
            payload=packet,
            is_json=is_json,
        )

    def _proven(self, raw: RawCallback, now: datetime) -> tuple[Packet, bool]:
        """The packet whose sender knows our token; in sealed modes only what was sealed."""
        if self._seal is None:
            self._check_envelope(raw.query, now, claimed=raw.query.get("signature", ""))
            return parse(raw.body)
        if not is_fresh(raw.query.get("timestamp", ""), now):
            raise _Refused(InboundRefusal.STALE)
        sealed = parse(raw.body)[0].get("Encrypt")
        if not isinstance(sealed, str) or not sealed:
            raise Unreadable
        self._check_envelope(raw.query, now, claimed=raw.query.get("msg_signature", ""), sealed=sealed)
        return parse(self._opened(sealed))

    def _opened(self, sealed: str) -> bytes:
        assert self._seal is not None
        try:
            return self._seal.open(sealed)
        except ForeignApp:
            raise _Refused(InboundRefusal.FOREIGN_APP) from None
        except BrokenPacket:
            raise Unreadable from None

    def _check_envelope(
        self, query: Mapping[str, str], now: datetime, *, claimed: str, sealed: str | None = None
    ) -> None:
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        parts = (self._app.token, timestamp, nonce) if sealed is None else (self._app.token, timestamp, nonce, sealed)
        if not is_signed(claimed, *parts):
            raise _Refused(InboundRefusal.BAD_SIGNATURE)
        if not is_fresh(timestamp, now):
            raise _Refused(InboundRefusal.STALE)

    def _check_addressee(self, packet: Packet) -> None:
        """In plain mode no seal names the account, so the packet's own words are compared."""
        named = [packet.get(word) for word in ("appid", "AppID")]
        is_foreign = any(one not in {None, "", self._app.app_id} for one in named if not isinstance(one, list | dict))
        recipient = packet.get("ToUserName")
        if self._app.original_id and recipient and recipient != self._app.original_id:
            is_foreign = True
        if is_foreign:
            raise _Refused(InboundRefusal.FOREIGN_APP)


def _kind_and_event(packet: Packet) -> tuple[InboundKind, str]:
    """What sort of packet it is, and its name in lower case (WeChat writes SCAN, subscribe, TEMPLATESENDJOBFINISH)."""
    kind = _word(packet, "MsgType")
    if kind == "event":
        event = _word(packet, "Event")
        if not event:
            raise Unreadable
        return InboundKind.EVENT, event
    if kind:
        return InboundKind.MESSAGE, kind
    notice = _word(packet, "InfoType")
    if not notice:
        raise Unreadable
    return InboundKind.NOTICE, notice


def _word(packet: Packet, name: str) -> str:
    """A field that must be one short word when it is there."""
    word = packet.get(name, "")
    if not isinstance(word, str) or len(word) > 64:
        raise Unreadable
    return word.lower()


def _openid(packet: Packet) -> str | None:
    for name in ("FromUserName", "OpenID"):
        value = packet.get(name)
        if isinstance(value, str) and 0 < len(value) <= 128:
            return value
    return None


def _created_at(packet: Packet, timestamp: str) -> datetime:
    """When it happened, by the packet; by the signed envelope when the packet does not say."""
    created = packet.get("CreateTime", timestamp) or timestamp
    if not isinstance(created, str) or not (created.isascii() and created.isdecimal() and len(created) <= 12):
        raise Unreadable
    seconds = int(created)
    if not 0 < seconds < _YEAR_2100:
        raise Unreadable
    return datetime.fromtimestamp(seconds, UTC)


def _key(app: str, kind: InboundKind, packet: Packet) -> str:
    """What makes this packet this packet: its MsgId, or for events who, when and what exactly."""
    message_id = packet.get("MsgId")
    if kind is InboundKind.MESSAGE and isinstance(message_id, str) and message_id:
        return _digest(app, "message", message_id)
    return _digest(app, kind.value, packet)


def _digest(*parts: Any) -> str:
    """A short name that holds nothing of the person."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
