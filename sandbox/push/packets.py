"""Builds what WeChat posts to a callback: plain, compatible or safe mode, each as XML or as JSON; and reads replies."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from sandbox.config import App

_BLOCK = 32  # WeChat pads to 32 bytes, not to the cipher's 16


@dataclass(frozen=True, slots=True)
class Event:
    """One message or event in WeChat's field names; `wrapper` is the element that XML puts around `List`."""

    fields: dict[str, Any]
    wrapper: str = ""

    def flat(self) -> dict[str, Any]:
        """The fields without the wrapper; a list of one stands as an object, as WeChat's JSON does it."""
        entries = self.fields.get("List")
        if isinstance(entries, list) and len(entries) == 1:
            return {**self.fields, "List": entries[0]}
        return self.fields

    def wrapped(self) -> dict[str, Any]:
        """The fields with `List` inside its wrapper."""
        flat = self.flat()
        if not self.wrapper:
            return flat
        outside = {key: value for key, value in flat.items() if key != "List"}
        return {**outside, self.wrapper: {"List": flat.get("List", [])}}


@dataclass(frozen=True, slots=True)
class Packet:
    """What goes over the wire to a callback."""

    query: dict[str, str]
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Twist:
    """What shall be wrong with a packet; nothing by default."""

    appid: str = ""  # a foreign appid inside the cipher text
    wrong_signature: bool = False
    age: int = 0  # seconds that the timestamp lies in the past
    padding: int = 0  # bytes to blow the body up by


@dataclass(frozen=True, slots=True)
class Sealing:
    """The moment and the nonce that a packet is signed with."""

    timestamp: str
    nonce: str = field(default_factory=lambda: str(secrets.randbelow(10**10)))


def build(app: App, event: Event, *, now: float, wrap_json: bool = False, twist: Twist | None = None) -> Packet:
    """The packet for an event in the account's mode and format."""
    twist = twist or Twist()
    sealing = Sealing(str(int(now) - twist.age))
    plain = event.wrapped() if app.format == "xml" or wrap_json else event.flat()
    if twist.padding:
        plain = {**plain, "Padding": "x" * twist.padding}
    query = {
        "signature": sign(app.token + ("x" if twist.wrong_signature else ""), sealing.timestamp, sealing.nonce),
        "timestamp": sealing.timestamp,
        "nonce": sealing.nonce,
        "openid": str(plain.get("FromUserName", "")),
    }
    if app.mode == "plain":
        return _packed(app, plain, query)
    sealed = seal(app, render(app.format, plain), appid=twist.appid or app.appid)
    token = app.token + ("x" if twist.wrong_signature else "")
    query |= {"encrypt_type": "aes", "msg_signature": sign(token, sealing.timestamp, sealing.nonce, sealed)}
    outside = plain if app.mode == "compatible" else {"ToUserName": plain.get("ToUserName", app.original_id)}
    return _packed(app, {**outside, "Encrypt": sealed}, query)


def sign(*parts: str) -> str:
    """WeChat's signature over the parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - the protocol says SHA-1


def seal(app: App, text: str, *, appid: str) -> str:
    """Encrypt as WeChat does: 16 random bytes, the length, the text, the appid, padded to 32."""
    content = text.encode()
    plain = secrets.token_bytes(16) + struct.pack(">I", len(content)) + content + appid.encode()
    pad = _BLOCK - len(plain) % _BLOCK
    encryptor = _cipher(app).encryptor()
    sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def unseal(app: App, sealed: str) -> str:
    """The text inside a cipher text; ValueError when it was not made for this account."""
    decryptor = _cipher(app).decryptor()
    plain = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    plain = plain[: -plain[-1]]
    (length,) = struct.unpack(">I", plain[16:20])
    text, appid = plain[20 : 20 + length], plain[20 + length :]
    if appid.decode() != app.appid:
        raise ValueError("made for another account")
    return text.decode()


def render(form: str, fields: dict[str, Any]) -> str:
    """The fields as XML or as JSON."""
    if form == "json":
        return json.dumps(fields, ensure_ascii=False)
    return f"<xml>{_xml(fields)}</xml>"


def read_reply(app: App, body: bytes) -> dict[str, str] | None:
    """The fields of a passive reply, deciphered when needed; None when it is nothing WeChat can read."""
    try:
        fields = _parsed(body.decode())
        if "Encrypt" in fields:
            fields = _parsed(unseal(app, fields["Encrypt"]))
    except (ValueError, ET.ParseError, struct.error, IndexError):
        return None
    return fields if fields.get("MsgType") else None


def _parsed(text: str) -> dict[str, str]:
    if text.lstrip().startswith("{"):
        return {key: str(value) for key, value in json.loads(text).items()}
    root = ET.fromstring(text)  # noqa: S314 - written by the product under test, on this machine
    return {one.tag: one.text or "" for one in root}


def _packed(app: App, fields: dict[str, Any], query: dict[str, str]) -> Packet:
    kind = "application/json" if app.format == "json" else "text/xml"
    return Packet(query, render(app.format, fields).encode(), kind)


def _xml(value: object) -> str:
    if isinstance(value, dict):
        return "".join(_element(str(key), one) for key, one in value.items())
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"<![CDATA[{text}]]>" if "]]>" not in text else escape(text)


def _element(key: str, value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return "".join(f"<{key}>{_xml(one)}</{key}>" for one in values)


def _cipher(app: App) -> Cipher[modes.CBC]:
    key = base64.b64decode(app.aes_key + "=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))
